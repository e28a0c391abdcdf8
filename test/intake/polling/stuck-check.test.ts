import { expect, it } from 'vitest';
import { stuckReason } from '../../../src/intake/polling/stuck-check.ts';

const at = 10_000_000;
const overdue = (polling: { lastAttempt: number | null; nextAt: number | null }, askedAt: number) =>
  stuckReason({ polling, askedAt, longest: 60_000, at });

it('is nothing while the next attempt is to come, or was due a moment ago', () => {
  expect(overdue({ lastAttempt: at - 500_000, nextAt: at + 86_400_000 }, at - 500_000)).toBeNull();
  expect(overdue({ lastAttempt: at - 500_000, nextAt: at - 59_000 }, at - 500_000)).toBeNull();
});

it('is an attempt that was due long ago and has not been made', () => {
  expect(overdue({ lastAttempt: at - 500_000, nextAt: at - 61_000 }, at - 500_000)).toBe(
    'polling has been overdue for 61 s',
  );
});

it('is a request that lasts longer than any may, but not a long pass of many requests', () => {
  expect(overdue({ lastAttempt: at - 500_000, nextAt: null }, at - 61_000)).toBeNull();
  expect(overdue({ lastAttempt: at - 500_000, nextAt: null }, at - 121_000)).toBe('polling has been overdue for 61 s');
});
