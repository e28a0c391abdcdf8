import type Token from 'markdown-it/lib/token.mjs';
import { isPlain, renderInline, renderPlain } from './inline.ts';
import { parse } from './parser.ts';

interface Line {
  text: string;
  /** Whether it belongs to a block of code. Its blank lines are kept. */
  code?: true;
}

/** Renders Markdown once. */
export function render(markdown: string): string {
  return blocks(createReader(markdown), '')
    .map(({ text }) => text)
    .join('\n');
}

interface Reader {
  /** Returns the next of the parser's flat list of block tokens. */
  next(): Token | undefined;
  /** Writes what is within a block as lines. `bold` sets all of it in bold, once. */
  inline(content: string, style?: { bold?: boolean }): string[];
  line(at: number): string;
  /** Whether the line before the token is empty, save for the marks of quotes. */
  standsApart(token: Token): boolean;
}

function createReader(markdown: string): Reader {
  const { blocks: list, parseInline } = parse(markdown);
  const tokens = list.values();
  const source = markdown.split('\n');
  return {
    next: () => tokens.next().value,
    inline: (content, style) =>
      isPlain(content) ? renderPlain(content, style) : renderInline(parseInline(content), style),
    line: at => source[at] ?? '',
    standsApart: ({ map }) => /^[\s>]*$/.test(source[(map?.[0] ?? 0) - 1] ?? ''),
  };
}

/** Returns the lines of the blocks before the token that closes theirs. Empty lines between blocks are kept as one. */
function blocks(reader: Reader, close: string): Line[] {
  const lines: Line[] = [];
  for (let token = reader.next(); token !== undefined && token.type !== close; token = reader.next()) {
    const added = block(reader, token);
    if (added.length === 0) continue;
    if (lines.length > 0 && reader.standsApart(token)) lines.push({ text: '' });
    for (const line of added) lines.push(line);
  }
  return lines;
}

function block(reader: Reader, token: Token): Line[] {
  switch (token.type) {
    case 'heading_open':
      return inline(reader, true);
    case 'paragraph_open':
      return inline(reader, false);
    case 'blockquote_open':
      return quote(blocks(reader, 'blockquote_close'));
    case 'bullet_list_open':
    case 'ordered_list_open':
      return list(reader, token.type.replace('open', 'close'));
    case 'table_open':
      return table(reader);
    case 'fence':
    case 'code_block':
      return fence(token.content, token.info.trim());
    case 'whatsapp_code':
      return token.content.split('\n').map(text => ({ text, code: true }));
    case 'hr':
      return [{ text: '---' }];
    default:
      return [];
  }
}

function inline(reader: Reader, bold: boolean): Line[] {
  const lines = reader.inline(reader.next()?.content ?? '', { bold });
  reader.next();
  return lines.filter(text => text !== '').map(text => ({ text }));
}

function list(reader: Reader, close: string): Line[] {
  const lines: Line[] = [];
  let last = -1;
  for (let item = reader.next(); item !== undefined && item.type !== close; item = reader.next()) {
    const written = item.info === '' ? undefined : Number(item.info);
    if (written !== undefined) last = written > last ? written : last + 1;
    const mark = written === undefined ? '- ' : `${last}${item.markup} `;
    const [first = { text: '' }, ...rest] = blocks(reader, 'list_item_close');
    if (lines.length > 0 && reader.standsApart(item)) lines.push({ text: '' });
    lines.push({ ...first, text: (mark + (first.code ? first.text : withBox(first.text))).trimEnd() });
    const indent = ' '.repeat(mark.length);
    for (const line of rest) lines.push(line.text === '' ? line : { ...line, text: indent + line.text });
  }
  return lines;
}

/** A row is a line, with bars between its cells. The head is bold. */
function table(reader: Reader): Line[] {
  const rows: Line[] = [];
  let cells: string[] = [];
  let row = '';
  let head = false;
  for (let token = reader.next(); token !== undefined && token.type !== 'table_close'; token = reader.next()) {
    if (token.type === 'tr_open') {
      cells = [];
      row = reader.line(token.map?.[0] ?? 0);
    } else if (token.type === 'th_open') head = true;
    else if (token.type === 'td_open') head = false;
    else if (token.type === 'inline') cells.push(cell(reader, token.content, head));
    else if (token.type === 'tr_close') {
      // The parser drops the cells that a row has beyond the head's.
      const written = row.replace(/^[\s>]*\|?|\|\s*$/g, '').split(/(?<!\\)\|/);
      for (const extra of head ? [] : written.slice(cells.length)) cells.push(cell(reader, extra.trim(), false));
      const shown = cells.slice(0, cells.findLastIndex(text => text !== '') + 1);
      if (shown.length > 0) rows.push({ text: shown.map(text => text || '–').join(' | ') });
    }
  }
  return rows;
}

function cell(reader: Reader, content: string, head: boolean): string {
  return reader.inline(content, { bold: head }).filter(Boolean).join(' ');
}

function quote(lines: readonly Line[]): Line[] {
  // A quote within a quote has no form of its own in WhatsApp.
  return lines.map(line => {
    if (line.code) return { code: true, text: `> ${line.text}`.trimEnd() };
    return { text: line.text === '' || line.text.startsWith('> ') ? line.text : `> ${line.text}` };
  });
}

/** Such as `js`, `c++`, `python title="a.py"` and `js {1,3}`. */
const language = /^[\w+#.-]+(?: +[\w-]+=\S*| *\{[^}]*\})*$/;

/**
 * WhatsApp knows no languages. What else stands beside the fence is code that somebody put there, as WhatsApp allows.
 * A longer fence stays longer, so that it encloses the same.
 */
function fence(inside: string, info: string): Line[] {
  const content = info === '' || (language.test(info) && inside !== '') ? inside : `${info}\n${inside}`;
  const longest = Math.max(2, ...[...content.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const mark = '`'.repeat(longest + 1);
  const lines = content.replace(/\n$/, '').split('\n');
  return [mark, ...lines, mark].map(text => ({ text, code: true }));
}

function withBox(text: string): string {
  return text.replace(/^\[( |x|X)\] (?=\S)/, (_, mark) => (mark === ' ' ? '☐ ' : '☑ '));
}
