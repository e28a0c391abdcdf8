import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBuckets } from '../../src/access/buckets.ts';
import { manualClock } from '../manual-clock.ts';

const minute = 60_000;

function start(perMinute: number | null) {
  const clock = manualClock(0);
  const rate = { perMinute };
  return { clock, rate, buckets: createBuckets({ clock, perMinute: () => rate.perMinute }) };
}

describe('a bucket', () => {
  it("holds a minute's tokens at first, and gives one after the other when it is empty", () => {
    const { buckets } = start(60);
    const waits = Array.from({ length: 63 }, () => buckets.take('a', 1));
    expect(waits).toEqual([...Array(60).fill(0), 1000, 2000, 3000]);
  });

  it('fills while nothing is taken', () => {
    const { clock, buckets } = start(60);
    buckets.take('a', 60);
    clock.advance(10_000);
    expect(buckets.take('a', 10)).toBe(0);
    expect(buckets.take('a', 1)).toBe(1000);
    clock.advance(10 * minute);
    expect(buckets.take('a', 60)).toBe(0);
    expect(buckets.take('a', 1)).toBe(1000);
  });

  it('gives more than it holds when it is full, and owes the rest', () => {
    const { clock, buckets } = start(60);
    expect(buckets.take('a', 300)).toBe(0);
    expect(buckets.take('a', 1)).toBe(241_000);
    clock.advance(301_000);
    buckets.take('a', 1);
    expect(buckets.take('a', 300)).toBe(1000);
  });

  it('of one key has nothing to do with those of others', () => {
    const { buckets } = start(1);
    buckets.take('a', 1);
    expect(buckets.take('b', 1)).toBe(0);
    expect(buckets.take('a', 1)).toBe(minute);
  });

  it('follows a rate that changes, and without one nothing waits or is remembered', () => {
    const { buckets, rate } = start(1);
    buckets.take('a', 1);
    rate.perMinute = 2;
    expect(buckets.take('a', 1)).toBe(30_000);
    rate.perMinute = null;
    expect(buckets.take('a', 1)).toBe(0);
    expect(buckets.take('b', 1)).toBe(0);
    expect(buckets.size()).toBe(1);
  });
});

describe('buckets', () => {
  it('are forgotten when they are full, however many there were', () => {
    const { clock, buckets } = start(60);
    for (let contact = 0; contact < 100_000; contact += 1) buckets.take(`contact ${contact}`, 1);
    expect(buckets.size()).toBe(100_000);
    clock.advance(minute);
    for (let contact = 0; contact < 100_000; contact += 1) buckets.take('the last one', 0.0001);
    expect(buckets.size()).toBe(1);
  });

  it('remember no more than twice who took something in the time in which a bucket fills', () => {
    const { clock, buckets } = start(60);
    let most = 0;
    for (let contact = 0; contact < 100_000; contact += 1) {
      buckets.take(`contact ${contact}`, 1);
      clock.advance(1);
      most = Math.max(most, buckets.size());
    }
    expect(most).toBeLessThanOrEqual(2002);
  });

  it('give in any time no more than they hold and what has come in since, later takes never earlier', () => {
    const takes = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        amount: fc.integer({ min: 1, max: 40 }),
        pause: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 * minute })),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), takes, (rate, all) => {
        const { clock, buckets } = start(rate);
        const given = new Map<string, { at: number; amount: number }[]>();
        for (const { key, amount, pause } of all) {
          clock.advance(pause);
          const at = clock.monotonic() + buckets.take(key, amount);
          const before = given.get(key) ?? [];
          expect(at).toBeGreaterThanOrEqual(before.at(-1)?.at ?? 0);
          given.set(key, [...before, { at, amount }]);
        }
        for (const gifts of given.values()) {
          for (const [from, first] of gifts.entries()) {
            // The last may be larger than the bucket: it then needs the bucket full, and no more.
            let sum = 0;
            for (const { at, amount } of gifts.slice(from)) {
              const most = rate + ((at - first.at) * rate) / minute;
              expect(sum + Math.min(amount, rate)).toBeLessThanOrEqual(most + 1e-6);
              sum += amount;
            }
          }
        }
      }),
    );
  });

  it('keep nobody waiting whom the model of a full bucket lets through', () => {
    const takes = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: minute })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), takes, (rate, all) => {
        const { clock, buckets } = start(rate);
        let tokens = rate;
        for (const [amount, pause] of all) {
          clock.advance(pause);
          tokens = Math.min(rate, tokens + (pause * rate) / minute);
          const missing = Math.min(amount, rate) - tokens;
          expect(buckets.take('a', amount)).toBeCloseTo(Math.max(0, (missing * minute) / rate), 3);
          tokens -= amount;
        }
      }),
    );
  });
});
