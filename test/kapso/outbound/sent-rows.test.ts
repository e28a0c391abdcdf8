import { expect, test } from 'vitest';
import { type ListOutbound, rowsSince } from '../../../src/kapso/outbound/sent-rows.ts';

/** A list of so many sent messages, the newest first, in pages of 100. */
function listOf(count: number): ListOutbound {
  return async ({ after }) => {
    const from = Number(after ?? 0);
    const rows = Array.from({ length: Math.min(100, count - from) }, (_, n) => ({ id: `wamid.${count - from - n}` }));
    return { rows, after: from + 100 < count ? String(from + 100) : null };
  };
}

const never = new AbortController().signal;

test('a look-up reads what a number can send while a message is looked for: 80 a second for two minutes', async () => {
  const rows = await rowsSince(0, never, listOf(80 * 120));
  expect(rows).toHaveLength(9600);
  expect(rows?.at(-1)).toEqual({ id: 'wamid.1' });
});

test('a list that does not end is not read to its end', async () => {
  expect(await rowsSince(0, never, listOf(Number.MAX_SAFE_INTEGER))).toBeNull();
});
