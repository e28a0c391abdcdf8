import { describe, expect, it } from 'vitest';
import {
  afterFailedAttempt,
  deferredUntil,
  firstFailureAt,
  nextCheck,
  nextTrial,
  restsUntil,
} from '../../src/domain/retry-policy.ts';

const hour = 3_600_000;
const now = Date.UTC(2026, 10, 28);
const limits = { attempts: 8, after: 24 * hour, beforeNext: 3 };

describe('after a failed attempt', () => {
  it.each([
    [0, 30_000],
    [1, 60_000],
    [2, 120_000],
    [8, 7_680_000],
    [9, 4 * hour],
    [1000, 4 * hour],
  ])('number %i before this one, the pause is %i ms', (attempts, pause) => {
    const next = afterFailedAttempt(limits, { attempts, firstAttemptAt: now }, now, 0.5);
    expect(next).toEqual({ giveUp: false, attempts: attempts + 1, until: now + pause, aside: attempts + 1 >= 3 });
  });

  it.each([
    [0, 22_500],
    [1 - Number.EPSILON, 37_500],
  ])('the pause is spread: with %d it is %i ms', (random, pause) => {
    expect(afterFailedAttempt(limits, { attempts: 0, firstAttemptAt: null }, now, random)).toMatchObject({
      until: now + pause,
    });
  });

  it.each([
    ['the first', 0, null, false],
    ['enough attempts, too soon', 7, now - 24 * hour + 1, false],
    ['enough time, too few attempts', 6, now - 48 * hour, false],
    ['both', 7, now - 24 * hour, true],
    ['a clock set back meanwhile', 7, now + hour, false],
  ])('it is given up or not: %s', (_, attempts, firstAttemptAt, giveUp) => {
    expect(afterFailedAttempt(limits, { attempts, firstAttemptAt }, now, 0.5).giveUp).toBe(giveUp);
  });
});

it.each([
  ['was seen here', 5000, now - 5000],
  ['was in an earlier life', null, now + hour],
])('the first failure %s', (_, since, at) => {
  expect(firstFailureAt({ firstAttemptAt: now + hour }, since, now)).toBe(at);
});

it.each([
  [0, 1000],
  [1, 2000],
  [3, 8000],
  [4, 10_000],
  [5000, 10_000],
])('after %i looks the next one comes in %i ms', (looks, pause) => {
  expect(nextCheck(looks, now)).toBe(now + pause);
});

it.each([
  [0, 5000],
  [3, 40_000],
  [4, 60_000],
  [5000, 60_000],
])('after %i trials of a gateway that takes nothing the next one comes in %i ms', (trials, pause) => {
  expect(nextTrial(trials, now)).toBe(now + pause);
});

it.each([
  ['as long as asked', 60_000, 0, 60_000],
  ['never for ever', 1e15, 0, 300_000],
  ['never into the past', -1e15, 0, 1000],
  ['ever later where the gateway asks for nothing', 1, 3, 8000],
])('a message is put off %s', (_, retryAfter, looks, pause) => {
  expect(deferredUntil(retryAfter, looks, now)).toBe(now + pause);
});

it.each([
  ['nothing was set', null, 10, null],
  ['its time has come', now, 10, null],
  ['its time is ahead', now + hour, 10, now + hour],
  ['the gateway has put it off', now + 300_000, 0, now + 300_000],
  ['only a wrong clock can have set its time', now + 6 * hour, 10, null],
  ['the clock was set back by two hours since its first attempt', now + 2 * hour + 30_000, 1, null],
  ['the clock was set back by two hours since the gateway was busy', now + 2 * hour + 1000, 0, null],
])('a message rests or not: %s', (_, retryAt, attempts, until) => {
  expect(restsUntil(retryAt, now, attempts)).toBe(until);
});
