import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createCounting } from '../../src/metrics/counting.ts';
import { statusProblems } from '../../src/metrics/instruments.ts';
import { createRegistry } from '../../src/metrics/metrics.ts';
import type { Health } from '../../src/metrics/readiness.ts';
import { createSnapshot } from '../../src/metrics/snapshot.ts';
import type { Status } from '../../src/observe/status.ts';
import { problemKinds } from '../../src/problems/table.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { manualClock } from '../manual-clock.ts';

let dir: string;
let store: Store;
let health: Health;
const clock = manualClock(1_000_000);
const status = {
  ...{ mode: 'polling', polling: null, webhook: null, tunnel: null },
  gateway: { url: 'ws://a', phase: 'waiting', since: 0, reason: 'secret-reason', hint: null, bootId: null },
} as unknown as Status;
const { registry, instruments } = createRegistry({ version: '1', node: '2', mode: 'polling' });
let look: () => Promise<void>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'metrics-'));
  store = await openStore({ dir, clock });
  health = 'ok';
  look = createSnapshot(instruments, { store, status: () => status, health: async () => health, stateDir: dir, clock });
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const shown = async (name: string) => {
  await look();
  const text = await registry.getSingleMetricAsString(`kapso_whatsapp_${name}`);
  return text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
};

it('shows how many wait in each state, and for how long', async () => {
  await store.accept([
    { id: 'a', account: '1', lane: 'l', occurredAt: 940_000, body: '{}' },
    { id: 'b', account: '1', lane: 'm', occurredAt: 970_500, body: '{}' },
  ]);
  await store.fail('b', 'no');
  expect(await shown('inbox_oldest_age_seconds')).toEqual([
    'kapso_whatsapp_inbox_oldest_age_seconds{state="held"} 0',
    'kapso_whatsapp_inbox_oldest_age_seconds{state="pending"} 60',
    'kapso_whatsapp_inbox_oldest_age_seconds{state="sending"} 0',
    'kapso_whatsapp_inbox_oldest_age_seconds{state="unpaired"} 0',
    'kapso_whatsapp_inbox_oldest_age_seconds{state="failed"} 29.5',
  ]);
  expect(await shown('inbox_messages')).toContain('kapso_whatsapp_inbox_messages{state="failed"} 1');
});

it('shows no old number of what cannot be read', async () => {
  expect(await shown('inbox_messages')).toHaveLength(9);
  await store.close();
  rmSync(dir, { recursive: true });
  health = 'store';
  expect(await shown('inbox_messages')).toEqual([]);
  expect(await shown('outbox_oldest_age_seconds')).toEqual([]);
  expect(await shown('state_free_bytes')).toEqual([]);
  expect(await shown('healthy')).toEqual(['kapso_whatsapp_healthy 0']);
  expect(await shown('ready')).toEqual(['kapso_whatsapp_ready 0']);
});

it('shows a problem of the status by its code, and not the words of others', async () => {
  expect(await shown('problem')).toContain('kapso_whatsapp_problem{code="gateway-away"} 1');
  expect(await registry.metrics()).not.toContain('secret-reason');
});

it('knows each kind of problem, or has a metric of its own for it', () => {
  const apart = {
    ...{ 'poller-silent': 'up', 'messages-failed': 'inbox_messages', 'replies-failed': 'outbox_messages' },
    ...{ 'message-failing': 'inbox_oldest_age_seconds', 'reply-late': 'outbox_oldest_age_seconds' },
    ...{ 'replies-in-doubt': 'outbox_messages', 'disk-low': 'state_free_bytes' },
    ...{ 'webhook-silent': 'messages_received_total', 'alert-not-given': 'nothing: Prometheus gives its own alerts' },
  };
  expect([...statusProblems, ...Object.keys(apart)].sort()).toEqual(Object.keys(problemKinds).sort());
});

it('tells several numbers apart by what people call them, and what concerns all without one', async () => {
  const several = createRegistry({ version: '1', node: '2', mode: 'polling' }, ['sales', 'support']);
  const refused = { lastError: 'refused', errorCode: 'KAPSO_UNAUTHORIZED' };
  const polling = { interval: 30, lastAttempt: 1, lastSuccess: 5_000, lastError: null, nextAt: null };
  const accounts = [
    { id: '1', label: 'sales', polling },
    { id: '2', label: 'support', polling: { ...polling, ...refused } },
  ];
  const present = { ...status, accounts } as unknown as Status;
  const deps = { store, status: () => present, health: async () => health, stateDir: dir, clock };
  await createSnapshot(several.instruments, deps)();
  const count = createCounting(several.instruments);
  count({ type: 'messages accepted', count: 2, messages: [], by: 'poll', of: { id: '2', label: 'support' } });
  count({
    type: 'run ended',
    message: 'm',
    run: 'r',
    end: 'ended',
    took: 1500,
    reason: null,
    of: { id: '1', label: 'sales' },
  });
  count({ type: 'path refused', method: 'GET', path: '/x', served: '/webhook' });
  const lines = async (name: string) =>
    (await several.registry.getSingleMetricAsString(`kapso_whatsapp_${name}`))
      .split('\n')
      .filter(line => !line.startsWith('#') && !line.endsWith(' 0'))
      .map(line => line.slice('kapso_whatsapp_'.length));
  expect((await lines('problem')).sort()).toEqual([
    'problem{code="gateway-away"} 1',
    'problem{code="key-refused",account="support"} 1',
  ]);
  expect(await lines('poll_last_success_timestamp_seconds')).toEqual([
    'poll_last_success_timestamp_seconds{account="sales"} 5',
    'poll_last_success_timestamp_seconds{account="support"} 5',
  ]);
  expect(await lines('messages_received_total')).toEqual(['messages_received_total{by="poll",account="support"} 2']);
  expect(await lines('run_duration_seconds')).toContain(
    'run_duration_seconds_sum{outcome="ended",account="sales"} 1.5',
  );
  expect(await lines('webhook_refused_total')).toEqual(['webhook_refused_total{status="404"} 1']);
});

it('has no label for the number where there is only one', async () => {
  expect(await shown('poll_interval_seconds')).toEqual(['kapso_whatsapp_poll_interval_seconds 0']);
  expect((await shown('messages_received_total'))[0]).toBe('kapso_whatsapp_messages_received_total{by="poll"} 0');
});
