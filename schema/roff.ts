/** The requests of man(7) that the manual pages use. What is given to these is plain text, and escaped here. */

/** Columns of a line of the source. */
const width = 78;

/** Escapes what roff would take for something else, so that what is copied from the page is what was written. */
export function escapeRoff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(/[^\0-\x7f]/gu, sign => `\\[u${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`);
}

/** A line of text must not begin like a request. */
function textLine(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

export const bold = (text: string) => `\\fB${escapeRoff(text)}\\fR`;
export const italic = (text: string) => `\\fI${escapeRoff(text)}\\fR`;

/** Text with Markdown's `code` in bold and its links as text and address, filled into lines. */
export function prose(text: string): string {
  const plain = text
    .replaceAll(/\[([^\]]+)\]\((https?:[^)]+)\)/g, '$1 ($2)')
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1');
  const parts = plain.split(/`([^`]+)`/).map((part, at) => (at % 2 === 1 ? bold(part) : escapeRoff(part)));
  return fill(parts.join(''));
}

function fill(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map(textLine).join('\n');
}

const argument = (text: string) => `"${escapeRoff(text).replaceAll('"', '\\(dq')}"`;

/** `date` is an ISO date, such as 2026-11-29. */
export const title = (name: string, section: number, date: string, source: string, manual: string) =>
  `.TH ${argument(name)} ${section} "${date}" ${argument(source)} ${argument(manual)}`;
export const heading = (text: string) => `.SH ${argument(text)}`;
export const subheading = (text: string) => `.SS ${argument(text)}`;
export const paragraph = (text: string) => `.PP\n${prose(text)}`;
/** `tag` is escaped already: it may hold bold and italic parts. */
export const tagged = (tag: string, text: string) => `.TP\n${textLine(tag)}\n${prose(text)}`;
/** Lines that stay as they are. */
export const verbatim = (text: string) =>
  `.PP\n.nf\n${text
    .split('\n')
    .map(line => textLine(escapeRoff(line)))
    .join('\n')}\n.fi`;
export const indented = (content: string) => `.RS 4\n${content}\n.RE`;
