import { expect, it } from 'vitest';
import { type Part, startInOrder, stopInReverse } from '../src/part.ts';
import { manualClock } from './manual-clock.ts';

it('parts start one after the other, and stop the last first, with what is left of the time', async () => {
  const clock = manualClock(0);
  const told: string[] = [];
  const part = (name: string, takes: number): Part => ({
    start: async () => {
      told.push(`${name} starts`);
      await new Promise(resolve => setImmediate(resolve));
      told.push(`${name} has started`);
    },
    stop: async grace => {
      told.push(`${name} stops within ${grace}`);
      clock.advance(takes);
      await new Promise(resolve => setImmediate(resolve));
      told.push(`${name} has stopped`);
    },
  });
  const parts = [part('store', 0), part('gateway', 5000), part('receiver', 2000)];
  await startInOrder(parts);
  expect(told.splice(0)).toEqual(
    parts.flatMap((_, n) => ['starts', 'has started'].map(what => `${['store', 'gateway', 'receiver'][n]} ${what}`)),
  );
  await stopInReverse(parts, 6000, clock);
  expect(told).toEqual([
    'receiver stops within 6000',
    'receiver has stopped',
    'gateway stops within 4000',
    'gateway has stopped',
    'store stops within 0',
    'store has stopped',
  ]);
});
