/** Whether somebody in a group speaks to the business. Pure. */
import type { InboundMessage } from './message.ts';
import { canonicalDigits } from './recipient.ts';

/** How the business appears to its customers. Null where Kapso does not say. */
export interface OwnNumber {
  /** Digits only. */
  phone: string | null;
  /** The name that Meta has verified. */
  name: string | null;
}

/** By what the business is called in a group. */
export interface OwnNames {
  names: readonly string[];
  /** The business's number, digits only; null when it is not known. */
  phone: string | null;
}

/** A number as people write it, and as WhatsApp writes a mention: `@15550100200`, before further words. */
const numbers = [/\d(?:[ ().-]{0,2}\d){6,14}/g, /(?<!\d)\d{7,15}(?!\d)/g];

/** Scripts whose words have no blank between them. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const partOfWord = /[\p{L}\p{N}\p{M}_]/u;

/** Whether the words of a message name the business: by its number, or by one of its names as whole words, in any case. */
export function mentions({ text, annotations = 0 }: InboundMessage, { names, phone }: OwnNames): boolean {
  const words = folded(text.split('\n').slice(annotations).join('\n'));
  if (phone !== null) {
    const written = numbers.flatMap(form => words.match(form) ?? []);
    if (written.some(one => isSameNumber(one, phone))) return true;
  }
  return names.some(name => hasWord(words, folded(name).trim()));
}

/**
 * Marks on one letter. The time to normalise more of them grows with their square, and some of halfwidth Japanese are
 * letters before that.
 */
const moreMarks = /([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]+/gu;

/** WhatsApp puts invisible marks around names, and people write them in any case and width. */
function folded(text: string): string {
  return text
    .replace(moreMarks, '$1')
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase()
    .replace(/\s+/g, ' ');
}

function isSameNumber(written: string, phone: string): boolean {
  return canonicalDigits(written.replace(/\D/g, '')) === canonicalDigits(phone);
}

function hasWord(text: string, word: string): boolean {
  if (word === '') return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!joins(lastOf(text.slice(0, at)), firstOf(word)) && !joins(lastOf(word), firstOf(text.slice(at + word.length))))
      return true;
  }
  return false;
}

/** Whether two characters side by side are of one word. */
function joins(left: string, right: string): boolean {
  return partOfWord.test(left) && partOfWord.test(right) && !unspaced.test(left) && !unspaced.test(right);
}

function firstOf(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0x20);
}

function lastOf(text: string): string {
  return [...text.slice(-2)].at(-1) ?? ' ';
}
