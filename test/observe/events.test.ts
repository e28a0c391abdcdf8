import { describe, expect, it } from 'vitest';
import { createEventLog } from '../../src/observe/event-log.ts';
import { type AppEvent, createEvents } from '../../src/observe/events.ts';
import { statusChange } from '../../src/observe/status-events.ts';
import { type Line, recordingLog } from '../intake/webhook/harness.ts';

const at = Date.UTC(2026, 10, 28, 12, 0, 0);

function logged(event: AppEvent): Line | undefined {
  const lines: Line[] = [];
  createEventLog(recordingLog(lines))(event);
  expect(lines.length).toBeLessThanOrEqual(1);
  return lines[0];
}

it('every listener is told, in order', () => {
  const told: string[] = [];
  const emit = createEvents([({ type }) => told.push(`1 ${type}`), ({ type }) => told.push(`2 ${type}`)]);
  emit({ type: 'store back' });
  expect(told).toEqual(['1 store back', '2 store back']);
});

describe('what went wrong is said in the log and is the last error of the status', () => {
  it.each<[AppEvent, string, string]>([
    [
      { type: 'unreadable kept', message: 'wamid.1', reason: 'no sender' },
      'Something arrived that cannot be read; it is kept in the inbox as failed',
      'Something arrived that cannot be read: no sender',
    ],
    [
      { type: 'message failed', message: 'wamid.1', reason: 'HTTP 500 (after 8 attempts)' },
      'Message given up; "kapso-whatsapp-cli inbox retry wamid.1" tries it again',
      'HTTP 500 (after 8 attempts)',
    ],
    [
      { type: 'turn failed', lane: 'a', error: new Error('disk full') },
      'A conversation could not be worked on; it is tried again',
      'disk full',
    ],
    [
      {
        type: 'store displaced',
        error: new Error('moved', { cause: new Error('no such file') }),
        hint: 'move it back',
      },
      'The inbox is not where it was opened: nothing is taken or handed to the agent',
      'moved: no such file',
    ],
  ])('$0.type', (event, text, lastError) => {
    expect(logged(event)).toMatchObject({ level: 'error', message: text });
    expect(statusChange(event, at)).toEqual({ lastError: { at, message: lastError } });
  });
});

describe('an obstacle', () => {
  it('is a warning, and stands in the status since then until it is gone', () => {
    const obstacle = { reason: 'no agent', hint: 'make one' };
    expect(logged({ type: 'obstacle changed', obstacle })).toMatchObject({ level: 'warn', fields: obstacle });
    expect(statusChange({ type: 'obstacle changed', obstacle }, at)).toEqual({ delivery: { ...obstacle, since: at } });
    expect(logged({ type: 'obstacle changed', obstacle: null })).toMatchObject({ level: 'info' });
    expect(statusChange({ type: 'obstacle changed', obstacle: null }, at)).toEqual({ delivery: null });
  });
});

it('a wrong clock is an error with both times, and stands in the status until it is right', () => {
  const ahead = -30 * 86_400_000;
  expect(logged({ type: 'own clock wrong', own: at + ahead, ahead })).toMatchObject({
    level: 'error',
    fields: { own: '2026-10-29T12:00:00.000Z', kapso: '2026-11-28T12:00:00.000Z' },
  });
  expect(statusChange({ type: 'own clock wrong', own: at + ahead, ahead }, at)).toEqual({ clock: { ahead } });
  expect(statusChange({ type: 'own clock right', own: at }, at)).toEqual({ clock: null });
});

it.each([
  [true, 'error', 'Polling Kapso failed, and will until somebody puts it right'],
  [false, 'warn', 'Polling Kapso failed'],
] as const)('a failed poll says how long it waits (needs an operator: %s)', (needsOperator, level, message) => {
  const event = { type: 'poll failed', error: 'HTTP 503', asked: null, pause: 30_400, needsOperator } as const;
  expect(logged(event)).toEqual({ level, message, fields: { error: 'HTTP 503', again: '30 s' } });
});

it('what comes and goes all the time is a matter of the status alone', () => {
  const event = { type: 'messages accepted', count: 3 } as const;
  expect(logged(event)).toBeUndefined();
  expect(statusChange(event, at)).toEqual({ lastMessageAt: at });
});

it.each<[AppEvent, string, string]>([
  [{ type: 'poll works again' }, 'info', 'Polling Kapso works again'],
  [{ type: 'messages polled', found: 2, seen: 5 }, 'info', 'Messages received by polling'],
  [
    { type: 'pass not stored', error: new Error('full') },
    'error',
    'What was polled cannot be kept; the pass is repeated',
  ],
  [{ type: 'store back' }, 'info', 'The inbox is in its place again; everything goes on'],
  [{ type: 'clocks agree' }, 'info', "Kapso's clock and this machine's agree again"],
  [{ type: 'message settled', message: 'wamid.1', outcome: 'answered' }, 'info', 'Message handled by the agent'],
  [{ type: 'message deferred', message: 'wamid.1', reason: 'no', attempts: 1, until: at }, 'warn', 'Attempt failed'],
])('$0.type is said as documented', (event, level, message) => {
  expect(logged(event)).toMatchObject({ level, message });
});
