import { expect, test } from 'vitest';
import { createScreenOutput, wrap } from '../../src/cli/screen.ts';

test.each([
  ['short', 20, ['short']],
  ['Warning  one two three four', 20, ['Warning  one two', '         three four']],
  ['no columns but many words', 12, ['no columns', 'but many', 'words']],
  ['a-word-that-is-longer-than-the-line', 10, ['a-word-tha', 't-is-longe', 'r-than-the', '-line']],
  ['a wide first column    x', 10, ['a wide', 'first', 'column', 'x']],
])('a line is broken where the terminal ends: %s', (line, columns, expected) => {
  const lines = wrap(line, columns);
  expect(lines.map(one => one.trimEnd())).toEqual(expected);
  for (const one of lines) expect(one.length).toBeLessThanOrEqual(columns);
});

test('what is drawn fits the terminal, whatever its size becomes', () => {
  const size = { columns: 30, rows: 5 };
  let drawn = '';
  const output = createScreenOutput({ size: () => size, onResize: () => () => undefined }, text => {
    drawn = text;
  });
  const page = { status: 'Queue  1 pending\nOutbox 2 sent\n', messages: `${'x'.repeat(50)}\nsecond\nthird\n` };
  output.draw(page);
  const lines = () =>
    drawn
      .replaceAll(/\u001b\[[HKJ]/g, '')
      .split('\r\n')
      .slice(0, -1);
  expect(lines()).toEqual(['Queue  1 pending', 'Outbox 2 sent', '', 'x'.repeat(30)]);
  Object.assign(size, { columns: 12, rows: 40 });
  output.draw(page);
  expect(lines()).toEqual(['Queue  1', 'pending', 'Outbox 2', 'sent', '', 'x'.repeat(12), 'second', 'third']);
  Object.assign(size, { columns: 1, rows: 1 });
  output.draw(page);
  expect(lines()).toEqual([]);
  output.over();
  expect(drawn).toContain('\u001b[?1049l');
});
