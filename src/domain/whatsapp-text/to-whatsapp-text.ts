/**
 * Markdown to WhatsApp's marks. `test/fixtures/whatsapp-text/golden.txt` shows what becomes of what.
 *
 * An agent mixes Markdown with WhatsApp's own form, and what it sends may be converted twice. So `toWhatsAppText` leaves
 * its own output as it is, and text in WhatsApp's form too. What was decided for that:
 *
 * - `*x*` is italic in Markdown and bold in WhatsApp. It stays. Only in or around bold text is it Markdown's: `_x_`.
 * - A mark counts only at a word's edge, as in WhatsApp, so `2**10 and 3**4` and `snake_case` have none. `**` within a
 *   word is dropped where letters are in it (`un**believ**able`, and languages without spaces).
 * - Marks end with the line in WhatsApp. They are closed and opened again at each line break.
 * - A line after a quote or a list item is not part of it, as on the phone. `---` below text is a rule, not a heading.
 * - Lists keep their numbers and get `-` for other signs. Items are indented as Markdown needs it.
 * - A table's row is a line with bars between its cells. The head is bold.
 * - HTML's own elements and comments are left out. `<name>` is a placeholder, and stays.
 * - WhatsApp has no escapes. Where an escaped character would act as a mark, U+2060 (word joiner, not seen) is put
 *   before it: WhatsApp takes no mark within a word. It is put nowhere else.
 * - A link reference that nothing uses, and a footnote, is text: nothing that a reader should see is lost.
 *
 * - A long text that is mostly signs (see `fewSigns`) is no answer that somebody reads, and parsing it would keep the
 *   program from all else. It is left as it is; so is a text that becomes another with every rendering.
 *
 * The parser is markdown-it: the only one of three that took no quadratic time and no deep stack for hostile texts.
 * It takes 40 ms to load. Import this file as `#markdown`, on demand: the build makes a part of its own of it.
 */
import { render } from './blocks.ts';
import { escapeSign } from './literal.ts';

/** One rendering is stable but for odd texts, in which a part becomes Markdown beside what another part became. */
const mostRenderings = 6;

/** What the parser has to look at: the signs of Markdown, lines, and what may begin an item of a list. */
const signs = /[*_~`[\\<>&|\n]|[-+.)](?=\s)/g;

/** A list or quote that begins within another one, on the same line. It costs the parser three times as much as a sign. */
const nested = /[-+*>][ \t]+(?=[-+*>][ \t])/g;

/** A text may have so many, or one in four characters; one in six is usual. Most texts take two renderings. */
const fewSigns = 20_000;
const signsPerCharacter = 0.25;

/**
 * Returns Markdown as text with WhatsApp's marks, and with line feeds only. Every text is Markdown: nothing is thrown.
 * Empty when nothing in the text shows.
 */
export function toWhatsAppText(markdown: string): string {
  const normal = normalise(markdown);
  const most = Math.max(fewSigns, normal.length * signsPerCharacter);
  let read = 0;
  let text = normal;
  for (let rendering = 0; rendering < mostRenderings; rendering += 1) {
    const found = count(text, signs) + 2 * count(text, nested);
    read += found;
    if (found > most || read > 2 * most) return normal;
    const rendered = render(text);
    if (rendered === text) return text;
    text = rendered;
  }
  return normal;
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  for (pattern.lastIndex = 0; pattern.test(text); ) found += 1;
  return found;
}

/** Every line break becomes a line feed. */
function normalise(text: string): string {
  return text
    .replace(/\r\n?|\u2028/g, '\n')
    .replaceAll('\u2029', '\n\n')
    .replaceAll('\0', '\ufffd')
    .replaceAll(escapeSign, '');
}
