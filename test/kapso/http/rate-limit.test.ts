import { expect, test } from 'vitest';
import { createRateLimit } from '../../../src/kapso/http/rate-limit.ts';
import { manualClock } from '../../manual-clock.ts';

const told = (limit: number | string, remaining: number | string, status = 200) => ({
  status,
  headers: { 'x-ratelimit-limit': String(limit), 'x-ratelimit-remaining': String(remaining) },
});

test.each([
  [100, 20, false],
  [100, 19, true],
  [500, 99, true],
  [500, 100, false],
  [20, 10, false],
  [20, 9, true],
  ['many', 0, false],
  [100, '', false],
])('of %s requests %s remain', (limit, remaining, near) => {
  const rateLimit = createRateLimit(manualClock(0));
  rateLimit.observe(told(limit, remaining));
  expect(rateLimit.near()).toBe(near);
});

test('nothing is known without headers, and an answer without them changes nothing', () => {
  const rateLimit = createRateLimit(manualClock(0));
  rateLimit.observe({ status: 200, headers: {} });
  expect(rateLimit.near()).toBe(false);
  rateLimit.observe(told(100, 1));
  rateLimit.observe({ status: 200, headers: {} });
  expect(rateLimit.near()).toBe(true);
});

test('it is near until an answer says otherwise, and for a minute at most, whatever becomes of the time of day', () => {
  const clock = manualClock(0);
  const rateLimit = createRateLimit(clock);
  rateLimit.observe(told(100, 1));
  clock.set(3_600_000);
  expect(rateLimit.near()).toBe(true);
  clock.advance(59_999);
  expect(rateLimit.near()).toBe(true);
  clock.advance(1);
  expect(rateLimit.near()).toBe(false);
  rateLimit.observe(told(100, 1));
  rateLimit.observe(told(100, 99));
  expect(rateLimit.near()).toBe(false);
});

test.each([
  ['30', 30_000],
  [null, 60_000],
  ['999999', 300_000],
])('after a refusal it is near until Retry-After (%s), as far as that is kept to', (retryAfter, ms) => {
  const clock = manualClock(0);
  const rateLimit = createRateLimit(clock);
  rateLimit.observe({ status: 429, headers: retryAfter === null ? {} : { 'retry-after': retryAfter } });
  rateLimit.observe(told(100, 99));
  clock.advance(ms - 1);
  expect(rateLimit.near()).toBe(true);
  clock.advance(1);
  expect(rateLimit.near()).toBe(false);
});
