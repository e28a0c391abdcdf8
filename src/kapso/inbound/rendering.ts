import { asLabel, asList, asNumber, asRecord, asText, type WireObject } from '../../narrow.ts';
import { jsonSafe } from './content-hash.ts';

/** Characters to show of an unknown object. */
const maxShown = 4000;

/** Kapso's own rendering of a message: a string in its documentation, an object in its SDK. */
export function kapsoContent(kapso: WireObject): string | null {
  const { content } = kapso;
  const record = asRecord(content);
  if (!record) return asText(content);
  for (const value of [record.body, record.text, record.content, record.caption, asRecord(record.text)?.body]) {
    const text = asText(value);
    if (text) return text;
  }
  return Object.keys(record).length > 0 ? JSON.stringify(jsonSafe(record)) : null;
}

/** An annotation, with the error that Meta gives with the message. */
export function note(what: string, message: WireObject): string {
  const error = asRecord(asList(message.errors)[0]);
  if (!error) return `[${what}]`;
  const code = asNumber(error.code);
  const why =
    asLabel(asRecord(error.error_data)?.details) ??
    asLabel(error.details) ??
    asLabel(error.message) ??
    asLabel(error.title);
  return `[${what}; error${code === null ? '' : ` ${code}`}${why ? `: ${why}` : ''}]`;
}

/** An object or list of unknown form, as JSON of limited length; null when it is empty. */
export function shownObject(value: unknown): string | null {
  const holds = Array.isArray(value) ? value.length > 0 : Object.keys(asRecord(value) ?? {}).length > 0;
  if (!holds) return null;
  const json = asJson(value);
  return json.length <= maxShown ? json : `${json.slice(0, maxShown - 1)}…`;
}

/** Keeps the order of keys, unless the value is nested too deeply for that. */
function asJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(jsonSafe(value));
  }
}
