import { expect, it } from 'vitest';
import { createEventLog } from '../../src/observe/event-log.ts';
import { type Line, recordingLog } from '../intake/webhook/harness.ts';
import { manualClock } from '../manual-clock.ts';

const accepted = (count: number, by: 'webhook' | 'poll' = 'webhook') =>
  ({ type: 'messages accepted', count, messages: Array.from({ length: count }, (_, n) => `wamid.${n}`), by }) as const;

it('a webhook that brings messages is said at once, and a flood in one line for some seconds', () => {
  const lines: Line[] = [];
  const clock = manualClock(0);
  const emit = createEventLog(recordingLog(lines), clock);
  const line = (fields: object) => ({ level: 'info', fields, message: 'Messages received by webhook' });
  emit(accepted(1));
  expect(lines).toEqual([line({ new: 1 })]);
  for (let at = 0; at < 1000; at++) emit(accepted(2));
  emit({ ...accepted(3), of: { id: '6470', label: 'sales' } });
  expect(lines.slice(1)).toEqual([line({ account: 'sales', new: 3 })]);
  clock.advance(5000);
  expect(lines.slice(2)).toEqual([line({ new: 2000 })]);
  clock.advance(60_000);
  emit(accepted(4, 'poll'));
  expect(lines).toHaveLength(3);
  emit(accepted(1));
  expect(lines.at(-1)).toEqual(line({ new: 1 }));
});
