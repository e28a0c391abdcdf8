import { escapeControls, escapeControlsInJson } from '../printable.ts';

/** JSON for programs that a person may read too: control characters are escapes, which a parser reads as the characters. */
export function toJson(value: unknown, indent = 0): string {
  return escapeControlsInJson(JSON.stringify(value, null, indent));
}

/** Formats rows as lines. Every column except the last is as wide as its longest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, escapeControls(cell).length);
  }
  const line = (row: readonly string[]) =>
    row.map((cell, at) => escapeControls(cell).padEnd(widths[at] ?? 0)).join('  ');
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

/** Returns a time, in milliseconds since the epoch, in ISO 8601; the number when it is no time that has a date. */
export function iso(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}
