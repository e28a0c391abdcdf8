/** Comma-separated values by RFC 4180, in UTF-8, that a spreadsheet shows and does not run. */
import { escapeControls } from '../printable.ts';

/** Without it Excel takes UTF-8 for the machine's old character set. */
export const byteOrderMark = '\ufeff';

/**
 * What makes a spreadsheet take a cell for a formula: the first character of it, also in full width, also behind blanks.
 * It may be the first one after `;` or a line break as well, where a spreadsheet is set to another separator.
 */
const formula = /(^|[;\n])(?=[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/** Returns the line of a record, with its end. Numbers are written as they are. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  // An apostrophe makes the rest a text.
  const text = value
    .split(/\r\n|\r|\n/)
    .map(escapeControls)
    .join('\n')
    .replace(formula, "$1'");
  return /[",;\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
