import { expect, it } from 'vitest';
import { statusText } from '../../src/commands/status-text.ts';
import type { Status } from '../../src/observe/status.ts';
import { entryStates } from '../../src/store/new-entry.ts';
import type { Counts } from '../../src/store/store.ts';

const now = Date.UTC(2026, 10, 22, 12);
const minute = 60_000;
const gateway = {
  url: 'ws://127.0.0.1:1',
  phase: 'connected',
  since: now - minute,
  reason: null,
  hint: null,
  bootId: 'b',
} as const;
const status: Status = {
  ...{ version: '1.2.3', pid: 1, startedAt: now - 90 * minute, updatedAt: now, mode: 'polling', gateway },
  ...{ polling: null, webhook: null, tunnel: null, lastMessageAt: null, lastDeliveredAt: null, lastError: null },
};
const counts = (some: Partial<Counts['byState']>, oldestUndelivered: number | null = null): Counts => ({
  byState: { ...(Object.fromEntries(entryStates.map(state => [state, 0])) as Counts['byState']), ...some },
  oldestUndelivered,
});

it('the status says what waits, that the agent can be reached, and for whom no run begins', () => {
  const outbox = { waiting: 1, failed: 2, oldestWaiting: now };
  const mutes = [
    { account: '1', conversation: '1/+15551234567', since: now, until: null },
    { account: '1', conversation: '1/US.1349', since: now, until: now + minute },
  ];
  const queue = counts({ pending: 2, sending: 1, held: 1, failed: 3 }, now - 5 * minute);
  expect(statusText({ status: { ...status, outbox }, queue, mutes, now }).split('\n')).toEqual([
    'kapso-whatsapp 1.2.3, for 90 minutes',
    'Messages: 4 waiting, the oldest for 5 minutes; 3 failed',
    'Answers: 1 waiting; 2 failed',
    'Gateway: connected for 1 minute',
    'Muted: +1555…67 until !unmute',
    'Muted: US.1349 until 2026-11-22 12:01 UTC',
  ]);
});

it('the status names every problem, and no number whole', () => {
  const text = statusText({
    status: {
      ...status,
      gateway: {
        ...gateway,
        phase: 'waiting',
        reason: 'the device of +15551234567 is not approved.',
        hint: 'Approve it',
      },
      delivery: { since: now, reason: 'no agent main', hint: null },
      polling: { interval: 30, lastAttempt: now, lastSuccess: null, lastError: 'HTTP 401', nextAt: null },
    },
    queue: counts({}),
    mutes: [],
    now,
  });
  expect(text.split('\n').slice(1)).toEqual([
    'Messages: 0 waiting; 0 failed',
    'Gateway: waiting for 1 minute',
    'Problem: the gateway is waiting: the device of +1555…67 is not approved; Approve it',
    'Problem: the gateway takes no messages: no agent main',
    'Problem: polling fails: HTTP 401',
  ]);
});
