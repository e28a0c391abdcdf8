import { expect, it } from 'vitest';
import { type Backoff, createBackoff } from '../../../src/agents/openclaw/backoff.ts';

const pauseOf = (backoff: Backoff, phase: 'connecting' | 'waiting' | 'blocked', now = 0, asked: number | null = null) =>
  backoff.after({ phase, retryAfter: asked }, now).pause;
const retry = (backoff: Backoff, now: number, asked: number | null = null) =>
  pauseOf(backoff, 'connecting', now, asked);
const longest = () => createBackoff(() => 0.5, true, 0);
const minute = 60_000;

it('goes on slowing down when connections break as soon as they stand', () => {
  const backoff = longest();
  expect(retry(backoff, 2 * minute)).toBe(1000);
  backoff.lost(2 * minute, 2 * minute + 100);
  expect(retry(backoff, 2 * minute + 100)).toBe(2000);
  backoff.lost(3 * minute, 3 * minute + 100);
  expect(retry(backoff, 3 * minute + 100)).toBe(4000);
});

it('is quick again after a connection that lasted, on this host', () => {
  const near = longest();
  near.lost(0, 10 * minute);
  expect(retry(near, 10 * minute)).toBe(500);
  expect(retry(near, 11 * minute)).toBe(1000);
  const far = createBackoff(() => 0.5, false, 0);
  far.lost(0, 10 * minute);
  expect(retry(far, 10 * minute)).toBe(1000);
});

it('spreads the attempts of many clients around each pause', () => {
  const [low, high] = [0, 0.999].map(random =>
    retry(
      createBackoff(() => random, false, 0),
      minute,
    ),
  );
  expect([low, high]).toEqual([750, 1250]);
});

it('keeps to what the gateway asks for, within reason', () => {
  const backoff = longest();
  expect(retry(backoff, 0, 500)).toBe(500);
  expect(retry(backoff, 0, 0)).toBe(100);
  expect(retry(backoff, 0, 1e12)).toBe(5 * minute);
  expect(pauseOf(backoff, 'waiting', 0, 5 * minute)).toBeGreaterThan(5 * minute);
});

it('looks every one to five minutes whether an operator has put things right', () => {
  const backoff = longest();
  const pauses = Array.from({ length: 6 }, () => pauseOf(backoff, 'blocked'));
  expect(pauses).toEqual([2, 4, 5, 5, 5, 5].map(minutes => minutes * minute));
  expect(
    pauseOf(
      createBackoff(() => 0, true, 0),
      'blocked',
    ),
  ).toBe(1.5 * minute);
});

it('says what the gateway asked for where that is more than it gets', () => {
  expect(longest().after({ phase: 'connecting', retryAfter: 10 * minute }, 0).cut).toContain('600 s');
  expect(longest().after({ phase: 'waiting', retryAfter: 10 * minute }, 0).cut).toBeNull();
  expect(longest().after({ phase: 'waiting', retryAfter: 60 * minute }, 0).cut).toContain('3600 s');
  expect(longest().after({ phase: 'blocked', retryAfter: null }, 0).cut).toBeNull();
});
