import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toWhatsAppText } from '../../../src/domain/whatsapp-text/to-whatsapp-text.ts';

/** How the fixtures write what an editor does not show or does not keep. */
const unseen = {
  '‹WJ›': '\u2060',
  '‹CR›': '\r',
  '‹LS›': '\u2028',
  '‹TAB›': '\t',
  '‹NBSP›': '\u00a0',
  '‹SP›': ' ',
} as const;

interface Pair {
  name: string;
  markdown: string;
  text: string;
}

/** Reads pairs of the form `%% NAME`, the Markdown, `%= becomes`, the text; or `%= stays` where it is the same. */
function readPairs(): Pair[] {
  const file = join(import.meta.dirname, '../../fixtures/whatsapp-text/golden.txt');
  let content = readFileSync(file, 'utf8');
  for (const [written, meant] of Object.entries(unseen)) content = content.replaceAll(written, meant);
  return content
    .split(/^%% /m)
    .slice(1)
    .map(pair => {
      const [, name = '', markdown = '', kind, text = ''] =
        /^(.*)\n([\s\S]*?)\n%= (becomes|stays)\n(?:([\s\S]*)\n)?$/.exec(pair) ?? [];
      if (kind === undefined) throw new Error(`this pair is not whole: ${pair}`);
      return { name, markdown, text: kind === 'stays' ? markdown : text };
    });
}

const pairs = readPairs();

describe('toWhatsAppText', () => {
  test.each(pairs)('$name', ({ markdown, text }) => {
    expect(toWhatsAppText(markdown)).toBe(text);
  });

  test.each(pairs)('leaves as it is what it has written: $name', ({ text }) => {
    expect(toWhatsAppText(text)).toBe(text);
  });

  test('the pairs are many, and each has a name of its own', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(150);
    expect(new Set(pairs.map(({ name }) => name)).size).toBe(pairs.length);
  });
});
