import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitText } from '../../../src/domain/split-text.ts';
import { toWhatsAppText } from '../../../src/domain/whatsapp-text/to-whatsapp-text.ts';

/** Pieces of Markdown and of WhatsApp's form. Any row of them is a text, mostly a broken one. */
const pieces = fc.oneof(
  fc.constantFrom(...'* ** *** **** _ __ ~ ~~ ` ``` ```` > - + = . , | # \\ ! [ ] ( ) < &'.split(' ')),
  fc.constantFrom(' ', '  ', '    ', '\n', '\n\n', '\r\n', '\t', '\u2028', '\u2060', '\n> ', '\n- ', '\n1. ', '\n  - '),
  fc.constantFrom('\n# ', '\n---\n', '\n===\n', '|a|b|\n|-|-|\n|c|d|', '\n```js\n', '\n```\n', '[r]: u', '[^1]', '[x]'),
  fc.constantFrom('[a](b)', '![i](j)', '<b>', '</b>', '<br>', '<your name>', '<!-- c -->', '&amp;', '&lt;', '&ast;'),
  fc.constantFrom('\\*', '\\_', '\\#', '\\>', '\\`', '\\[', 'https://e.org/a_b', '2**10', 'a_b', '*b*', '_i_', '~s~'),
  fc.constantFrom('a', 'word', '7', 'é', '好', 'ש', '😀', '👩‍👩‍👧‍👦', '\ud800', '\ufdd0'),
);
const texts = fc.array(pieces, { maxLength: 30, size: 'max' }).map(list => list.join(''));

/** Markdown as it should be, whose every word shows. The words are numbered in their order afterwards. */
const word = fc.constant('§');
const words = fc.array(word, { minLength: 1, maxLength: 5 }).map(list => list.join(' '));
const span = fc.oneof(
  words,
  words.map(text => `**${text}**`),
  words.map(text => `*${text}*`),
  words.map(text => `__${text}__`),
  words.map(text => `_${text}_`),
  words.map(text => `~~${text}~~`),
  words.map(text => `***${text}***`),
  words.map(text => `\`${text}\``),
  words.map(text => `\\*${text}\\*`),
  words.map(text => `<b>${text}</b>`),
  words.map(text => `[${text}](https://example.org/p)`),
  words.map(text => `![${text}](https://example.org/p.png)`),
  words.map(text => `**${text} *${text}* ${text}**`),
);
const line = fc.array(span, { minLength: 1, maxLength: 5 }).map(list => list.join(' '));
const lines = fc.array(line, { minLength: 1, maxLength: 4 });
const block = fc.oneof(
  lines.map(list => list.join('\n')),
  line.map(text => `## ${text}`),
  lines.map(list => list.map(text => `- ${text}`).join('\n')),
  lines.map(list => list.map((text, at) => `${at + 1}. ${text}\n   - [ ] ${text}`).join('\n')),
  lines.map(list => list.map(text => `> ${text}`).join('\n')),
  fc
    .tuple(line, lines)
    .map(([head, list]) => `| ${head} | § |\n|---|---|\n${list.map(text => `| ${text} | § |`).join('\n')}`),
  words.map(text => `\`\`\`js\n${text}\n\n  ${text}\n\`\`\``),
);
const documents = fc.array(block, { minLength: 1, maxLength: 8 }).map(list => {
  let count = 0;
  return list.join('\n\n').replaceAll('§', () => {
    count += 1;
    return `w${count}`;
  });
});
const wordsOf = (text: string) => text.match(/w\d+/g);

describe('toWhatsAppText', () => {
  test('leaves as it is what it has written, whatever was converted', () => {
    fc.assert(
      fc.property(fc.oneof(texts, documents, fc.string({ unit: 'binary', maxLength: 60 })), markdown => {
        const text = toWhatsAppText(markdown);
        expect(toWhatsAppText(text)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test('loses no word, and keeps their order', () => {
    fc.assert(
      fc.property(documents, markdown => {
        expect(wordsOf(toWhatsAppText(markdown))).toEqual(wordsOf(markdown));
      }),
    );
  });

  test('leaves no Markdown of a text that should be', () => {
    fc.assert(
      fc.property(documents, markdown => {
        // A literal asterisk may stand beside one that is a mark.
        fc.pre(!markdown.includes('\\*'));
        expect(toWhatsAppText(markdown)).not.toMatch(/\*\*|__|~~|^#|\]\(|<b>|\|---|\\|\[ \]|```js/m);
      }),
    );
  });

  test('has no more than two line breaks in a row outside code, and none at its ends', () => {
    fc.assert(
      fc.property(texts, markdown => {
        const text = toWhatsAppText(markdown);
        // A text whose marks come to no end is left as it is.
        fc.pre(!/[*_~]/.test(text) || text !== markdown.replace(/\r\n|\u2028/g, '\n').replaceAll('\ufdd0', ''));
        expect(text).toBe(text.trim());
        if (!text.includes('```')) expect(text).not.toMatch(/\n\s*\n\s*\n/);
      }),
    );
  });

  test('comes in parts that lose no word, each within the limit and not empty', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 64, max: 400 }), fc.boolean(), (markdown, limit, numbered) => {
        const parts = splitText(toWhatsAppText(markdown), { limit, numbered });
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(limit);
          expect(part.trim()).not.toBe('');
        }
        expect(wordsOf(parts.join('\n'))).toEqual(wordsOf(markdown));
      }),
    );
  });

  test('takes lists and quotes nested without end, marks without end, and tables too wide', () => {
    for (const sign of ['> ', '- ', '1. ', '>', '*', '_', '**a _b ', '[', '![', '`', '\\', '|a\n|-\n'])
      expect(toWhatsAppText(`${sign.repeat(2000)}end`)).toContain('end');
    const nested = Array.from({ length: 200 }, (_, depth) => `${'  '.repeat(depth)}- w${depth}`).join('\n');
    expect(wordsOf(toWhatsAppText(nested))).toEqual(wordsOf(nested));
    const wide = `${'a|'.repeat(50)}\n${'-|'.repeat(50)}`;
    expect(toWhatsAppText(wide)).toBe(wide);
  });
});
