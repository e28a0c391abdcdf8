import { expect, it } from 'vitest';
import { watchIdleness } from '../../src/systemd/idle.ts';
import { manualClock } from '../manual-clock.ts';

function watched() {
  const clock = manualClock(0);
  const activity = { busy: false, at: 0 };
  const idle: number[] = [];
  const watch = watchIdleness({ after: 60_000, clock, activity: () => activity, onIdle: () => idle.push(clock.now()) });
  return { clock, activity, idle, watch };
}

it('notices, once, that nothing has happened for the whole time, and looks at no other moment', () => {
  const { clock, activity, idle } = watched();
  clock.advance(20_000);
  activity.at = 20_000;
  expect(clock.pending()).toEqual([60_000]);
  clock.advance(40_000);
  expect(clock.pending()).toEqual([80_000]);
  clock.advance(500_000);
  expect(idle).toEqual([80_000]);
});

it('waits for as long as something is under way', () => {
  const { clock, activity, idle } = watched();
  activity.busy = true;
  clock.advance(600_000);
  expect(idle).toEqual([]);
  activity.busy = false;
  clock.advance(60_000);
  expect(idle).toEqual([660_000]);
});

it('does not wait for ever after the clock was set back, nor after it was stopped', () => {
  const { clock, activity, idle, watch } = watched();
  activity.at = 9e12;
  clock.advance(60_000);
  expect(clock.pending()).toEqual([120_000]);
  watch.stop();
  clock.advance(600_000);
  expect(idle).toEqual([]);
});
