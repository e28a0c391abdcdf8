import { expect, it } from 'vitest';
import { firstTimestamp, readTimestamp } from '../../../src/kapso/inbound/timestamp.ts';

const now = Date.UTC(2026, 10, 22);
const seconds = (at: number) => String(at / 1000);

it.each([
  ['seconds as text', '1795000000', 1_795_000_000_000],
  ['seconds', 1_795_000_000, 1_795_000_000_000],
  ['milliseconds', '1795000000123', 1_795_000_000_123],
  ['ISO 8601', '2026-11-18T09:46:40.250Z', Date.UTC(2026, 10, 18, 9, 46, 40, 250)],
  ['before WhatsApp', '1000000000', null],
  ['the next century', '4102444800', null],
  ['words', 'yesterday', null],
  ['nothing', undefined, null],
])('%s is read', (_, value, at) => {
  expect(readTimestamp(value)).toBe(at);
});

it.each([
  ['the first that is a time', ['x', seconds(now), seconds(now - 1000)], now],
  ['one that is no more than a day ahead', [seconds(now + 172_800_000), seconds(now)], now],
  [
    'the first where all are further ahead: the clock is wrong',
    [seconds(now + 172_800_000), seconds(2e12)],
    now + 172_800_000,
  ],
  ['none where none is a time', [undefined, null, 'x', '0'], null],
])('of several the time is %s', (_, candidates, at) => {
  expect(firstTimestamp(candidates, now)).toBe(at);
});

it('stands by WhatsApp whatever this machine’s clock says', () => {
  for (const wrong of [0, now - 40 * 86_400_000, now + 7300 * 86_400_000]) {
    expect(firstTimestamp([seconds(now)], wrong)).toBe(now);
  }
});
