import { expect, it } from 'vitest';
import { coalesceTimers } from '../src/coalesce.ts';
import { manualClock } from './manual-clock.ts';

function setUp() {
  const system = manualClock(0);
  const { clock, around } = coalesceTimers(system);
  const calls: string[] = [];
  const note = (what: string) => () => {
    calls.push(`${what} at ${system.monotonic()}`);
  };
  return { system, clock, around, calls, note };
}

it('what is not urgent goes along with the first timer from four fifths of its time on, after it', () => {
  const { system, clock, around, calls, note } = setUp();
  around(100, note('lazy'));
  clock.after(70, note('too early'));
  clock.after(80, note('poll'));
  clock.after(90, note('later'));
  system.advance(1_000);
  expect(calls).toEqual(['too early at 70', 'poll at 80', 'lazy at 80', 'later at 90']);
});

it('where no other timer fires, it is called after six fifths of its time', () => {
  const { system, around, calls, note } = setUp();
  around(100, note('lazy'));
  system.advance(1_000);
  expect(calls).toEqual(['lazy at 120']);
});

it('what was cancelled is not called, also by a timer that fires in the same moment', () => {
  const { system, clock, around, calls, note } = setUp();
  const cancel = around(100, note('first'));
  around(100, () => cancelSecond());
  const cancelSecond = around(100, note('second'));
  clock.after(100, note('poll'));
  cancel();
  system.advance(1_000);
  expect(calls).toEqual(['poll at 100']);
  expect(system.pending()).toEqual([]);
});

it('what asks again when it is called waits its whole time anew', () => {
  const { system, clock, around, calls, note } = setUp();
  const again = () => {
    note('lazy')();
    around(100, again);
  };
  around(100, again);
  clock.after(100, note('poll'));
  clock.after(200, note('poll'));
  system.advance(200);
  expect(calls).toEqual(['poll at 100', 'lazy at 100', 'poll at 200', 'lazy at 200']);
});
