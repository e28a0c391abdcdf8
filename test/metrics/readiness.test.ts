import { expect, it } from 'vitest';
import { readinessOf } from '../../src/metrics/readiness.ts';
import { shareAnswer } from '../../src/metrics/shared-answer.ts';
import type { Status } from '../../src/observe/status.ts';
import { manualClock } from '../manual-clock.ts';

type Known = Parameters<typeof readinessOf>[0];
const polled = { interval: 30, lastAttempt: 1, lastSuccess: 1, lastError: null, nextAt: 2 };
const hooked = { address: ':1', signature: true, publicUrl: null, accepted: 0, rejected: 0, lastError: null };
const gateway = { url: 'ws://a', phase: 'connected', since: 0, reason: null, hint: null, bootId: null } as const;
const tunnel = (phase: string): Status['tunnel'] => ({ phase, url: null, reason: null, hint: null });
const polling: Known = { mode: 'polling', polling: polled, webhook: null, tunnel: null, gateway };
const domain: Known = { ...polling, mode: 'domain', polling: null, webhook: hooked };
const both: Known = { ...domain, polling: polled };

it.each<[string, Known, object]>([
  ['polling works', polling, { ready: true, polling: 'ok', webhook: 'off' }],
  [
    'the first poll is under way',
    { ...polling, polling: { ...polled, lastSuccess: null } },
    { ready: false, polling: 'starting' },
  ],
  ['nothing was polled yet', { ...polling, polling: null }, { ready: false, polling: 'starting' }],
  ['Kapso is away', { ...polling, polling: { ...polled, lastError: 'x' } }, { ready: false, polling: 'failing' }],
  [
    'the gateway is away',
    { ...polling, gateway: { ...gateway, phase: 'waiting' } },
    { ready: true, gateway: 'waiting' },
  ],
  ['deliveries are taken', domain, { ready: true, polling: 'off', webhook: 'ok' }],
  ['the server does not listen yet', { ...domain, webhook: null }, { ready: false, webhook: 'starting' }],
  [
    'nothing can be stored',
    { ...domain, webhook: { ...hooked, lastError: 'x' } },
    { ready: false, webhook: 'failing' },
  ],
  ['one of two ways works', { ...both, polling: { ...polled, lastError: 'x' } }, { ready: true, polling: 'failing' }],
  ['the other one works', { ...both, webhook: { ...hooked, lastError: 'x' } }, { ready: true, webhook: 'failing' }],
  ['the tunnel is open', { ...domain, mode: 'tailscale', tunnel: tunnel('open') }, { ready: true, webhook: 'ok' }],
  [
    'the tunnel is not open',
    { ...domain, mode: 'tailscale', tunnel: tunnel('failed') },
    { ready: false, webhook: 'failing' },
  ],
])('%s', (_, status, readiness) => {
  expect(readinessOf(status, 'ok')).toMatchObject({ store: 'ok', ...readiness });
  expect(readinessOf(status, 'polling').ready).toBe(readinessOf(status, 'ok').ready);
  expect(readinessOf(status, 'store')).toMatchObject({ ready: false, store: 'failing' });
});

it('many who ask share an answer, and a failure, for a while', async () => {
  const clock = manualClock(0);
  let asked = 0;
  const ask = shareAnswer(() => Promise.reject(new Error(String(++asked))), 1000, clock);
  const errors = await Promise.allSettled([ask(), ask(), ask()]);
  expect([asked, errors.map(({ status }) => status)]).toEqual([1, ['rejected', 'rejected', 'rejected']]);
  clock.advance(999);
  await expect(ask()).rejects.toThrow('1');
  clock.advance(1);
  await expect(ask()).rejects.toThrow('2');
});
