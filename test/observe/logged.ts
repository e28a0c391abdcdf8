import { expect } from 'vitest';
import { createEventLog } from '../../src/observe/event-log.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { type Line, recordingLog } from '../intake/webhook/harness.ts';
import { manualClock } from '../manual-clock.ts';

/** The time of the events. */
export const at = Date.UTC(2026, 10, 28, 12, 0, 0);

/** The line that the log has of an event, if any. */
export function logged(event: AppEvent): Line | undefined {
  const lines: Line[] = [];
  createEventLog(recordingLog(lines), manualClock(at))(event);
  expect(lines.length).toBeLessThanOrEqual(1);
  return lines[0];
}
