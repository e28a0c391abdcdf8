/** What a cut in a text must respect: fences of code, WhatsApp's marks, addresses. */

export interface Fence {
  marker: string;
  /** The start of the opening marker, and the start of the enclosed text. */
  start: number;
  from: number;
  /** The end of the enclosed text, and the end of the closing marker. The end of the text when it is never closed. */
  to: number;
  end: number;
}

/** Finds fences: runs of three to eight backticks. A run is closed by one of at least its own length. */
export function findFences(text: string): Fence[] {
  const fences: Fence[] = [];
  let open: Fence | null = null;
  for (const run of text.matchAll(/(?<!`)`{3,8}(?!`)/g)) {
    const end = run.index + run[0].length;
    if (open === null) {
      open = { marker: run[0], start: run.index, from: end, to: text.length, end: text.length };
      fences.push(open);
    } else if (run[0].length >= open.marker.length) {
      open.to = run.index;
      open.end = end;
      open = null;
    }
  }
  return fences;
}

export function fenceAt(fences: readonly Fence[], at: number): Fence | null {
  const fence = lastBefore(fences, at, ({ from }) => from);
  return fence !== undefined && at <= fence.to ? fence : null;
}

/** The marks that are open from a place on, from the outermost to the innermost, such as `*_`. */
export interface Marks {
  from: number;
  open: string;
}

export function marksAt(marks: readonly Marks[], at: number): string {
  return lastBefore(marks, at, ({ from }) => from)?.open ?? '';
}

/**
 * Finds where WhatsApp's bold, italic, struck and code spans begin and end. A mark opens before a character that is no
 * space, at a word's beginning; it closes on the same line, at a word's end. Fences and addresses have none in them,
 * and a doubled sign is none.
 */
export function findMarks(text: string, fences: readonly Fence[]): Marks[] {
  const changes: Marks[] = [];
  let at = 0;
  for (const fence of [...fences, { start: text.length, end: text.length }]) {
    const gap = text.slice(at, fence.start);
    let lineStart = at;
    for (const line of gap.split('\n')) {
      if (/[*_~`]/.test(line)) for (const change of marksOfLine(line, lineStart)) changes.push(change);
      lineStart += line.length + 1;
    }
    at = fence.end;
  }
  return changes;
}

interface Opened {
  sign: string;
  at: number;
}

function marksOfLine(line: string, offset: number): Marks[] {
  const spans: { from: number; to: number; sign: string }[] = [];
  let open: Opened[] = [];
  const found = line.matchAll(/https?:\/\/[^\s<>"`]*[^\s<>"`.,;:!?'*_~)]|([*_~`])(?<!\1\1)(?!\1)/g);
  const signs = [...found].filter(({ 1: sign }) => sign !== undefined);
  const lastCode = signs.findLast(({ 0: sign }) => sign === '`')?.index ?? -1;
  for (const { 0: sign, index: at } of signs) {
    const inCode = open.at(-1)?.sign === '`';
    if (inCode && sign !== '`') continue;
    const partner = open.findLast(other => other.sign === sign);
    if (partner !== undefined && partner.at + 1 < at && (inCode || closes(line, at))) {
      spans.push({ from: partner.at, to: at, sign });
      open = open.slice(0, open.indexOf(partner));
    } else if (partner === undefined && (sign === '`' ? at < lastCode : opens(line, at))) open.push({ sign, at });
  }
  const edges = spans
    .flatMap(({ from, to, sign }) => [
      { at: from, sign, opens: true },
      { at: to, sign, opens: false },
    ])
    .sort((one, other) => one.at - other.at);
  let state = '';
  return edges.map(edge => {
    state = edge.opens ? state + edge.sign : state.slice(0, -1);
    return { from: offset + edge.at + 1, open: state };
  });
}

const word = /[\p{L}\p{N}\u2060]/u;

function opens(line: string, at: number): boolean {
  return /\S/.test(line.charAt(at + 1)) && !word.test(characterBefore(line, at));
}

function closes(line: string, at: number): boolean {
  const next = line.codePointAt(at + 1);
  return /\S/.test(line.charAt(at - 1)) && !(next !== undefined && word.test(String.fromCodePoint(next)));
}

function characterBefore(line: string, at: number): string {
  const last = line.codePointAt(at - 2);
  return last !== undefined && last > 0xffff ? String.fromCodePoint(last) : line.charAt(at - 1);
}

export interface Address {
  from: number;
  to: number;
}

export function findAddresses(text: string): Address[] {
  return [...text.matchAll(/\bhttps?:\/\/[^\s<>"`]+/g)].map(({ 0: found, index }) => ({
    from: index,
    to: index + found.length,
  }));
}

export function isInAddress(addresses: readonly Address[], at: number): boolean {
  const address = lastBefore(addresses, at - 1, ({ from }) => from);
  return address !== undefined && at < address.to;
}

/** Returns the last of a sorted list that is at most `at`. */
function lastBefore<T>(list: readonly T[], at: number, place: (one: T) => number): T | undefined {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = list[middle];
    if (one !== undefined && place(one) <= at) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
}
