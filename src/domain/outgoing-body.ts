/**
 * The form in which an outgoing message is stored. It has a version, because programs of several versions read it.
 * Version 1 is `{v: 1, …}` with the fields of `Content`.
 */
import { asRecord } from '../narrow.ts';

/** What a customer is to get. */
export type Content =
  | {
      kind: 'text';
      text: string;
      /** The WhatsApp id of the message to quote. */
      quote?: string;
    }
  /** An approved template with the text as the only parameter of its body. */
  | { kind: 'template'; name: string; language: string; text: string };

const version = 1;

export function writeContent(content: Content): string {
  return JSON.stringify({ v: version, ...content });
}

/** Reads a stored content; null when it is damaged or of a newer version. Never throws. */
export function readContent(body: string): Content | null {
  let fields: Record<string, unknown> | null;
  try {
    fields = asRecord(JSON.parse(body));
  } catch {
    return null;
  }
  if (fields === null || fields.v !== version || typeof fields.text !== 'string') return null;
  const { kind, text, quote, name, language } = fields;
  if (kind === 'text') return { kind, text, ...(typeof quote === 'string' && { quote }) };
  if (kind !== 'template' || typeof name !== 'string' || typeof language !== 'string') return null;
  return { kind, name, language, text };
}

/** A parameter of a template takes no more characters. */
const longestParameter = 1024;

/** Returns the content as a template. A parameter has one line, and no long runs of spaces (Meta, "Message templates"). */
export function asTemplate(content: Content, template: { name: string; language: string }): Content {
  const line = content.text.replace(/\s+/gu, ' ').trim();
  const text = line.length <= longestParameter ? line : `${line.slice(0, longestParameter - 1)}…`.toWellFormed();
  return { kind: 'template', ...template, text };
}
