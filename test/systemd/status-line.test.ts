import { expect, it } from 'vitest';
import type { Status } from '../../src/observe/status.ts';
import { firstStatus } from '../../src/state/status-file.ts';
import { describeStatus } from '../../src/systemd/status-line.ts';
import { manualClock } from '../manual-clock.ts';

const gateway = {
  phase: 'connected',
  since: 0,
  reason: null,
  hint: null,
  bootId: 'b',
  url: 'ws://127.0.0.1:1',
} as const;
const polling = { interval: 30, lastAttempt: 0, lastSuccess: 0, lastError: null, nextAt: null };
const at = Date.UTC(2026, 10, 22, 19, 40, 5, 400);

const line = (change: Partial<Status>, queued = 0) =>
  describeStatus(
    {
      ...firstStatus({ dir: '/nonexistent', version: '1', mode: 'polling', gateway, clock: manualClock(0) }),
      ...change,
    },
    queued,
  );

it('says how messages come in, how the gateway is, how many wait, and when the last one came', () => {
  expect(line({ polling, lastMessageAt: at })).toBe(
    'polling every 30 s, gateway connected, 0 queued, last message at 2026-11-22 19:40:05 UTC',
  );
  const webhook = { address: ':18790', signature: true, publicUrl: null, accepted: 1, rejected: 0, lastError: null };
  expect(line({ webhook }, 3)).toBe('webhook on :18790, gateway connected, 3 queued, no message since the start');
});

it('says what does not work, in one line, without a number that could be called', () => {
  const failing = { ...polling, lastError: `Kapso refused +15551234567 ${'x'.repeat(200)}` };
  const away = { ...gateway, phase: 'connecting', reason: 'nobody answers' } as const;
  const said = line({ polling: failing, gateway: away }, 12);
  expect(said).toContain('polling fails: Kapso refused +1555…67 x');
  expect(said).toContain('…, gateway connecting: nobody answers, 12 queued');
  expect(said.length).toBeLessThan(260);
});

it('names of several numbers those that are polled, and why another one is not', () => {
  const last = { lastMessageAt: null, lastDeliveredAt: null, lastError: null };
  const account = (label: string, lastError: string | null) => ({
    ...{ id: label, label, ...last, polling: { ...polling, lastError } },
  });
  const accounts = [account('sales', null), account('support', 'Kapso refused the key'), account('events', null)];
  expect(line({ accounts })).toBe(
    'polling sales and events, polling of support fails: Kapso refused the key, gateway connected, 0 queued, ' +
      'no message since the start',
  );
});
