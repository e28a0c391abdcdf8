import { expect, it } from 'vitest';
import { createObstacleReport } from '../../src/delivery/obstacle.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { manualClock } from '../manual-clock.ts';

function begin() {
  const clock = manualClock(0);
  const told: unknown[] = [];
  const emit = (event: AppEvent) => void told.push(event.type === 'obstacle changed' && event.obstacle);
  return { clock, told, report: createObstacleReport({ clock, emit }) };
}
const obstacle = { reason: 'no agent', hint: 'make one' };

it('is told once for each reason, and once when it is gone', () => {
  const { told, report } = begin();
  for (const one of [obstacle, obstacle, { reason: 'other', hint: null }, null, null]) report(one, null);
  expect(told).toEqual([obstacle, { reason: 'other', hint: null }, null]);
});

it('of one agent stays, and is told once, while messages for others are taken', () => {
  const { told, report } = begin();
  report(obstacle, 'sales');
  for (const _ of [1, 2, 3]) {
    report(null, null);
    report(obstacle, 'sales');
  }
  report(null, 'support');
  report(null, 'sales');
  expect(told).toEqual([{ ...obstacle, agent: 'sales' }, null]);
});

it('of all comes before that of one agent', () => {
  const { told, report } = begin();
  report(obstacle, 'sales');
  report(obstacle, null);
  report(null, null);
  expect(told).toEqual([{ ...obstacle, agent: 'sales' }, obstacle, { ...obstacle, agent: 'sales' }]);
});

it('of an agent of whom nothing is heard any more is gone after a while', () => {
  const { clock, told, report } = begin();
  report(obstacle, 'sales');
  clock.advance(120_000);
  report(null, null);
  expect(told).toEqual([{ ...obstacle, agent: 'sales' }, null]);
});
