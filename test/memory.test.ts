import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { coalesceTimers } from '../src/coalesce.ts';
import { createTidyStart } from '../src/memory.ts';
import { manualClock } from './manual-clock.ts';

/** Something that nobody uses any more when this has returned. */
const leftOver = () => new WeakRef({ text: 'left over' });

test('what the start has left behind is collected some time after it, once', async () => {
  const clock = manualClock(Date.UTC(2026, 10, 30));
  const { clock: coalesced, around } = coalesceTimers(clock);
  const tidy = createTidyStart(around, () => 300);
  tidy.start();
  const first = leftOver();
  clock.advance(7_000);
  await turn();
  expect(first.deref()).toEqual({ text: 'left over' });

  coalesced.after(2000, () => undefined);
  clock.advance(2000);
  while (first.deref() !== undefined) await turn();
});

test('a program that is at work is left alone until it rests', async () => {
  const clock = manualClock(Date.UTC(2026, 11, 1));
  const { around } = coalesceTimers(clock);
  let used = 1500;
  const tidy = createTidyStart(around, () => used);
  tidy.start();
  const first = leftOver();
  clock.advance(13_000);
  await turn();
  expect(first.deref()).toEqual({ text: 'left over' });

  used = 9000;
  clock.advance(13_000);
  await turn();
  expect(first.deref()).toEqual({ text: 'left over' });

  used = 9100;
  clock.advance(13_000);
  while (first.deref() !== undefined) await turn();
});

test('a program that stops before does not wait for it', () => {
  let waiting = 0;
  const tidy = createTidyStart(() => {
    waiting += 1;
    return () => {
      waiting -= 1;
    };
  });
  tidy.start();
  expect(waiting).toBe(1);
  tidy.stop(0);
  expect(waiting).toBe(0);
});
