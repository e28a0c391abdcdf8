/**
 * Narrowing of what comes off the wire. Each function takes anything and gives the thing or null: an empty string, a
 * wrong type and a missing field are the same absence.
 */

export type WireObject = Record<string, unknown>;

export function asRecord(value: unknown): WireObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as WireObject) : null;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string with something in it, with the white space around it removed. */
export function asString(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text === '' ? null : text;
}

/** A string with something in it, as it is. */
export function asText(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A finite number, also where the wire has it as a string (`file_size: "184320"`). */
export function asNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

export function asInteger(value: unknown): number | null {
  const number = asNumber(value);
  return number !== null && Number.isSafeInteger(number) ? number : null;
}

/** An id: a string, or an integer that the other side did not quote. */
export function asId(value: unknown): string | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : asString(value);
}

/**
 * Foreign text for use inside a line of ours, or as a name: one line, no control or text-direction characters, no square
 * brackets (they mark our annotations), at most `limit` characters. Null when nothing is left.
 */
export function asLabel(value: unknown, limit = 256): string | null {
  if (typeof value !== 'string') return null;
  const label = value
    .slice(0, 8 * limit)
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, ' ')
    .replaceAll('[', '(')
    .replaceAll(']', ')')
    .replace(/\s+/g, ' ')
    .trim();
  if (label === '') return null;
  return (label.length <= limit ? label : `${label.slice(0, limit - 1)}…`).toWellFormed();
}

/** An http or https address without white space, at most 2,048 characters. */
export function asUrl(value: unknown): string | null {
  const text = asString(value);
  if (!text || text.length > 2048 || /[\s\u0000-\u001f\u007f-\u009f<>"]/.test(text)) return null;
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'https:' || protocol === 'http:' ? text : null;
}
