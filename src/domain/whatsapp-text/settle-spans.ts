import { after, before, isWord } from './boundary.ts';

/** WhatsApp's signs of bold, italic and struck text. */
export type Mark = '*' | '_' | '~';

export interface Span {
  mark: Mark;
  markup: string;
  /** What becomes of its marks: kept, left out, or shown as they were written. */
  fate: 'kept' | 'dropped' | 'literal';
}

export interface TextItem {
  kind: 'text';
  /** Never empty. */
  text: string;
  /** Whether it is written without the marks that are open around it. */
  bare: boolean;
}

export interface MarkItem {
  kind: 'open' | 'close';
  span: Span;
  /** The place of its other mark in the list. */
  partner: number;
}

export type Item = TextItem | MarkItem;

/**
 * Decides what becomes of marks that stand within a word, where WhatsApp takes none: `un**believ**able`. Where a mark is
 * left out, the ones beside it may come to stand within a word, so they are looked at again.
 */
export function settleSpans(items: readonly Item[]): void {
  const waiting: number[] = [];
  for (const [at, item] of items.entries())
    if (item.kind === 'open' && (endsInWord(items[at - 1]) || beginsInWord(items[item.partner + 1]))) waiting.push(at);
  if (waiting.length === 0) return;
  const neighbours = createNeighbours(items);
  let read: ReturnType<typeof createReading> | null = null;
  for (let open = waiting.pop(); open !== undefined; open = waiting.pop()) {
    const item = items[open];
    if (item === undefined || item.kind === 'text' || item.span.fate !== 'kept') continue;
    if (!endsInWord(items[neighbours.before(open)]) && !beginsInWord(items[neighbours.after(item.partner)])) continue;
    read ??= createReading(items);
    item.span.fate = read(open, item.partner);
    if (item.span.fate !== 'dropped') continue;
    for (const place of [open, item.partner]) {
      neighbours.hide(place);
      const [last, next] = [neighbours.before(place), neighbours.after(place)];
      const closed = items[last];
      if (closed?.kind === 'close') waiting.push(closed.partner);
      if (items[next]?.kind === 'open') waiting.push(next);
    }
  }
}

function endsInWord(item: Item | undefined): boolean {
  return item?.kind === 'text' && isWord(before(item.text, item.text.length));
}

function beginsInWord(item: Item | undefined): boolean {
  return item?.kind === 'text' && isWord(after(item.text, 0));
}

/** Finds the places before and after one that show something: a mark that is left out does not. */
function createNeighbours(items: readonly Item[]) {
  const last = new Int32Array(items.length);
  const next = new Int32Array(items.length);
  const hidden = new Uint8Array(items.length);
  for (let at = 0; at < items.length; at += 1) {
    last[at] = at - 1;
    next[at] = at + 1;
  }
  const seek = (links: Int32Array, from: number) => {
    let found = links[from] ?? -1;
    while (hidden[found] === 1) found = links[found] ?? -1;
    // What lies between is not gone through again.
    for (let at = from; at !== found; ) {
      const following = links[at] ?? found;
      links[at] = found;
      at = following;
    }
    return found;
  };
  return {
    before: (at: number) => seek(last, at),
    after: (at: number) => seek(next, at),
    hide(at: number): void {
      hidden[at] = 1;
    },
  };
}

/** How the marks around a text read in a word. The text of all items is put together once. */
function createReading(items: readonly Item[]): (open: number, close: number) => Span['fate'] {
  const starts = new Int32Array(items.length + 1);
  const spaces = new Int32Array(items.length + 1);
  const unspaced = new Int32Array(items.length + 1);
  let all = '';
  for (const [at, item] of items.entries()) {
    const text = item.kind === 'text' ? item.text : '';
    all += text;
    starts[at + 1] = all.length;
    spaces[at + 1] = (spaces[at] ?? 0) + (/\s/.test(text) ? 1 : 0);
    unspaced[at + 1] = (unspaced[at] ?? 0) + (/[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}]/u.test(text) ? 1 : 0);
  }
  return (open, close) => {
    const [from = 0, to = 0] = [starts[open], starts[close]];
    const next = items[close + 1];
    const single =
      to - from === 1 && /^\w$/.test(all.charAt(from)) && !(next?.kind === 'text' && /^\p{L}{2}/u.test(next.text));
    // With a space in it, or as a letter by a letter, it may as well be a formula: x**y and z**w, a**b**c.
    const isWhole = to > from && spaces[open] === spaces[close] && !single;
    return isWhole || unspaced[open] !== unspaced[close] ? 'dropped' : 'literal';
  };
}
