import { expect, test } from 'vitest';
import { foundText, NoTextError, plainType } from '../../src/media/text-of.ts';

test('found text has plain lines: no controls but tabs, no blanks at the ends, and no more than one empty line', () => {
  const given = '\ufeff  one\u0000 \t\r\n\r\n\n\n\ntwo\fthree\u2028four\u001b[31m\t5\rsix\ud800  \n';
  expect(foundText(given.slice(1), 100, '')).toEqual({
    kind: 'text',
    text: 'one\n\ntwo\nthree\nfour[31m\t5\nsix\ufffd',
  });
});

test('text above the limit is cut at it, and says so', () => {
  expect(foundText('x'.repeat(10), 10, '')).toEqual({ kind: 'text', text: 'x'.repeat(10) });
  expect(foundText('x'.repeat(11), 10, '')).toEqual({ kind: 'text', text: `${'x'.repeat(9)}…`, cut: true });
  expect(foundText(`${' '.repeat(3)}x${' '.repeat(30)}y`, 10, '')).toMatchObject({ text: 'x…', cut: true });
});

test('nothing to read is no text', () => {
  expect(() => foundText(' \n\u0000\f', 10, 'nobody said anything')).toThrow(new NoTextError('nobody said anything'));
});

test('a long run of blanks holds nothing up', () => {
  const before = performance.now();
  foundText(`x${' '.repeat(2_000_000)}x\n`.repeat(2), 5_000_000, '');
  expect(performance.now() - before).toBeLessThan(2000);
});

test('a type without its parameters', () => {
  expect(plainType('Audio/Ogg; codecs=opus')).toBe('audio/ogg');
});
