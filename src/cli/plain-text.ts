import { maskAddress } from '../observe/mask.ts';

/** What moves the cursor, ends a line for some readers, or turns text around, apart from what JSON escapes by itself. */
const unsafe = '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069';
const unsafeInText = new RegExp(`[\\u0000-\\u001f${unsafe}]`, 'gu');
const unsafeInJson = new RegExp(`[${unsafe}]`, 'gu');

/** One line that a terminal shows as it is: what a stranger wrote cannot move the cursor or turn the text around. */
export function plain(text: string): string {
  return text.replace(unsafeInText, escaped);
}

/** JSON for programs that a person may look at as well: the same with escapes, which a parser reads as the characters. */
export function toJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(unsafeInJson, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Hides the middle of everything in a text that may be a phone number. */
export function maskNumbers(text: string): string {
  return text.replace(/\+?\d{7,15}(?!\d)/g, maskAddress);
}

/** Rows as lines, every column but the last as wide as its longest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, plain(cell).length);
  }
  const line = (row: readonly string[]) => row.map((cell, at) => plain(cell).padEnd(widths[at] ?? 0)).join('  ');
  return rows.map(row => `${line(row).trimEnd()}\n`).join('');
}

const units = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1000, name: 's' },
];

/** A time span in its two largest units, e.g. `2 h 5 min`. */
export function span(ms: number): string {
  const at = units.findIndex(unit => ms >= unit.ms);
  const [large, small] = at < 0 ? [] : units.slice(at, at + 2);
  if (!large) return '0 s';
  const rest = small ? Math.floor((ms % large.ms) / small.ms) : 0;
  return `${Math.floor(ms / large.ms)} ${large.name}${small && rest > 0 ? ` ${rest} ${small.name}` : ''}`;
}
