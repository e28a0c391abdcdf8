import { beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/agents/agent.ts';
import { forwardStage } from './forward-stage.ts';

const at = forwardStage();
const { clock, entry, keys } = at;

describe('a message that an operator drops and queues again while its run goes on', () => {
  const again = async () => {
    await at.store.drop(['wamid.A']);
    await at.store.retry(['wamid.A']);
  };
  const scripted = [
    ['needs tools and fails', { kind: 'error', reason: 'broken', toolsRan: true }],
    ['fails', { kind: 'error', reason: 'broken', toolsRan: false }],
  ] as const;

  it.each(scripted)('is as the operator left it when the run %s', async (_, outcome) => {
    at.gateway.wait = async () => {
      await again();
      return outcome;
    };
    expect(await at.turn()).toBe('more');
    expect(await entry()).toMatchObject({ state: 'pending', attempts: 0, retryAt: null, reason: null, runKey: null });
    expect(at.ended).toEqual([]);
  });

  it.each(['away', 'key-spent', 'permanent', 'refused'] as const)('is so when the gateway says %s', async kind => {
    at.gateway.run = async () => {
      await again();
      throw new GatewayError(kind, 'no', kind === 'away' ? { retryAfter: 1000 } : {});
    };
    expect(await at.turn()).toBe('more');
    expect(await entry()).toMatchObject({ state: 'pending', attempts: 0, retryAt: null, reason: null, runKey: null });
    expect(at.ended).toEqual([]);
    if (kind === 'away') expect(at.told).toMatchObject([{ type: 'dropped run ended', message: 'wamid.A' }]);
  });

  it('is settled when the run is answered after all', async () => {
    at.gateway.wait = async () => {
      await again();
      return { kind: 'ended', reply: 'hello', calls: null };
    };
    await at.turn();
    expect(await entry()).toMatchObject({ state: 'settled', outcome: 'answered' });
  });
});

describe('a message whose run had no known end when an operator dropped it and queued it again', () => {
  beforeEach(async () => {
    at.gateway.wait = async () => {
      at.gateway.wait = async () => ({ kind: 'ended', reply: 'ok', calls: null });
      await at.store.drop(['wamid.A']);
      await at.store.retry(['wamid.A']);
      return { kind: 'unknown' };
    };
    await at.turn();
  });

  it('starts no second run while the first may be active, and settles when that one answers', async () => {
    at.gateway.script.recall.push(
      { kind: 'active' },
      { kind: 'active' },
      { kind: 'answered', reply: 'hello', calls: null },
    );
    expect(await at.turn()).toEqual({ until: expect.any(Number) });
    expect(await entry()).toMatchObject({ state: 'pending', unresolvedRun: 'wamid.A' });
    expect(await at.turn()).toEqual({ until: expect.any(Number) });
    expect(await at.turn()).toBe('more');
    expect(keys()).toEqual(['wamid.A']);
    // Taken once, and found to be under way twice. Only the answer is the end.
    expect(at.taken).toEqual(['wamid.A', 'wamid.A', 'wamid.A']);
    expect(at.turnsOver.slice(-3)).toEqual([false, false, true]);
    expect(await entry()).toMatchObject({ state: 'settled', outcome: 'answered' });
  });

  it.each([
    ['ended without an answer', { kind: 'unanswered', toolsRan: true }, 'wamid.A:2'],
    ['was given up by the gateway', { kind: 'interrupted' }, 'wamid.A:2'],
    ['has left no trace', { kind: 'absent' }, 'wamid.A'],
  ] as const)('is sent again when that run %s', async (_, recalled, key) => {
    at.gateway.script.recall.push(recalled);
    await at.turn();
    expect(keys()).toEqual(['wamid.A', key]);
    expect(await entry()).toMatchObject({ state: 'settled', unresolvedRun: null });
  });

  it('is not answered in the time in which the gateway cannot be asked', async () => {
    at.gateway.script.recall.push(new GatewayError('away', 'restarting', { retryAfter: 60_000 }));
    expect(await at.turn()).toEqual({ until: clock.now() + 60_000 });
    expect(keys()).toEqual(['wamid.A']);
    expect(await entry()).toMatchObject({ state: 'pending', unresolvedRun: 'wamid.A' });
  });

  it('is sent again at once where the operator insists', async () => {
    await at.store.drop(['wamid.A']);
    await at.store.retry(['wamid.A'], { force: true });
    at.gateway.recall = () => Promise.reject(new Error('not to be asked'));
    await at.turn();
    expect(keys()).toEqual(['wamid.A', 'wamid.A:2']);
  });
});

describe('a message that was dropped while its run went on', () => {
  beforeEach(async () => {
    at.gateway.wait = async () => {
      await at.store.drop(['wamid.A']);
      return { kind: 'ended', reply: 'hello', calls: null };
    };
    await at.turn();
  });

  it('is shown as answered when that run answers', async () => {
    expect(await entry()).toMatchObject({ state: 'settled', outcome: 'answered' });
  });

  it('is not answered a second time by a retry', async () => {
    expect(await at.store.retry(['wamid.A'])).toEqual([]);
    expect(await at.turn()).toBe('empty');
    expect(keys()).toEqual(['wamid.A']);
  });
});

it('is looked for before a retry where its run did not end in time, and may go on', async () => {
  at.gateway.script.wait.push({ kind: 'error', reason: 'no end after 600 s', toolsRan: true, mayStillRun: true });
  await at.turn();
  expect(await entry()).toMatchObject({ state: 'failed', reason: expect.stringContaining('did not end in time') });
  await at.store.retry(['wamid.A']);
  at.gateway.script.recall.push({ kind: 'active' });
  expect(await at.turn()).toEqual({ until: expect.any(Number) });
  expect(keys()).toEqual(['wamid.A']);
});

it('is looked for before a retry where it was given up without its end being known', async () => {
  await at.store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
  for (let round = 0; (await entry()).state !== 'failed'; round += 1) {
    expect(round).toBeLessThan(100);
    at.gateway.script.recall.push(new GatewayError('refused', 'cannot be read'));
    const next = await at.turn();
    if (typeof next !== 'string') clock.advance(next.until - clock.now());
  }
  await at.store.retry(['wamid.A']);
  at.gateway.script.recall.push({ kind: 'answered', reply: 'hello', calls: null });
  await at.turn();
  expect(keys()).toEqual([]);
  expect(await entry()).toMatchObject({ state: 'settled', outcome: 'answered' });
});
