/**
 * Narrows unknown JSON from the wire. Each function takes any value and returns the wanted type or null. An empty
 * string, a wrong type and a missing field all give null.
 */
import { blankControls } from './printable.ts';

export type WireObject = Record<string, unknown>;

export function asRecord(value: unknown): WireObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as WireObject) : null;
}

/** The fields of an object; an empty object for anything else. */
export function fieldsOf(value: unknown): WireObject {
  return asRecord(value) ?? {};
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string that is not empty, trimmed. */
export function asString(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text === '' ? null : text;
}

/** A string that is not empty, unchanged. */
export function asText(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A finite number, or a string that holds one (`file_size: "184320"`). */
export function asNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

export function asInteger(value: unknown): number | null {
  const number = asNumber(value);
  return number !== null && Number.isSafeInteger(number) ? number : null;
}

/** An id: a string, or an integer without quotes. */
export function asId(value: unknown): string | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : asString(value);
}

/**
 * Matches a visible character. Fillers and blanks that Unicode counts as letters, marks without a letter, and invisible
 * characters are not visible.
 */
const visible = /[^\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Z}\p{M}\s\u2800\u{1d159}\u{13441}\u{13442}]/u;

/** Most texts have one of these. The test takes a tenth of the time. */
const visibleAscii = /[!-~]/;

/** Whether a reader sees anything of the text. */
export function isVisible(text: string): boolean {
  return visibleAscii.test(text) || visible.test(text);
}

/** A string with a visible character, unchanged. */
export function asVisible(value: unknown): string | null {
  const text = asText(value);
  return text !== null && isVisible(text) ? text : null;
}

/** Everything that looks like an opening or closing bracket, except parentheses, braces and low quotation marks. */
const openingBracket = /(?![({\u201a\u201e\u2e42\u301d])\p{Ps}/gu;
const closingBracket = /(?![)}\u301e\u301f])\p{Pe}/gu;
/** A fast test for most names and ids, which `asLabel` leaves unchanged: words of ASCII without square brackets. */
const plainLabel = /^[!-Z\\^-~]+(?: [!-Z\\^-~]+)*$/;
const bracketPiece = /[\u239b-\u23ad\u23b0\u23b1]/gu;

/**
 * Makes foreign text safe for use inside a line of ours, or as a name. The result is one line of at most `limit`
 * characters. It has no control or text-direction characters, and no square brackets or look-alikes, which mark our
 * annotations. Null when nothing visible is left.
 */
export function asLabel(value: unknown, limit = 256): string | null {
  if (typeof value !== 'string') return null;
  if (value.length <= limit && plainLabel.test(value)) return value;
  const label = blankControls(value.slice(0, 8 * limit))
    .replace(bracketPiece, ' ')
    .replace(openingBracket, '(')
    .replace(closingBracket, ')')
    .replace(/\s+/g, ' ')
    .trim();
  if (!isVisible(label)) return null;
  return (label.length <= limit ? label : `${label.slice(0, limit - 1)}…`).toWellFormed();
}

/** An http or https address without white space, at most 2,048 characters. */
export function asUrl(value: unknown): string | null {
  const text = asString(value);
  if (!text || text.length > 2048 || /[\s\u0000-\u001f\u007f-\u009f<>"]/.test(text)) return null;
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'https:' || protocol === 'http:' ? text : null;
}

/**
 * The digits of a phone number as it stands on the wire (`15550104477`, `+1 555-010-4477`, or a number), or null. E.164
 * has at most 15 digits.
 */
export function phoneDigits(value: unknown): string | null {
  const text = asId(value);
  if (!text || !/^\+?[\d\s().-]+$/.test(text)) return null;
  const digits = text.replace(/\D/g, '');
  return digits.length >= 5 && digits.length <= 15 ? digits : null;
}
