import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError, type Recalled, type RunOutcome } from '../../src/agents/agent.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import { writeBody } from '../../src/domain/stored-body.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';
import { plainAnswers } from './plain-answers.ts';
import { scriptedGateway } from './scripted-gateway.ts';

const clock = manualClock(Date.UTC(2026, 10, 22));
let dir: string;
let store: Store;
let gateway: ReturnType<typeof scriptedGateway>;
let stopped: Set<string>;
let turn: () => Promise<unknown>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-stopped-'));
  store = await openStore({ dir, clock });
  gateway = scriptedGateway();
  stopped = new Set();
  const forward = createForwarder({
    ...plainAnswers,
    ...{
      store,
      gateway,
      clock,
      isStopped: (key: string) => stopped.has(key),
      log: silentLog,
      random: () => 0.5,
      emit: () => undefined,
    },
    ...{},
    giveUp: () => ({ attempts: 8, after: 1e9, beforeNext: 3 }),
    signal: new AbortController().signal,
  });
  turn = () => forward('lane');
  const sender = { phone: '15551234567', userId: null, name: 'Bob', username: null };
  const message = {
    id: 'a',
    account: '1',
    sender,
    conversationId: null,
    timestamp: 1,
    type: 'text',
    text: 'hi',
    media: null,
  };
  await store.accept([{ id: 'a', account: '1', lane: 'lane', occurredAt: 1, body: writeBody(message) }]);
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const isStopped = { state: 'settled', outcome: 'stopped', reason: 'Stopped by an operator (!stop)' };
const failed: RunOutcome = { kind: 'error', reason: 'stopped (rpc)', toolsRan: true };

describe('a message whose run an operator has stopped', () => {
  it('is settled as stopped when the run ends for that reason, and its sender is told nothing', async () => {
    gateway.script.wait.push(failed);
    stopped.add('a');
    await turn();
    expect(await store.get('a')).toMatchObject(isStopped);
    expect(await store.outbox.of('a')).toEqual([]);
    expect(await turn()).toBe('empty');
    expect(gateway.runs).toHaveLength(1);
  });

  it.each<Recalled>([
    { kind: 'absent' },
    { kind: 'interrupted' },
    { kind: 'unanswered' },
    { kind: 'unanswered', toolsRan: false },
  ])('is not run again after a restart, whatever the record shows: %j', async recalled => {
    await store.begin('a', { runKey: 'a', runNumber: 1 });
    gateway.script.recall.push(recalled);
    stopped.add('a');
    await turn();
    expect(await store.get('a')).toMatchObject(isStopped);
    expect(gateway.runs).toEqual([]);
  });

  it('is waited for as long as its run goes on, and when the gateway is away', async () => {
    await store.begin('a', { runKey: 'a', runNumber: 1 });
    gateway.script.recall.push({ kind: 'active' }, new GatewayError('away', 'gone'));
    stopped.add('a');
    for (let time = 0; time < 2; time += 1) await turn();
    expect(await store.get('a')).toMatchObject({ state: 'sending' });
  });

  it('has its answer when the run ended by itself before', async () => {
    await store.begin('a', { runKey: 'a', runNumber: 1 });
    gateway.script.recall.push({ kind: 'answered', reply: 'done', calls: null });
    stopped.add('a');
    await turn();
    expect(await store.get('a')).not.toMatchObject({ outcome: 'stopped' });
    expect(await store.get('a')).toMatchObject({ state: 'settled' });
  });

  it('is none whose earlier run was meant', async () => {
    stopped.add('a:1');
    gateway.script.wait.push({ kind: 'error', reason: 'overloaded', toolsRan: false });
    await turn();
    expect(await store.get('a')).toMatchObject({ state: 'pending', attempts: 1 });
  });
});
