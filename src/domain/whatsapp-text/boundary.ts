/**
 * Where WhatsApp takes a character as a mark: a mark opens before a character that is no space, and where no word goes
 * on before it; it closes after one that is no space, and where no word goes on after it.
 */

/** Keeps the characters beside it apart: neither Markdown nor WhatsApp sees a mark that stands after it. */
export const wordJoiner = '\u2060';

const word = /[\p{L}\p{N}\p{M}\u200b-\u200d\u2060]/u;
/** They end an emoji, and are marks by their category only. */
const emojiEnd = /[\ufe0f\u20e3]/;

export function isWord(character: string): boolean {
  if (character < '\x7f') return /^[0-9A-Za-z]/.test(character);
  return word.test(character) && !emojiEnd.test(character);
}

export function isLetter(character: string): boolean {
  return /\p{L}/u.test(character);
}

/** The end of the text counts as a space. */
export function isSpace(character: string): boolean {
  return character === '' || /^\s/.test(character);
}

/** The code point before `at`, or ''. */
export function before(text: string, at: number): string {
  const last = text.codePointAt(at - 2);
  return last !== undefined && last > 0xffff ? String.fromCodePoint(last) : text.charAt(at - 1);
}

/** The code point that begins at `at`, or ''. */
export function after(text: string, at: number): string {
  const first = text.codePointAt(at);
  return first === undefined ? '' : String.fromCodePoint(first);
}
