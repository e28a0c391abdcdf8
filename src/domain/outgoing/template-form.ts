/** What a sender must know of a message template (WhatsApp Cloud API, "Message templates"). */
import { asList, asRecord, asString, asText, type WireObject } from '../../narrow.ts';
import type { Template } from '../template.ts';

export interface TemplateText {
  /** The text with its parameters: `Hello {{name}}`, `Hello {{1}}`. */
  text: string;
  /** The parameters in the order in which they come first: names, or `1`, `2` and so on. */
  parameters: readonly string[];
}

export type TemplateHeader =
  | ({ kind: 'text' } & TemplateText)
  /** A medium or a location, which each send gives. */
  | { kind: 'image' | 'video' | 'document' | 'location' };

export interface TemplateButton {
  /** Meta's word in lower case: `url`, `quick_reply`, `phone_number`, `copy_code`, `flow`, `otp`. */
  kind: string;
  /** What the button says. */
  text: string | null;
  /** The address of a `url`, with its parameter. */
  url: string | null;
  /** Whether Meta refuses a send that gives no value for the button. */
  needsValue: boolean;
}

export interface TemplateForm {
  header: TemplateHeader | null;
  body: TemplateText;
  footer: string | null;
  buttons: readonly TemplateButton[];
  /** Meta's words for further parts, in lower case: `carousel`, `limited_time_offer`. */
  otherParts: readonly string[];
}

/** Reads the components of a template. What is not there, or not as Meta documents it, is left out. */
export function templateForm({ components }: Template): TemplateForm {
  const part = (type: string) => components.find(one => typeOf(one) === type);
  return {
    header: readHeader(part('header')),
    body: templateText(asText(part('body')?.text) ?? ''),
    footer: asText(part('footer')?.text),
    buttons: asList(part('buttons')?.buttons).flatMap(one => readButton(asRecord(one)) ?? []),
    otherParts: components.map(typeOf).filter(type => !['header', 'body', 'footer', 'buttons'].includes(type)),
  };
}

function typeOf({ type }: Readonly<WireObject>): string {
  return asString(type)?.toLowerCase() ?? '';
}

function readHeader(header: Readonly<WireObject> | undefined): TemplateHeader | null {
  if (header === undefined) return null;
  const kind = asString(header.format)?.toLowerCase();
  if (kind === 'image' || kind === 'video' || kind === 'document' || kind === 'location') return { kind };
  const text = asText(header.text);
  return text === null ? null : { kind: 'text', ...templateText(text) };
}

function readButton(button: WireObject | null): TemplateButton | null {
  const kind = asString(button?.type)?.toLowerCase();
  if (!button || kind === undefined) return null;
  const url = asText(button.url);
  return {
    kind,
    text: asText(button.text),
    url,
    needsValue: kind === 'copy_code' || kind === 'otp' || (url !== null && templateText(url).parameters.length > 0),
  };
}

const parameter = /\{\{\s*(\w+)\s*\}\}/g;

function templateText(text: string): TemplateText {
  return { text, parameters: [...new Set([...text.matchAll(parameter)].map(([, name = '']) => name))] };
}

/** Returns the text with the values in the places of its parameters. A parameter without a value stays as it is. */
export function filledText({ text }: TemplateText, values: ReadonlyMap<string, string>): string {
  return text.replace(parameter, (written, name: string) => values.get(name) ?? written);
}
