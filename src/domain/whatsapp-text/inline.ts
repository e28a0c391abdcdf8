import type Token from 'markdown-it/lib/token.mjs';
import { after, before, isWord } from './boundary.ts';
import { isHtml } from './html.ts';
import { link } from './link.ts';
import { escapeSign, resolveEscapes } from './literal.ts';

type Mark = 'bold' | 'italic' | 'strike';
const signs: Readonly<Record<Mark, string>> = { bold: '*', italic: '_', strike: '~' };

interface Span {
  mark: Mark;
  markup: string;
  /** What becomes of its marks: kept, left out, or shown as they were written. */
  fate: 'kept' | 'dropped' | 'literal';
}

type Item = { kind: 'text'; text: string; bare?: true } | { kind: 'open' | 'close'; span: Span; partner: number };

interface Run {
  text: string;
  /** From the outermost to the innermost. */
  marks: readonly Mark[];
}

/** Whether a block's content has nothing in it that the parser would take for anything but text. */
export function isPlain(content: string): boolean {
  return !/[*_~`[\\<&]/.test(content);
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
  const lines = toLines(toRuns(items, bold ? ['bold'] : []));
  return lines.map(runs => resolveEscapes(writeLine(runs)));
}

function toItems(tokens: readonly Token[], bold: boolean): Item[] {
  const items: Item[] = [];
  const spans: { span: Span; at: number }[] = [];
  const singles: Span[] = [];
  const marks = createMarks(bold ? ['bold'] : []);
  const links: { href: string; from: number }[] = [];
  const add = (text: string, bare?: true) => items.push({ kind: 'text', text, ...(bare && { bare }) });
  for (const token of tokens) {
    switch (token.type) {
      case 'strong_open':
      case 'em_open':
      case 's_open': {
        const mark = markOf(token, marks.open.includes('bold'));
        const span: Span = { mark, markup: token.markup, fate: 'kept' };
        // Around bold text, a single asterisk is Markdown's.
        for (const single of token.type === 'strong_open' ? singles.splice(0) : []) {
          marks.remove(single.mark);
          single.mark = 'italic';
          marks.add('italic');
        }
        if (token.markup === '*') singles.push(span);
        marks.add(mark);
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
        marks.remove(span.mark);
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
        if (address !== '') add(address, true);
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
  if (type === 's_open') return 'strike';
  return type === 'strong_open' || (markup === '*' && !inBold) ? 'bold' : 'italic';
}

/** The marks that are open, each once, from the outermost to the innermost, whatever number of spans they have. */
function createMarks(outer: readonly Mark[]) {
  const count: Record<Mark, number> = { bold: 0, italic: 0, strike: 0 };
  let open: readonly Mark[] = [];
  const add = (mark: Mark) => {
    count[mark] += 1;
    if (count[mark] === 1) open = [...open, mark];
  };
  const remove = (mark: Mark) => {
    count[mark] -= 1;
    if (count[mark] === 0) open = open.filter(other => other !== mark);
  };
  outer.forEach(add);
  return {
    get open() {
      return open;
    },
    add,
    remove,
  };
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

/** Decides what becomes of marks that stand within a word, where WhatsApp takes none: `un**believ**able`. */
function settleSpans(items: readonly Item[]): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const [at, item] of items.entries()) {
      if (item.kind !== 'open' || item.span.fate !== 'kept') continue;
      if (fits(items, at - 1, -1) && fits(items, item.partner + 1, 1)) continue;
      const text = items
        .slice(at, item.partner)
        .map(inner => (inner.kind === 'text' ? inner.text : ''))
        .join('');
      const next = items[item.partner + 1];
      const single = /^\w$/.test(text) && !(next?.kind === 'text' && /^\p{L}{2}/u.test(next.text));
      // With a space in it, or as a letter by a letter, it may as well be a formula: x**y and z**w, a**b**c.
      const reads = (!single && /^\S+$/.test(text)) || /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}]/u.test(text);
      item.span.fate = reads ? 'dropped' : 'literal';
      changed = true;
    }
  }
}

/** Whether a mark may stand beside the item, or beside what follows it in that direction where it shows nothing. */
function fits(items: readonly Item[], from: number, step: 1 | -1): boolean {
  for (let at = from; ; at += step) {
    const item = items[at];
    if (item === undefined) return true;
    if (item.kind !== 'text') {
      if (item.span.fate !== 'dropped') return true;
    } else if (item.text !== '') return !isWord(step < 0 ? before(item.text, item.text.length) : after(item.text, 0));
  }
}

function toRuns(items: readonly Item[], outer: readonly Mark[]): Run[] {
  const runs: Run[] = [];
  const marks = createMarks(outer);
  for (const item of items) {
    if (item.kind === 'text') runs.push({ text: item.text, marks: item.bare ? [] : marks.open });
    else if (item.span.fate === 'literal') runs.push({ text: item.span.markup, marks: marks.open });
    else if (item.span.fate === 'kept') {
      if (item.kind === 'open') marks.add(item.span.mark);
      else marks.remove(item.span.mark);
    }
  }
  return runs.filter(({ text }) => text !== '');
}

/** WhatsApp's marks end with the line. What is open there is opened again in the next one. */
function toLines(runs: readonly Run[]): Run[][] {
  const lines: Run[][] = [[]];
  for (const { text, marks } of runs) {
    // A code span of three backticks may go over lines.
    if (text.startsWith('```')) lines.at(-1)?.push({ text, marks });
    else
      for (const [at, piece] of text.split('\n').entries()) {
        if (at > 0) lines.push([]);
        lines.at(-1)?.push({ text: piece, marks });
      }
  }
  return lines;
}

function writeLine(runs: readonly Run[]): string {
  let out = '';
  let open: readonly Mark[] = [];
  const write = (marks: readonly Mark[]) => marks.map(mark => signs[mark]).join('');
  const close = (marks: readonly Mark[]) => {
    const kept = shared(open, marks);
    out += write(open.slice(kept.length).reverse());
    open = kept;
  };
  let space = '';
  for (const { text, marks } of runs) {
    const core = text.trim();
    if (core === '') {
      close(marks);
      space += text;
      continue;
    }
    const lead = text.slice(0, text.length - text.trimStart().length);
    close(marks);
    out += space + lead + write(marks.slice(open.length)) + core;
    open = marks;
    space = text.slice(lead.length + core.length);
  }
  close([]);
  return out.trim();
}

function shared(one: readonly Mark[], other: readonly Mark[]): readonly Mark[] {
  const differ = one.findIndex((mark, at) => mark !== other[at]);
  return differ === -1 ? one : one.slice(0, differ);
}
