import { expect, it } from 'vitest';
import { createBackoff } from '../../../src/agents/openclaw/backoff.ts';

const longest = () => createBackoff(() => 0.5, true, 0);
const minute = 60_000;

it('goes on slowing down when connections break as soon as they stand', () => {
  const backoff = longest();
  expect(backoff.retry(2 * minute, null)).toBe(1000);
  backoff.lost(2 * minute, 2 * minute + 100);
  expect(backoff.retry(2 * minute + 100, null)).toBe(2000);
  backoff.lost(3 * minute, 3 * minute + 100);
  expect(backoff.retry(3 * minute + 100, null)).toBe(4000);
});

it('is quick again after a connection that lasted, on this host', () => {
  const near = longest();
  near.lost(0, 10 * minute);
  expect(near.retry(10 * minute, null)).toBe(500);
  expect(near.retry(11 * minute, null)).toBe(1000);
  const far = createBackoff(() => 0.5, false, 0);
  far.lost(0, 10 * minute);
  expect(far.retry(10 * minute, null)).toBe(1000);
});

it('spreads the attempts of many clients around each pause', () => {
  const [low, high] = [0, 0.999].map(random => createBackoff(() => random, false, 0).retry(minute, null));
  expect([low, high]).toEqual([750, 1250]);
});

it('keeps to what the gateway asks for, within reason', () => {
  const backoff = longest();
  expect(backoff.retry(0, 500)).toBe(500);
  expect(backoff.retry(0, 0)).toBe(100);
  expect(backoff.retry(0, 1e12)).toBe(5 * minute);
  expect(backoff.waiting(5 * minute)).toBeGreaterThan(5 * minute);
});

it('looks every one to five minutes whether an operator has put things right', () => {
  const backoff = longest();
  const pauses = Array.from({ length: 6 }, () => backoff.blocked());
  expect(pauses).toEqual([2, 4, 5, 5, 5, 5].map(minutes => minutes * minute));
  expect(createBackoff(() => 0, true, 0).blocked()).toBe(1.5 * minute);
});
