/**
 * Narrowing of what comes off the wire. Each function takes anything and gives the thing or null: an empty string, a
 * wrong type and a missing field are the same absence.
 */
import { blankControls } from './printable.ts';

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

/** Not nothing to the eye: fillers and blanks that Unicode counts as letters, marks without a letter and invisible characters are. */
const visible = /[^\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Z}\p{M}\s\u2800\u{1d159}\u{13441}\u{13442}]/u;

/** Most texts have one of these, and it is found in a tenth of the time. */
const visibleAscii = /[!-~]/;

/** Whether a reader sees anything of it. */
export function isVisible(text: string): boolean {
  return visibleAscii.test(text) || visible.test(text);
}

/** A string of which a reader sees something, as it is. */
export function asVisible(value: unknown): string | null {
  const text = asText(value);
  return text !== null && isVisible(text) ? text : null;
}

/** Everything that looks like an opening or closing bracket, but for parentheses, braces and low quotation marks. */
const openingBracket = /(?![({\u201a\u201e\u2e42\u301d])\p{Ps}/gu;
const closingBracket = /(?![)}\u301e\u301f])\p{Pe}/gu;
/** What `asLabel` leaves as it is, to tell most names and ids at one look: words of ASCII without square brackets. */
const plainLabel = /^[!-Z\\^-~]+(?: [!-Z\\^-~]+)*$/;
const bracketPiece = /[\u239b-\u23ad\u23b0\u23b1]/gu;

/**
 * Foreign text for use inside a line of ours, or as a name: one line, no control or text-direction characters, no square
 * brackets or what looks like them (they mark our annotations), at most `limit` characters. Null when nothing that can be seen is left.
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
 * Digits of a phone number as written on the wire (`15550104477`, `+1 555-010-4477`, or an unquoted number); null when it
 * is none. E.164 has at most 15 digits.
 */
export function phoneDigits(value: unknown): string | null {
  const text = asId(value);
  if (!text || !/^\+?[\d\s().-]+$/.test(text)) return null;
  const digits = text.replace(/\D/g, '');
  return digits.length >= 5 && digits.length <= 15 ? digits : null;
}
