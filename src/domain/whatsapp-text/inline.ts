import type Token from 'markdown-it/lib/token.mjs';
import { isHtml } from './html.ts';
import { link } from './link.ts';
import { escapeSign, resolveEscapes } from './literal.ts';
import { type Item, type Mark, type Span, settleSpans } from './settle-spans.ts';

/** Whether a block's content has nothing in it that the parser would take for anything but text. */
export function isPlain(content: string): boolean {
  return !/[`[\\<&]|\*.*\*|_.*_|~~.*~~/s.test(content);
}

/** Writes the plain content of a block as lines. */
export function renderPlain(content: string, { bold = false } = {}): string[] {
  return content.split('\n').map(line => {
    const text = line.trim();
    return bold && text !== '' ? `*${text}*` : text;
  });
}

/** Writes the inline tokens of a block as lines with WhatsApp's marks. `bold` sets all of it in bold, once. */
export function renderInline(tokens: readonly Token[], { bold = false } = {}): string[] {
  const items = toItems(tokens, bold);
  settleSpans(items);
  return toLines(items, bold).map(resolveEscapes);
}

function toItems(tokens: readonly Token[], bold: boolean): Item[] {
  const items: Item[] = [];
  const spans: { span: Span; at: number }[] = [];
  const singles: Span[] = [];
  const marks = createMarks(bold);
  const links: { href: string; from: number }[] = [];
  const add = (text: string, bare = false) => {
    if (text !== '') items.push({ kind: 'text', text, bare });
  };
  for (const token of tokens) {
    switch (token.type) {
      case 'strong_open':
      case 'em_open':
      case 's_open': {
        const mark = markOf(token, marks.signs.includes('*'));
        const span: Span = { mark, markup: token.markup, fate: 'kept' };
        // Around bold text, a single asterisk is Markdown's.
        for (const single of token.type === 'strong_open' ? singles.splice(0) : []) {
          closeMark(marks, single.mark);
          single.mark = '_';
          openMark(marks, '_');
        }
        if (token.markup === '*') singles.push(span);
        openMark(marks, mark);
        spans.push({ span, at: items.length });
        items.push({ kind: 'open', span, partner: -1 });
        break;
      }
      case 'strong_close':
      case 'em_close':
      case 's_close': {
        const opened = spans.pop();
        if (opened === undefined) break;
        const { span, at } = opened;
        closeMark(marks, span.mark);
        if (singles.at(-1) === span) singles.pop();
        const open = items[at];
        if (open !== undefined && open.kind !== 'text') open.partner = items.length;
        items.push({ kind: 'close', span, partner: at });
        break;
      }
      case 'link_open':
        links.push({ href: token.attrGet('href') ?? '', from: items.length });
        break;
      case 'link_close': {
        const { href, from } = links.pop() ?? { href: '', from: 0 };
        const label = items.slice(from).flatMap(item => (item.kind === 'text' ? [item.text] : []));
        const address = link(label.join(''), href);
        add(address, true);
        break;
      }
      case 'image':
        add(link(token.content, links.length > 0 ? '' : (token.attrGet('src') ?? ''), { whole: true }));
        break;
      case 'softbreak':
      case 'hardbreak':
        add('\n');
        break;
      case 'code_inline':
        add(code(token));
        break;
      case 'html_inline':
        if (/^<br\b/i.test(token.content)) add('\n');
        else if (!isHtml(token.content)) add(token.content);
        break;
      case 'text_special':
        add(unescaped(token));
        break;
      default:
        add(token.content);
    }
  }
  return items;
}

/**
 * A single asterisk is bold in WhatsApp and italic in Markdown. It stays as it is, so that what is written for WhatsApp
 * passes; within bold text it can only be Markdown's.
 */
function markOf({ type, markup }: Token, inBold: boolean): Mark {
  if (type === 's_open') return '~';
  return type === 'strong_open' || (markup === '*' && !inBold) ? '*' : '_';
}

/** The marks that are open at a place. Made for every block, so it is an object without functions or accessors. */
interface OpenMarks {
  /** Each mark once, from the outermost to the innermost, whatever number of spans it has. */
  signs: string;
  spans: Record<Mark, number>;
}

function createMarks(bold: boolean): OpenMarks {
  return { signs: bold ? '*' : '', spans: { '*': bold ? 1 : 0, _: 0, '~': 0 } };
}

function openMark(marks: OpenMarks, mark: Mark): void {
  marks.spans[mark] += 1;
  if (marks.spans[mark] === 1) marks.signs += mark;
}

function closeMark(marks: OpenMarks, mark: Mark): void {
  marks.spans[mark] -= 1;
  if (marks.spans[mark] === 0) marks.signs = marks.signs.replace(mark, '');
}

/** The text of a code span is not touched. Marks in which it would end too early become WhatsApp's longer ones. */
function code({ content, markup }: Token): string {
  const mark = markup === '`' || (markup === '``' && !content.includes('`')) ? '`' : markup === '``' ? '```' : markup;
  return mark === '```' && content.includes('```') ? `${markup}${content}${markup}` : `${mark}${content}${mark}`;
}

function unescaped({ content }: Token): string {
  if (/^\s$/.test(content) && content !== '\u00a0') return ' ';
  return /^[!-/:-@[-`{-~]$/.test(content) ? escapeSign + content : content;
}

function toLines(items: readonly Item[], bold: boolean): string[] {
  const marks = createMarks(bold);
  const lines = createLines();
  for (const item of items) {
    if (item.kind === 'text') lines.write(item.text, item.bare ? '' : marks.signs);
    else if (item.span.fate === 'literal') lines.write(item.span.markup, marks.signs);
    else if (item.span.fate === 'kept') {
      if (item.kind === 'open') openMark(marks, item.span.mark);
      else closeMark(marks, item.span.mark);
    }
  }
  return lines.end();
}

/** WhatsApp's marks end with the line. What is open there is opened again in the next one. */
function createLines() {
  const lines: string[] = [];
  let line = '';
  let open = '';
  /** Whitespace that may yet stand inside or outside of marks. */
  let space = '';
  const close = (marks: string) => {
    while (!marks.startsWith(open)) {
      line += open.at(-1);
      open = open.slice(0, -1);
    }
  };
  const add = (text: string, marks: string) => {
    close(marks);
    const core = text.trim();
    if (core === '') {
      space += text;
      return;
    }
    const lead = text.length - text.trimStart().length;
    line += space + text.slice(0, lead) + marks.slice(open.length) + core;
    open = marks;
    space = text.slice(lead + core.length);
  };
  const end = () => {
    close('');
    lines.push(line.trim());
    line = '';
    space = '';
  };
  return {
    write(text: string, marks: string): void {
      // A code span of three backticks may go over lines.
      if (!text.includes('\n') || text.startsWith('```')) {
        add(text, marks);
        return;
      }
      for (const [at, piece] of text.split('\n').entries()) {
        if (at > 0) end();
        add(piece, marks);
      }
    },
    end(): string[] {
      end();
      return lines;
    },
  };
}
