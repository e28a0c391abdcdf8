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
