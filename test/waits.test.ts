import { describe, expect, it } from 'vitest';
import { backoff, keepTo, vary, waits } from '../src/waits.ts';

describe('a back-off', () => {
  it('doubles from the first pause to the longest, however many failures there are', () => {
    const pause = backoff({ first: 1000, longest: 10_000, jitter: 0.25 }, () => 0.5);
    expect([1, 2, 3, 4, 5, 6, 1e9].map(pause)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });

  it.each([
    [0, 750],
    [0.5, 1000],
    [0.999_999, 1250],
  ])('varies to either side by its jitter (random %s)', (random, pause) => {
    expect(backoff({ first: 1000, longest: 1000, jitter: 0.25 }, () => random)(1)).toBe(pause);
    expect(vary(1000, 0.25, () => random)).toBe(pause);
  });
});

it('a wait that another side asks for is kept to up to a limit, and what was asked for is said', () => {
  expect(keepTo(60_000, 300_000)).toEqual({ ms: 60_000, cut: null });
  expect(keepTo(300_000, 300_000)).toEqual({ ms: 300_000, cut: null });
  expect(keepTo(999_999_999_000, 300_000)).toEqual({ ms: 300_000, cut: '999999999 s, of which 300 s are kept to' });
  expect(keepTo(Number.POSITIVE_INFINITY, 300_000).ms).toBe(300_000);
});

it('no wait that another side can ask for is longer than some minutes', () => {
  for (const [what, wait] of Object.entries(waits)) {
    if ('asked' in wait) expect(wait.asked, what).toBeLessThanOrEqual(20 * 60_000);
  }
});
