import {
  type Address,
  type Fence,
  fenceAt,
  findAddresses,
  findFences,
  findMarks,
  isInAddress,
  type Marks,
  marksAt,
} from './text-spans.ts';

/** The longest text body that WhatsApp takes, in UTF-16 units (Meta's text message page: 4096 characters). */
export const textLimit = 4096;

/** A smaller limit has no room for a fence, its repetition and a character; nor, where parts are numbered, the number. */
const smallestLimit = 32;
const smallestNumberedLimit = 64;

interface Text {
  text: string;
  fences: readonly Fence[];
  marks: readonly Marks[];
  addresses: readonly Address[];
  segmenter: Intl.Segmenter;
}

export interface SplitOptions {
  /** UTF-16 units. Default 4096, at least 32; 64 with numbers. */
  limit?: number;
  /** Whether each part ends with a line like `(1/3)`, which counts. A text of one part has no number. */
  numbered?: boolean;
}

/**
 * Splits a text into parts of at most `limit` UTF-16 units, to be sent one after the other.
 *
 * It cuts at a paragraph's end, else a line's, a sentence's, a word's, else between two graphemes outside an address.
 * Only an address, or a single grapheme, that is longer than a part is cut: the one between graphemes, the other
 * between its code points. A code fence or a mark that is open at a cut is closed there and opened again in the next
 * part. Apart from white space at the cuts and repeated fences and marks, the parts are the text. Blank parts are left
 * out. Throws a RangeError for a limit that is too small.
 */
export function splitText(text: string, { limit = textLimit, numbered = false }: SplitOptions = {}): string[] {
  const smallest = numbered ? smallestNumberedLimit : smallestLimit;
  if (!(limit >= smallest)) throw new RangeError(`a part needs at least ${smallest} characters, not ${limit}`);
  if (text.length <= limit) return text === '' ? [] : [text];

  const fences = findFences(text);
  const spans: Text = {
    text,
    fences,
    marks: findMarks(text, fences),
    addresses: findAddresses(text),
    segmenter: new Intl.Segmenter(undefined, { granularity: 'grapheme' }),
  };
  if (!numbered) return split(spans, limit);
  for (let digits = 1; ; digits += 1) {
    const parts = split(spans, limit - '\n(/)'.length - 2 * digits);
    if (parts.length === 1) return parts;
    if (String(parts.length).length <= digits) return parts.map((part, at) => `${part}\n(${at + 1}/${parts.length})`);
  }
}

function split(spans: Text, limit: number): string[] {
  const { text } = spans;
  const parts: string[] = [];
  let start = 0;
  let reopened = '';
  while (reopened.length + text.length - start > limit) {
    const room = limit - reopened.length;
    const cut = unlessBarelyOpen(findCut(spans, start, room), start, spans);
    const piece = text.slice(start, cut).trimEnd();
    if (piece !== '') parts.push(reopened + piece + closing(spans, cut));
    ({ start, reopened } = resume(spans, cut));
  }
  const rest = text.slice(start).trimEnd();
  if (rest !== '') parts.push(reopened + rest);
  return parts;
}

/** What closes the fence or the marks that are open at a cut. */
function closing({ fences, marks }: Text, cut: number): string {
  const fence = fenceAt(fences, cut);
  return fence ? `\n${fence.marker}` : [...marksAt(marks, cut)].reverse().join('');
}

/** Whether a cut leaves no mark without text beside it. */
function isBetweenMarks({ marks }: Text, cut: number): boolean {
  const open = marksAt(marks, cut);
  return open === '' || (marksAt(marks, cut - 1) === open && marksAt(marks, cut + 1) === open);
}

/** Returns the best place to cut so that the part before it, with the ends of what is open there, fits into `room`. */
function findCut(spans: Text, start: number, room: number): number {
  const { text, fences, addresses, segmenter } = spans;
  // A boundary at the end depends on the code point after it as well.
  const segments = segmenter.segment(text.slice(start, start + room + 2));
  const fits = (at: number) => {
    // Half a run of backticks would be another marker, or none.
    if (text[at - 1] === '`' && text[at] === '`') return false;
    return at - start + closing(spans, at).length <= room && isBetweenMarks(spans, at);
  };
  let grapheme = { from: 0, to: 0 };
  const isBoundary = (at: number) => {
    const offset = at - start;
    // It is found once, however long it is.
    if (offset > grapheme.from && offset < grapheme.to) return false;
    const { index, segment } = segments.containing(offset) ?? { index: 0, segment: '' };
    grapheme = { from: index, to: index + segment.length };
    return index === offset;
  };
  const last = (from: number, suits: (at: number) => boolean) => {
    for (let at = start + room; at > from; at -= 1) if (suits(at) && fits(at) && isBoundary(at)) return at;
    return null;
  };

  // A part that is not even half full only for a paragraph's sake makes too many parts.
  const half = start + Math.floor(room / 2);
  const ends = (pattern: RegExp) => (at: number) => {
    pattern.lastIndex = at;
    return pattern.test(text);
  };
  const outside = (suits: (at: number) => boolean) => (at: number) => suits(at) && fenceAt(fences, at) === null;
  const line = ends(/\n/y);
  return (
    last(half, outside(ends(/\n[ \t\r]*\n/y))) ??
    last(half, outside(line)) ??
    last(half, line) ??
    last(half, ends(/(?<=[.!?\u2026]["')\]\u201d\u2019\u00bb]?)\s|(?<=[\u3002\uff01\uff1f])/y)) ??
    last(start, ends(/(?<!\s)\s/y)) ??
    last(start, at => !isInAddress(addresses, at)) ??
    last(start, () => true) ??
    betweenCodePoints(spans, start, room)
  );
}

/** For text that fills a part alone and has no boundary (marks or backticks without end): at least no surrogate pair is cut. */
function betweenCodePoints(spans: Text, start: number, room: number): number {
  const at = start + room - closing(spans, start + room).length;
  return (spans.text.codePointAt(at - 1) ?? 0) > 0xffff ? at - 1 : at;
}

/** A cut right after an opened fence would leave an empty block, so the cut moves before the fence. */
function unlessBarelyOpen(cut: number, start: number, { text, fences }: Text): number {
  const fence = fenceAt(fences, cut);
  if (fence === null || fence.start <= start || text.slice(start, fence.start).trim() === '') return cut;
  return /^(?:[\w+#.-]*[ \t]*\r?\n)?\s*$/.test(text.slice(fence.from, cut)) ? fence.start : cut;
}

/** Returns where the next part begins and what it has to repeat. */
function resume(spans: Text, cut: number): { start: number; reopened: string } {
  const { text } = spans;
  const fence = fenceAt(spans.fences, cut);
  if (fence === null) return afterGap(spans, cut);
  if (fence.end > fence.to && text.slice(cut, fence.to).trim() === '') {
    // The added end replaces the one in the text.
    return afterGap(spans, fence.end);
  }
  const lineBreak = text.startsWith('\r\n', cut) ? 2 : text[cut] === '\n' ? 1 : 0;
  return { start: cut + lineBreak, reopened: `${fence.marker}\n` };
}

function afterGap({ text, marks }: Text, cut: number): { start: number; reopened: string } {
  // A line's indentation is kept; the blank lines before it are not. A space is dropped unless it carries a mark.
  const gap = /(?:[ \t\r]*\n)+|(?:\s(?![\p{M}\p{Grapheme_Extend}\p{Emoji_Modifier}\u200d]))*/uy;
  gap.lastIndex = cut;
  return { start: cut + (gap.exec(text)?.[0].length ?? 0), reopened: marksAt(marks, cut) };
}
