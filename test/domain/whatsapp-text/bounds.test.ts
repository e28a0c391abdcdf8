import ParserInline from 'markdown-it/lib/parser_inline.mjs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parse } from '../../../src/domain/whatsapp-text/parser.ts';
import { type Item, type Span, settleSpans } from '../../../src/domain/whatsapp-text/settle-spans.ts';
import { toWhatsAppText } from '../../../src/domain/whatsapp-text/to-whatsapp-text.ts';

describe('toWhatsAppText', () => {
  test('leaves a long text as it is whose lines begin many lists within one another', () => {
    const text = `${'- '.repeat(19)}some words of an item that goes on and on\n`.repeat(1200);
    expect(toWhatsAppText(text)).toBe(text);
    const usual = `${'- '.repeat(2)}some words of an item that goes on and on\n`.repeat(1200);
    expect(toWhatsAppText(usual)).not.toBe(usual);
  });

  test('leaves a long text as it is that is mostly signs, save for its line breaks', () => {
    expect(toWhatsAppText('**a** '.repeat(1000))).not.toContain('**');
    expect(toWhatsAppText('**a**\r\n'.repeat(10_000))).toBe('**a**\n'.repeat(10_000));
  });

  test('converts an answer of any length', () => {
    const answer =
      '## Hours\n\n**Monday** to *Friday*: [the list](https://example.org/hours)\n\n1. first, then\n   - another\n\n';
    expect(toWhatsAppText(answer.repeat(3000))).not.toMatch(/\*\*|#/);
  });

  test('leaves a text as it is that becomes another whenever it is converted', () => {
    const text = '**\\* *\n** 1*';
    expect(toWhatsAppText(text)).toBe(text);
  });
});

describe('parse', () => {
  test('fills up a table only a little', () => {
    const table = `${'|a'.repeat(40)}|\n${'|-'.repeat(40)}|\n${'|words\n'.repeat(2000)}\n`;
    expect(parse(table.repeat(4)).blocks.length).toBeLessThan(30_000);
    expect(toWhatsAppText(table).match(/words/g)).toHaveLength(2000);
  });

  test('looks through brackets a few times, however they are nested', () => {
    const skipToken = vi.spyOn(ParserInline.prototype, 'skipToken');
    onTestFinished(() => skipToken.mockRestore());
    const looks = (text: string) => {
      skipToken.mockClear();
      parse('').parseInline(text);
      return skipToken.mock.calls.length / text.length;
    };
    for (const [open, close] of [
      ['[', ']'],
      ['![', '](b)'],
      ['![a ', ' d](e)'],
      ['[a ', ' d](e)'],
    ] as const)
      expect(looks(open.repeat(3000) + close.repeat(3000))).toBeLessThan(10);
    expect(looks('['.repeat(9000))).toBe(0);
  });

  test("does not parse a picture's description", () => {
    expect(parse('').parseInline('![some *bold*](address)')).toMatchObject([{ type: 'image', children: [] }]);
  });
});

describe('settleSpans', () => {
  /** Marks within marks within a word, all of which are left out, one because of the other. */
  const nest = (depth: number): Item[] => {
    const items: Item[] = [{ kind: 'text', text: 'x', bare: false }];
    const last = 2 * depth + 2;
    for (let at = 1; at <= depth; at += 1) {
      const span: Span = { mark: '*', markup: '**', fate: 'kept' };
      items[at] = { kind: 'open', span, partner: last - at };
      items[last - at] = { kind: 'close', span, partner: at };
    }
    items[depth + 1] = { kind: 'text', text: 'word', bare: false };
    items[last] = { kind: 'text', text: 'y', bare: false };
    return items;
  };

  test('looks at every mark a few times, however many are left out', () => {
    const items = nest(3000);
    let reads = 0;
    const counted = new Proxy(items, {
      get(target, key, receiver) {
        reads += 1;
        return Reflect.get(target, key, receiver);
      },
    });
    settleSpans(counted);
    expect(items.every(item => item.kind === 'text' || item.span.fate === 'dropped')).toBe(true);
    expect(reads).toBeLessThan(20 * items.length);
  });
});
