import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { splitText, textLimit } from '../../src/domain/split-text.ts';

const words = (count: number, word = 'word') => Array.from({ length: count }, (_, i) => `${word}${i}`).join(' ');

/** Every character that shows, with whether it stands in a code fence. */
function shown(text: string): string[] {
  const out: string[] = [];
  let open = 0;
  for (const piece of text.split(/((?<!`)`{3,8}(?!`))/)) {
    if (/^`{3,8}$/.test(piece)) {
      if (open === 0) open = piece.length;
      else if (piece.length >= open) open = 0;
      else for (const character of piece) out.push(`code ${character}`);
    } else for (const character of piece.replace(/\s/g, '')) out.push(`${open ? 'code ' : ''}${character}`);
  }
  return out;
}

describe('splitText', () => {
  test('leaves a text that fits as it is, to the last unit', () => {
    const text = `  ${'x'.repeat(textLimit - 4)}\n\n`;
    expect(splitText(text)).toEqual([text]);
    expect(splitText(`${text}y`)).toHaveLength(2);
    expect(splitText('')).toEqual([]);
  });

  test('prefers the end of a paragraph to that of a line, a line to a sentence, a sentence to a word', () => {
    expect(splitText('First one.\n\nSecond one.\nThird one, and more words', { limit: 40 })).toEqual([
      'First one.\n\nSecond one.',
      'Third one, and more words',
    ]);
    expect(splitText('A first paragraph here.\n\nLine.\nAnother line of words', { limit: 40 })).toEqual([
      'A first paragraph here.',
      'Line.\nAnother line of words',
    ]);
    expect(splitText('One sentence, then more. And another one follows it here', { limit: 40 })).toEqual([
      'One sentence, then more.',
      'And another one follows it here',
    ]);
    expect(splitText('no stop in sight just words that go on and on', { limit: 40 })).toEqual([
      'no stop in sight just words that go on',
      'and on',
    ]);
  });

  test('does not leave a part nearly empty for the sake of a paragraph', () => {
    expect(splitText(`Hi.\n\n${words(12)}`, { limit: 40 })[0]?.length).toBeGreaterThan(20);
  });

  test('does not cut an address when it fits into a part of its own', () => {
    const url = `https://example.com/${'a'.repeat(30)}`;
    expect(splitText(`see ${url} there`, { limit: 52 })).toEqual(['see', `${url}`, 'there']);
  });

  test('keeps the indentation of the line after a cut', () => {
    expect(splitText('- item one is a longer one\n  - nested below it', { limit: 32 })).toEqual([
      '- item one is a longer one',
      '  - nested below it',
    ]);
  });

  test('cuts neither surrogate pairs nor joined emoji nor combining marks', () => {
    for (const grapheme of ['😀', '👩‍👩‍👧‍👦', 'e\u0301', '🇩🇪', 'क्षि']) {
      const parts = splitText(grapheme.repeat(40), { limit: 33 });
      expect(parts.join('')).toBe(grapheme.repeat(40));
      for (const part of parts) expect(part.length % grapheme.length).toBe(0);
    }
  });

  test('cuts a grapheme that is longer than a part between code points', () => {
    const text = `a${'\u{1d165}'.repeat(40)}`;
    const parts = splitText(text, { limit: 32 });
    expect(parts.join('')).toBe(text);
    for (const part of parts) expect(part.isWellFormed()).toBe(true);
  });

  test('asks for a grapheme once, however long it is', () => {
    const containing = vi.spyOn(Object.getPrototypeOf(new Intl.Segmenter().segment('')), 'containing');
    onTestFinished(() => containing.mockRestore());
    const text = `a${'\u0301'.repeat(10 * textLimit)}`;
    const parts = splitText(text);
    expect(parts.join('')).toBe(text);
    expect(containing.mock.calls.length).toBeLessThanOrEqual(4 * parts.length);
  });

  test('cuts backticks without end rather than not at all', () => {
    expect(splitText('`'.repeat(100), { limit: 40 }).map(part => part.length)).toEqual([40, 40, 20]);
  });

  test('closes an open code fence at the cut and opens it again', () => {
    const code = Array.from({ length: 6 }, (_, i) => `  line ${i};`).join('\n');
    expect(splitText(`\`\`\`\n${code}\n\`\`\`\nDone.`, { limit: 48 })).toEqual([
      '```\n  line 0;\n  line 1;\n  line 2;\n  line 3;\n```',
      '```\n  line 4;\n  line 5;\n```\nDone.',
    ]);
  });

  test('makes no empty code block where a cut falls next to a fence', () => {
    expect(splitText(`${'a'.repeat(28)}\n\`\`\`js\n${'b'.repeat(30)}\n\`\`\``, { limit: 42 })).toEqual([
      'a'.repeat(28),
      `\`\`\`js\n${'b'.repeat(30)}\n\`\`\``,
    ]);
    expect(splitText(`\`\`\`\n${'b'.repeat(30)}\n\`\`\`\n${'a'.repeat(28)}`, { limit: 42 })).toEqual([
      `\`\`\`\n${'b'.repeat(30)}\n\`\`\``,
      'a'.repeat(28),
    ]);
  });

  test('closes the marks that are open at the cut and opens them again', () => {
    expect(splitText(`*bold ${words(6)}* and _more_`, { limit: 32 })).toEqual([
      '*bold word0 word1 word2 word3*',
      '*word4 word5* and _more_',
    ]);
    expect(splitText('plain *bold _bold italic words go on_ here*', { limit: 32 })).toEqual([
      'plain *bold _bold italic words_*',
      '*_go on_ here*',
    ]);
    expect(splitText(`~${'x'.repeat(40)}~`, { limit: 32 })).toEqual([`~${'x'.repeat(30)}~`, `~${'x'.repeat(10)}~`]);
    expect(splitText(`run \`${words(6)}\``, { limit: 32 })).toEqual(['run `word0 word1 word2 word3`', '`word4 word5`']);
  });

  test('does not cut between a mark and its text', () => {
    const line = '-'.repeat(31);
    expect(splitText(`${line}*bold words*`, { limit: 33 })).toEqual([line, '*bold words*']);
    expect(splitText(`*${line}*-bold words`, { limit: 32 })).toEqual([`*${'-'.repeat(30)}*`, '*-*-bold words']);
  });

  test('takes no mark for open that WhatsApp does not: in words, in code, in addresses, over lines', () => {
    for (const text of [
      '2*3 and snake_case',
      '* item and more *',
      '`a *b` and* c',
      'https://e.org/*a_ and* b',
      '*a\nb*',
    ])
      expect(
        splitText(`${text} ${words(8)}`, { limit: 40 })
          .join(' ')
          .replaceAll('\n', ' '),
      ).toBe(`${text} ${words(8)}`.replaceAll('\n', ' '));
  });

  test('cuts before an address that has no space before it', () => {
    const url = `https://example.org/${'a'.repeat(8)}`;
    expect(splitText(`${'中'.repeat(20)}(${url})`, { limit: 32 })).toEqual([`${'中'.repeat(20)}(`, `${url})`]);
  });

  test('numbers the parts when asked, within the limit', () => {
    const parts = splitText(words(40), { limit: 64, numbered: true });
    expect(parts.map(part => part.split('\n')[1])).toEqual(parts.map((_, at) => `(${at + 1}/${parts.length})`));
    expect(parts.map(part => part.split('\n')[0]).join(' ')).toBe(words(40));
    const many = splitText(words(4000), { limit: 64, numbered: true });
    expect(Math.max(...many.map(part => part.length))).toBeLessThanOrEqual(64);
    expect(many.at(-1)).toMatch(new RegExp(`\\(${many.length}/${many.length}\\)$`));
    expect(splitText('short', { numbered: true })).toEqual(['short']);
    expect(() => splitText('x', { limit: 63, numbered: true })).toThrow(RangeError);
  });

  test('leaves out parts that would be blank', () => {
    expect(splitText('\n'.repeat(100), { limit: 32 })).toEqual([]);
    expect(splitText(`a${' '.repeat(100)}b`, { limit: 32 })).toEqual(['a', 'b']);
  });

  test('refuses a limit in which a fence has no room', () => {
    expect(() => splitText('x', { limit: 31 })).toThrow(RangeError);
    expect(() => splitText('x', { limit: Number.NaN })).toThrow(RangeError);
  });

  const pieces = fc.oneof(
    { weight: 6, arbitrary: fc.stringMatching(/^[a-z]{1,12}$/) },
    { weight: 4, arbitrary: fc.constantFrom(' ', ' ', '\n', '\n\n', '\r\n', '. ', '\t', '。', '  ') },
    { weight: 2, arbitrary: fc.constantFrom('```', '```', '\n```\n', '```js\n', '````', '`', '`````````') },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
    { weight: 1, arbitrary: fc.constantFrom('👩‍👩‍👧‍👦', '🇩🇪', 'e\u0301\u0302', ' \u0301', '\u200d') },
  );
  const texts = fc.array(pieces, { maxLength: 120 }).map(list => list.join(''));
  const limits = fc.integer({ min: 32, max: 120 });

  test('keeps every part within the limit and never blank', () => {
    fc.assert(
      fc.property(texts, limits, (text, limit) => {
        for (const part of splitText(text, { limit })) {
          expect(part.length).toBeLessThanOrEqual(limit);
          if (text.length > limit) expect(part.trim()).not.toBe('');
        }
      }),
    );
  });

  test('keeps every character, in order, and in code what was in code', () => {
    fc.assert(
      fc.property(texts, limits, (text, limit) => {
        fc.pre(!/`{20}/.test(text));
        expect(splitText(text, { limit }).flatMap(shown)).toEqual(shown(text));
      }),
    );
  });

  test('leaves every mark closed in its part, and loses no word, of a text that is all marks', () => {
    const mark = fc.constantFrom('*', '_', '~', '`', '*_', '_*~');
    const word = fc.stringMatching(/^[a-z]{1,9}$/);
    const span = fc
      .tuple(mark, fc.array(word, { minLength: 1, maxLength: 12 }))
      .map(([open, list]) => `${open}${list.join(' ')}${[...open].reverse().join('')}`);
    fc.assert(
      fc.property(fc.array(fc.oneof(span, word), { maxLength: 20 }), limits, (list, limit) => {
        const text = list.join(' ');
        const parts = splitText(text, { limit });
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(limit);
          for (const sign of '*_~`') expect(part.split(sign).length % 2).toBe(1);
        }
        expect(parts.join(' ').replace(/[*_~`]/g, '')).toBe(text.replace(/[*_~`]/g, ''));
      }),
    );
  });

  test('keeps every grapheme whole', () => {
    const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    const graphemes = (text: string) =>
      Array.from(segmenter.segment(text), found => found.segment).filter(found => !/^[\s`]*$/.test(found));
    fc.assert(
      fc.property(texts, limits, (text, limit) => {
        const whole = graphemes(text);
        fc.pre(whole.every(grapheme => grapheme.length < 8));
        expect(splitText(text, { limit }).flatMap(graphemes)).toEqual(whole);
      }),
    );
  });
});
