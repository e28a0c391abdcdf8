import { describe, expect, it } from 'vitest';
import { createEventLog } from '../../src/observe/event-log.ts';
import { type AppEvent, createEvents } from '../../src/observe/events.ts';
import { createScrub } from '../../src/observe/scrub.ts';
import { statusChange } from '../../src/observe/status-events.ts';
import { StoreError } from '../../src/store/errors.ts';
import { type Line, recordingLog } from '../intake/webhook/harness.ts';
import { manualClock } from '../manual-clock.ts';
import { at, logged } from './logged.ts';

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
    expect(statusChange(event, at, text => text)).toEqual({ lastError: { at, message: lastError } });
  });
});

it('that conversations wait for a database is said once a minute; what else they fail of is said of each', () => {
  const clock = manualClock(at);
  const lines: Line[] = [];
  const emit = createEventLog(recordingLog(lines), clock);
  const fail = (code: 'STORE_UNREACHABLE' | 'STORE_FULL') => {
    for (const lane of ['a', 'b'])
      emit({ type: 'turn failed', lane, error: new StoreError(code, 'the database does not answer') });
  };
  fail('STORE_UNREACHABLE');
  expect(lines).toEqual([expect.objectContaining({ level: 'error' })]);
  fail('STORE_FULL');
  expect(lines).toHaveLength(3);
  clock.advance(59_000);
  fail('STORE_UNREACHABLE');
  expect(lines).toHaveLength(3);
  clock.advance(1000);
  fail('STORE_UNREACHABLE');
  expect(lines).toHaveLength(4);
});

describe('a sender beyond the limits', () => {
  const [contact, since] = ['+1555…67', at];
  it.each<[AppEvent, object]>([
    [
      { type: 'sender limited', contact, limited: [{ contact, since }] },
      { level: 'warn', fields: { contact }, message: expect.stringContaining('are kept as limited') },
    ],
    [
      { type: 'sender within limits', contact, limited: [] },
      { level: 'info', fields: { contact }, message: expect.stringContaining('within access.limits again') },
    ],
  ])('is said in the log, and stands in the status while it lasts', (event, line) => {
    expect(logged(event)).toMatchObject(line);
    expect(statusChange(event, at, text => text)).toEqual({ limited: 'limited' in event && event.limited });
  });

  it('that only has to wait is said in the log', () => {
    const event: AppEvent = { type: 'sender slowed', contact, wait: 1500 };
    expect(logged(event)).toMatchObject({ level: 'info', fields: { contact, wait: '2 s' } });
    expect(statusChange(event, at, text => text)).toBeNull();
  });
});

it.each([
  [{ policy: 'open', warning: 'anybody can write' }, 'warn', 'anybody can write'],
  [{ policy: 'pairing', warning: null }, 'info', 'Who may write to the agent'],
] as const)(
  'who may write is said at the start, loudly where it is odd, and stands in the status',
  (access, level, message) => {
    const event: AppEvent = { type: 'access changed', access };
    expect(logged(event)).toEqual({ level, message, fields: { policy: access.policy } });
    expect(statusChange(event, at, text => text)).toEqual({ access });
  },
);

describe('an obstacle', () => {
  it('is a warning, and stands in the status since then until it is gone', () => {
    const obstacle = { reason: 'no agent', hint: 'make one' };
    expect(logged({ type: 'obstacle changed', obstacle })).toMatchObject({ level: 'warn', fields: obstacle });
    expect(statusChange({ type: 'obstacle changed', obstacle }, at, text => text)).toEqual({
      delivery: { ...obstacle, since: at },
    });
    const ofOne = { type: 'obstacle changed', obstacle: { ...obstacle, agent: 'sales' } } as const;
    expect(logged(ofOne)).toMatchObject({ level: 'warn', message: expect.stringContaining('for the agent sales') });
    expect(logged({ type: 'obstacle changed', obstacle: null })).toMatchObject({ level: 'info' });
    expect(statusChange({ type: 'obstacle changed', obstacle: null }, at, text => text)).toEqual({ delivery: null });
  });
});

it('a wrong clock is an error with both times, and stands in the status until it is right', () => {
  const ahead = -30 * 86_400_000;
  expect(logged({ type: 'own clock wrong', own: at + ahead, ahead })).toMatchObject({
    level: 'error',
    fields: { own: '2026-10-29T12:00:00.000Z', kapso: '2026-11-28T12:00:00.000Z' },
  });
  expect(statusChange({ type: 'own clock wrong', own: at + ahead, ahead }, at, text => text)).toEqual({
    clock: { ahead },
  });
  expect(statusChange({ type: 'own clock right', own: at }, at, text => text)).toEqual({ clock: null });
});

it.each([
  [true, 'error', 'Polling Kapso failed, and will until somebody puts it right'],
  [false, 'warn', 'Polling Kapso failed'],
] as const)('a failed poll says how long it waits (needs an operator: %s)', (needsOperator, level, message) => {
  const event = {
    type: 'poll failed',
    error: 'HTTP 503',
    asked: null,
    pause: 30_400,
    needsOperator,
    repeated: false,
  } as const;
  expect(logged(event)).toEqual({ level, message, fields: { error: 'HTTP 503', again: '30 s' } });
  expect(logged({ ...event, repeated: true })).toBeUndefined();
});

it.each<AppEvent>([
  { type: 'messages known', count: 3, by: 'poll' },
  { type: 'pass ended', found: 0, seen: 5, pages: 1, complete: true },
  { type: 'delivery stored', took: 2 },
  { type: 'run looked for', message: 'wamid.1', run: 'k1', found: 'absent' },
])('$type changes nothing that anybody has to read', event => {
  expect(logged(event)).toBeUndefined();
  expect(statusChange(event, at, text => text)).toBeNull();
});

it('what comes and goes all the time is a matter of the status alone', () => {
  const event = { type: 'messages accepted', count: 3, messages: ['a', 'b', 'c'], by: 'poll' } as const;
  expect(logged(event)).toBeUndefined();
  expect(statusChange(event, at, text => text)).toEqual({ lastMessageAt: at });
});

it.each<[AppEvent, string, string]>([
  [
    { type: 'live unavailable', error: new Error('no place') },
    'warn',
    'The poller cannot be looked at while it runs: the commands read its files instead; all else goes on',
  ],
  [{ type: 'poll works again' }, 'info', 'Polling Kapso works again'],
  [{ type: 'pass ended', found: 2, seen: 5, pages: 1, complete: true }, 'info', 'Messages received by polling'],
  [
    { type: 'pass not stored', error: new Error('full') },
    'error',
    'What was polled cannot be kept; the pass is repeated',
  ],
  [
    { type: 'alert raised', code: 'gateway-away', state: 'problem', says: 'it is away', todo: 'Start it', since: at },
    'warn',
    'Alert: it is away',
  ],
  [
    { type: 'alert raised', code: 'gateway-away', state: 'over', says: 'it is back', todo: null, since: at },
    'info',
    'Alert over: it is back',
  ],
  [{ type: 'alert given', code: 'gateway-away', way: 'command' }, 'info', 'The alert was given'],
  [{ type: 'alert given', code: 'gateway-away', way: 'whatsapp' }, 'info', 'The alert is to be sent'],
  [
    { type: 'alert not given', code: 'gateway-away', way: 'command', reason: 'it failed', again: 10_000 },
    'warn',
    'The alert could not be given',
  ],
  [
    { type: 'alert not given', code: 'gateway-away', way: 'command', reason: 'it failed', again: null },
    'error',
    'The alert could not be given',
  ],
  [
    { type: 'alerts not kept', file: '/x/alerts.json', error: new Error('full') },
    'warn',
    'Which alerts were given cannot be noted; after a restart some may be given again',
  ],
  [{ type: 'store back' }, 'info', 'The inbox is in its place again; everything goes on'],
  [{ type: 'clocks agree' }, 'info', "Kapso's clock and this machine's agree again"],
  [
    { type: 'message settled', message: 'wamid.1', outcome: 'answered', note: null },
    'info',
    'Message handled by the agent',
  ],
  [
    { type: 'message settled', message: 'wamid.1', outcome: 'silent', note: 'sent nothing' },
    'warn',
    'Message handled by the agent',
  ],
  [
    { type: 'reply sent', message: 'wamid.1', reply: 'r', sentId: 'wamid.2', part: 1, parts: 2, via: 'relay' },
    'info',
    'Reply sent',
  ],
  [
    { type: 'reply put off', message: 'wamid.1', reply: 'r', reason: 'busy', operator: false, pause: 900 },
    'warn',
    'Reply put off',
  ],
  [
    { type: 'reply put off', message: 'wamid.1', reply: 'r', reason: 'key', operator: true, pause: 900 },
    'error',
    'Kapso refuses every reply until somebody changes something; all wait, and none is lost',
  ],
  [
    { type: 'reply in doubt', message: 'wamid.1', reply: 'r', reason: 'cut' },
    'warn',
    'A reply may have been sent; it is looked for',
  ],
  [
    { type: 'reply sent again', message: 'wamid.1', reply: 'r', after: 900 },
    'warn',
    'A reply whose request had no answer is not among the sent messages; it is sent again',
  ],
  [
    { type: 'reply failed', message: 'wamid.1', reply: 'r', reason: 'refused', code: 131026 },
    'error',
    'Reply failed; "kapso-whatsapp-cli outbox retry r" tries it again',
  ],
  [{ type: 'message deferred', message: 'wamid.1', reason: 'no', attempts: 1, until: at }, 'warn', 'Attempt failed'],
])('$0.type is said as documented', (event, level, message) => {
  expect(logged(event)).toMatchObject({ level, message });
});

it('a secret with digits as of a telephone number is hidden whole, before those are masked', () => {
  const secret = 'k+15551234567-ab1234567890cd';
  const lastError = `The key ${secret} of +15559876543 is refused`;
  const status = { interval: 30, lastSuccessAt: null, lastError, errorCode: null };
  const event = { type: 'polling changed', polling: status } as unknown as AppEvent;
  const change = statusChange(event, at, createScrub([secret]));
  expect(change?.polling?.lastError).toBe('The key [secret] of +1555…43 is refused');
});
