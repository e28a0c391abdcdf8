import { asLabel, asRecord, asText, type WireObject } from '../../narrow.ts';

/** The largest number of answers to show, and their greatest depth. A real form has fewer answers, and flat ones. */
const maxLines = 500;
const maxDepth = 20;

/** The key of a Flow's session. The sender did not write it, and it is not passed on. */
const token = 'flow_token';

/**
 * Returns the answers of a WhatsApp Flow in the form's order, `name: value` a line, or null when there are none. It
 * reads the JSON text that Meta sends, or the object that Kapso makes of it. A text that is no JSON is kept unchanged.
 */
export function flowAnswers(...candidates: unknown[]): string | null {
  for (const candidate of candidates) {
    const record = asRecord(candidate) ?? parsed(candidate);
    const lines = record ? linesOf(record, '').slice(0, maxLines) : [];
    if (lines.length > 0) return lines.join('\n');
    const text = record ? null : asText(withoutToken(candidate));
    if (text) return decoded(text);
  }
  return null;
}

function parsed(text: unknown): WireObject | null {
  if (typeof text !== 'string') return null;
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return null;
  }
}

function withoutToken(text: unknown): unknown {
  return typeof text === 'string'
    ? text.replace(/(?<!\\)\\*"?flow_token\\*"?\s*[:=]\s*(?:\\*"[^"]*"|[^\s,}]*),?\s*/gi, '')
    : text;
}

function linesOf(value: unknown, name: string, depth = 0): string[] {
  if (depth > maxDepth) return [`${name}: …`];
  if (Array.isArray(value) && value.every(item => typeof item !== 'object' || item === null)) {
    return [`${name}: ${value.map(scalar).join(', ')}`];
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([key]) => key !== token)
      .flatMap(([key, inner]) => linesOf(inner, [name, asLabel(key, 128) ?? '?'].filter(Boolean).join('.'), depth + 1));
  }
  return [`${name}: ${scalar(value)}`];
}

/** The further lines of a long answer are indented, so that none looks like another answer. */
function scalar(value: unknown): string {
  return typeof value === 'string' ? decoded(value).replace(/\r\n|[\r\n]/g, '\n  ') : String(value ?? '');
}

/** Text that was escaped twice still has escapes after it was parsed. */
function decoded(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
