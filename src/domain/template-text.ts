/**
 * Returns a value as a template's parameter may have it: one line without tabs, and with single blanks. Meta refuses line
 * breaks, tabs and more than four blanks in a row ("Message templates"; field report B39).
 */
export function parameterText(value: string): string {
  return value.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
