/** The longest text body that WhatsApp takes, in UTF-16 units (Meta's text message page: 4096 characters). */
export const textLimit = 4096;

/** A smaller limit has no room for a fence, its repetition and a character. */
const smallestLimit = 32;

interface Fence {
  marker: string;
  /** The start of the opening marker, and the start of the enclosed text. */
  start: number;
  from: number;
  /** The end of the enclosed text, and the end of the closing marker. The end of the text when it is never closed. */
  to: number;
  end: number;
}

/**
 * Splits a text into parts of at most `limit` UTF-16 units, to be sent one after the other.
 *
 * It cuts at a paragraph's end, else a line's, a sentence's, a word's, else between two graphemes. Only a single
 * grapheme longer than a part is cut between its code points. A code fence that is open at a cut is closed there and
 * opened again in the next part. Apart from white space at the cuts and repeated fences, the parts are the text. Blank
 * parts are left out. Throws a RangeError for a limit under 32.
 */
export function splitText(text: string, limit: number = textLimit): string[] {
  if (!(limit >= smallestLimit))
    throw new RangeError(`a part needs at least ${smallestLimit} characters, not ${limit}`);
  if (text.length <= limit) return text === '' ? [] : [text];

  const fences = findFences(text);
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  const parts: string[] = [];
  let start = 0;
  let reopened = '';
  while (reopened.length + text.length - start > limit) {
    const room = limit - reopened.length;
    const cut = unlessBarelyOpen(findCut(text, start, room, fences, segmenter), start, text, fences);
    const fence = openAt(fences, cut);
    const piece = text.slice(start, cut).trimEnd();
    if (piece !== '') parts.push(`${reopened}${piece}${fence ? `\n${fence.marker}` : ''}`);
    ({ start, reopened } = resume(text, cut, fence));
  }
  const rest = text.slice(start).trimEnd();
  if (rest !== '') parts.push(reopened + rest);
  return parts;
}

/** Finds fences: runs of three to eight backticks. A run is closed by one of at least its own length. */
function findFences(text: string): Fence[] {
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

function openAt(fences: readonly Fence[], at: number): Fence | null {
  let low = 0;
  let high = fences.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((fences[middle]?.from ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  const fence = fences[low - 1];
  return fence !== undefined && at <= fence.to ? fence : null;
}

/** Returns the best place to cut so that the part before it, with the end of an open fence, fits into `room`. */
function findCut(
  text: string,
  start: number,
  room: number,
  fences: readonly Fence[],
  segmenter: Intl.Segmenter,
): number {
  // A boundary at the end depends on the code point after it as well.
  const segments = segmenter.segment(text.slice(start, start + room + 2));
  const fits = (at: number) => {
    // Half a run of backticks would be another marker, or none.
    if (text[at - 1] === '`' && text[at] === '`') return false;
    const fence = openAt(fences, at);
    return at - start + (fence ? fence.marker.length + 1 : 0) <= room;
  };
  const isBoundary = (at: number) => segments.containing(at - start)?.index === at - start;
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
  const outside = (suits: (at: number) => boolean) => (at: number) => suits(at) && openAt(fences, at) === null;
  const line = ends(/\n/y);
  return (
    last(half, outside(ends(/\n[ \t\r]*\n/y))) ??
    last(half, outside(line)) ??
    last(half, line) ??
    last(half, ends(/(?<=[.!?…]["')\]”’»]?)\s|(?<=[。！？])/y)) ??
    last(start, ends(/(?<!\s)\s/y)) ??
    last(start, () => true) ??
    betweenCodePoints(text, start, room, openAt(fences, start + room))
  );
}

/** For text that fills a part alone and has no boundary (marks or backticks without end): at least no surrogate pair is cut. */
function betweenCodePoints(text: string, start: number, room: number, fence: Fence | null): number {
  const at = start + room - (fence ? fence.marker.length + 1 : 0);
  return (text.codePointAt(at - 1) ?? 0) > 0xffff ? at - 1 : at;
}

/** A cut right after an opened fence would leave an empty block, so the cut moves before the fence. */
function unlessBarelyOpen(cut: number, start: number, text: string, fences: readonly Fence[]): number {
  const fence = openAt(fences, cut);
  if (fence === null || fence.start <= start || text.slice(start, fence.start).trim() === '') return cut;
  return /^(?:[\w+#.-]*[ \t]*\r?\n)?\s*$/.test(text.slice(fence.from, cut)) ? fence.start : cut;
}

/** Returns where the next part begins and what it has to repeat. */
function resume(text: string, cut: number, fence: Fence | null): { start: number; reopened: string } {
  if (fence === null) {
    // A line's indentation is kept; the blank lines before it are not. A space is dropped unless it carries a mark.
    const gap = /(?:[ \t\r]*\n)+|(?:\s(?![\p{M}\p{Grapheme_Extend}\p{Emoji_Modifier}\u200d]))*/uy;
    gap.lastIndex = cut;
    return { start: cut + (gap.exec(text)?.[0].length ?? 0), reopened: '' };
  }
  if (fence.end > fence.to && text.slice(cut, fence.to).trim() === '') {
    // The added end replaces the one in the text.
    return resume(text, fence.end, null);
  }
  const lineBreak = text.startsWith('\r\n', cut) ? 2 : text[cut] === '\n' ? 1 : 0;
  return { start: cut + lineBreak, reopened: `${fence.marker}\n` };
}
