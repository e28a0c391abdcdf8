import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/agents/agent.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import type { Turn } from '../../src/delivery/lanes.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';
import { plainAnswers } from './plain-answers.ts';
import { scriptedGateway } from './scripted-gateway.ts';

const hour = 3_600_000;
const lane = 'agent:main:kapso:direct:+15551234567';

let dir: string;
let store: Store;
const clock = manualClock(Date.UTC(2026, 10, 22));
let gateway: ReturnType<typeof scriptedGateway>;
let stopping: AbortController;
let ended: (string | null)[];
let taken: string[];
let turnsOver: boolean[];
let obstacles: (string | null)[];
let told: AppEvent[];
let turn: () => Promise<Turn>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-forward-'));
  store = await openStore({ dir, clock });
  gateway = scriptedGateway();
  stopping = new AbortController();
  ended = [];
  taken = [];
  turnsOver = [];
  obstacles = [];
  told = [];
  const forward = forwarder(store);
  turn = () => forward(lane);
  await receive('wamid.A');
});

function forwarder(over: Store) {
  return createForwarder({
    ...plainAnswers,
    store: over,
    gateway,
    clock,
    random: () => 0.5,
    log: silentLog,
    onTaken: message => taken.push(message.id),
    onTurnEnd: (_, { over }) => turnsOver.push(over),
    kapsoNow: () => null,
    contextOnly: () => new Set(),
    emit: event => {
      told.push(event);
      if (event.type === 'message settled') ended.push(null);
      if (event.type === 'message failed') ended.push(event.reason);
      if (event.type === 'obstacle changed') obstacles.push(event.obstacle?.reason ?? null);
    },
    giveUp: () => ({ attempts: 8, after: 24 * hour, beforeNext: 3 }),
    scrub: text => text.replaceAll('s3cret', '[secret]'),
    signal: stopping.signal,
  });
}

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

async function receive(id: string, at = clock.now()): Promise<void> {
  const message: InboundMessage = {
    id,
    account: '106540352242922',
    sender: { phone: '15551234567', userId: null, name: 'Bob', username: null },
    conversationId: null,
    timestamp: at,
    type: 'text',
    text: 'hello',
    media: null,
  };
  await store.accept([{ id, account: '106540352242922', lane, occurredAt: at, body: JSON.stringify(message) }]);
}

const entry = async (id = 'wamid.A') => {
  const found = await store.get(id);
  if (!found) throw new Error(`${id} is not in the store`);
  return found;
};
const keys = () => gateway.runs.map(run => run.runKey);

describe('a message that an operator drops and queues again while its run goes on', () => {
  const again = async () => {
    await store.drop(['wamid.A']);
    await store.retry(['wamid.A']);
  };
  const scripted = [
    ['needs tools and fails', { kind: 'error', reason: 'broken', toolsRan: true }],
    ['fails', { kind: 'error', reason: 'broken', toolsRan: false }],
  ] as const;

  it.each(scripted)('is as the operator left it when the run %s', async (_, outcome) => {
    gateway.wait = async () => {
      await again();
      return outcome;
    };
    expect(await turn()).toBe('more');
    expect(await entry()).toMatchObject({ state: 'pending', attempts: 0, retryAt: null, reason: null, runKey: null });
    expect(ended).toEqual([]);
  });

  it.each(['away', 'key-spent', 'permanent', 'refused'] as const)('is so when the gateway says %s', async kind => {
    gateway.run = async () => {
      await again();
      throw new GatewayError(kind, 'no', kind === 'away' ? { retryAfter: 1000 } : {});
    };
    expect(await turn()).toBe('more');
    expect(await entry()).toMatchObject({ state: 'pending', attempts: 0, retryAt: null, reason: null, runKey: null });
    expect(ended).toEqual([]);
    if (kind === 'away') expect(told).toMatchObject([{ type: 'dropped run ended', message: 'wamid.A' }]);
  });

  it('is settled when the run is answered after all', async () => {
    gateway.wait = async () => {
      await again();
      return { kind: 'ended', reply: 'hello', calls: null };
    };
    await turn();
    expect(await entry()).toMatchObject({ state: 'settled', outcome: 'answered' });
  });
});

describe('a message whose run had no known end when an operator dropped it and queued it again', () => {
  beforeEach(async () => {
    gateway.wait = async () => {
      gateway.wait = async () => ({ kind: 'ended', reply: 'ok', calls: null });
      await store.drop(['wamid.A']);
      await store.retry(['wamid.A']);
      return { kind: 'unknown' };
    };
    await turn();
  });

  it('starts no second run while the first may be active, and settles when that one answers', async () => {
    gateway.script.recall.push(
      { kind: 'active' },
      { kind: 'active' },
      { kind: 'answered', reply: 'hello', calls: null },
    );
    expect(await turn()).toEqual({ until: expect.any(Number) });
    expect(await entry()).toMatchObject({ state: 'pending', unresolvedRun: 'wamid.A' });
    expect(await turn()).toEqual({ until: expect.any(Number) });
    expect(await turn()).toBe('more');
    expect(keys()).toEqual(['wamid.A']);
    // Taken once, and found to be under way twice. Only the answer is the end.
    expect(taken).toEqual(['wamid.A', 'wamid.A', 'wamid.A']);
    expect(turnsOver.slice(-3)).toEqual([false, false, true]);
    expect(await entry()).toMatchObject({ state: 'settled', outcome: 'answered' });
  });

  it.each([
    ['ended without an answer', { kind: 'unanswered', toolsRan: true }, 'wamid.A:2'],
    ['was given up by the gateway', { kind: 'interrupted' }, 'wamid.A:2'],
    ['has left no trace', { kind: 'absent' }, 'wamid.A'],
  ] as const)('is sent again when that run %s', async (_, recalled, key) => {
    gateway.script.recall.push(recalled);
    await turn();
    expect(keys()).toEqual(['wamid.A', key]);
    expect(await entry()).toMatchObject({ state: 'settled', unresolvedRun: null });
  });

  it('is not answered in the time in which the gateway cannot be asked', async () => {
    gateway.script.recall.push(new GatewayError('away', 'restarting', { retryAfter: 60_000 }));
    expect(await turn()).toEqual({ until: clock.now() + 60_000 });
    expect(keys()).toEqual(['wamid.A']);
    expect(await entry()).toMatchObject({ state: 'pending', unresolvedRun: 'wamid.A' });
  });

  it('is sent again at once where the operator insists', async () => {
    await store.drop(['wamid.A']);
    await store.retry(['wamid.A'], { force: true });
    gateway.recall = () => Promise.reject(new Error('not to be asked'));
    await turn();
    expect(keys()).toEqual(['wamid.A', 'wamid.A:2']);
  });
});

describe('a message that was dropped while its run went on', () => {
  beforeEach(async () => {
    gateway.wait = async () => {
      await store.drop(['wamid.A']);
      return { kind: 'ended', reply: 'hello', calls: null };
    };
    await turn();
  });

  it('is shown as answered when that run answers', async () => {
    expect(await entry()).toMatchObject({ state: 'settled', outcome: 'answered' });
  });

  it('is not answered a second time by a retry', async () => {
    expect(await store.retry(['wamid.A'])).toEqual([]);
    expect(await turn()).toBe('empty');
    expect(keys()).toEqual(['wamid.A']);
  });
});

it('is looked for before a retry where its run did not end in time, and may go on', async () => {
  gateway.script.wait.push({ kind: 'error', reason: 'no end after 600 s', toolsRan: true, mayStillRun: true });
  await turn();
  expect(await entry()).toMatchObject({ state: 'failed', reason: expect.stringContaining('did not end in time') });
  await store.retry(['wamid.A']);
  gateway.script.recall.push({ kind: 'active' });
  expect(await turn()).toEqual({ until: expect.any(Number) });
  expect(keys()).toEqual(['wamid.A']);
});

it('is looked for before a retry where it was given up without its end being known', async () => {
  await store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
  for (let round = 0; (await entry()).state !== 'failed'; round += 1) {
    expect(round).toBeLessThan(100);
    gateway.script.recall.push(new GatewayError('refused', 'cannot be read'));
    const next = await turn();
    if (typeof next !== 'string') clock.advance(next.until - clock.now());
  }
  await store.retry(['wamid.A']);
  gateway.script.recall.push({ kind: 'answered', reply: 'hello', calls: null });
  await turn();
  expect(keys()).toEqual([]);
  expect(await entry()).toMatchObject({ state: 'settled', outcome: 'answered' });
});

describe('forwarding a new message', () => {
  it("starts one run under the message id in the lane's session and settles when the run has ended", async () => {
    expect(await turn()).toBe('more');
    expect(gateway.runs).toMatchObject([{ runKey: 'wamid.A', sessionKey: lane }]);
    expect(await entry()).toMatchObject({ state: 'settled', outcome: 'answered' });
    expect(taken).toEqual(['wamid.A']);
    expect(turnsOver).toEqual([true]);
    expect(await turn()).toBe('empty');
  });

  it.each([
    ['fails', { kind: 'error', reason: 'broken', toolsRan: true }, true],
    ['is to be repeated', { kind: 'error', reason: 'broken', toolsRan: false }, true],
    ['has no known end', { kind: 'unknown' }, false],
    ['loses its connection', new GatewayError('away', 'gone'), false],
  ] as const)('says at the end of the turn whether the agent is done when the run %s', async (_, outcome, over) => {
    gateway.script.wait.push(outcome);
    await turn();
    expect(turnsOver).toEqual([over]);
  });

  it('says at the end of the turn that the run may go on when the program stops', async () => {
    gateway.wait = async () => {
      stopping.abort(new Error('the poller is stopping'));
      throw stopping.signal.reason;
    };
    expect(await turn()).toBe('empty');
    expect(turnsOver).toEqual([false]);
  });

  it("takes the agent's silence for an outcome", async () => {
    gateway.script.wait.push({ kind: 'ended', reply: null, calls: null });
    await turn();
    expect(await entry()).toMatchObject({ state: 'settled', outcome: 'silent' });
  });

  it('has the key on disk before the gateway sees the message', async () => {
    const run = gateway.run;
    let stateAtSend: unknown;
    gateway.run = async (request, signal) => {
      stateAtSend = await entry();
      return run(request, signal);
    };
    await turn();
    expect(stateAtSend).toMatchObject({ state: 'sending', runKey: 'wamid.A', runNumber: 1 });
  });

  it('does not begin with the second before the first has ended', async () => {
    await receive('wamid.B', clock.now() + 1);
    gateway.script.wait.push({ kind: 'error', reason: 'model away', toolsRan: false });
    const rest = await turn();
    expect(rest).toEqual({ until: expect.any(Number) });
    expect(await turn()).toEqual(rest);
    expect(keys()).toEqual(['wamid.A']);
  });
});

describe('a message that was sent before', () => {
  beforeEach(async () => {
    await store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
  });

  it('is settled without a second run when the record holds an answer', async () => {
    gateway.script.recall.push({ kind: 'answered', reply: 'hi', calls: null });
    await turn();
    expect(await entry()).toMatchObject({ state: 'settled' });
    expect(gateway.runs).toEqual([]);
  });

  it('is waited for, ever more patiently, while the gateway is busy with it', async () => {
    gateway.script.recall.push({ kind: 'active' }, { kind: 'active' }, { kind: 'answered', reply: 'hi', calls: null });
    expect(await turn()).toEqual({ until: clock.now() + 1000 });
    expect(await turn()).toEqual({ until: clock.now() + 2000 });
    expect(await turn()).toBe('more');
    expect(gateway.runs).toEqual([]);
  });

  it('fails, and is not sent again, when its run ended without an answer', async () => {
    gateway.script.recall.push({ kind: 'unanswered' });
    await turn();
    expect(await entry()).toMatchObject({ state: 'failed', reason: expect.stringContaining('without an answer') });
    expect(gateway.runs).toEqual([]);
    expect(ended).toEqual([expect.any(String)]);
  });

  it('is tried again under the next key when the record shows that its run failed before it used any tool', async () => {
    gateway.script.recall.push({ kind: 'unanswered', toolsRan: false });
    const rest = await turn();
    if (typeof rest === 'string') throw new Error(rest);
    clock.advance(rest.until - clock.now());
    await turn();
    expect(keys()).toEqual(['wamid.A:2']);
    expect(await entry()).toMatchObject({ state: 'settled' });
  });

  it('is sent under the next key when the gateway gave its input up', async () => {
    gateway.script.recall.push({ kind: 'interrupted' });
    await turn();
    expect(keys()).toEqual(['wamid.A:2']);
    expect(await entry()).toMatchObject({ state: 'settled', runKey: 'wamid.A:2' });
  });

  it('is sent again under the same key when there is no trace of it', async () => {
    gateway.script.recall.push({ kind: 'absent' });
    await turn();
    expect(keys()).toEqual(['wamid.A']);
    expect(await entry()).toMatchObject({ state: 'settled', runNumber: 1 });
  });
});

describe('a gateway that refuses', () => {
  it('because it is away costs no attempt, and the run is looked for afterwards', async () => {
    gateway.script.run.push(new GatewayError('away', 'restarting', { retryAfter: 1000 }));
    expect(await turn()).toEqual({ until: clock.now() + 1000 });
    expect(await entry()).toMatchObject({ state: 'sending', attempts: 0 });
    clock.advance(1000);
    gateway.script.recall.push({ kind: 'answered', reply: 'hi', calls: null });
    await turn();
    expect(keys()).toEqual(['wamid.A']);
    expect(await entry()).toMatchObject({ state: 'settled' });
  });

  it('at once, on a connection that is closing but not yet closed, is left time for that', async () => {
    gateway.script.run.push(new GatewayError('away', 'gateway not connected'));
    expect(gateway.state.phase).toBe('connected');
    expect(await turn()).toEqual({ until: clock.now() + 250 });
    expect(await entry()).toMatchObject({ state: 'sending', attempts: 0 });
  });

  it('because the key is spent gets the message under the next key', async () => {
    gateway.script.run.push(new GatewayError('key-spent', 'ownership ended'));
    await turn();
    await turn();
    expect(keys()).toEqual(['wamid.A', 'wamid.A:2']);
    expect(await entry()).toMatchObject({ state: 'settled' });
  });

  it('for good makes the message fail with the reason', async () => {
    gateway.script.run.push(new GatewayError('permanent', 'Agent "x" no longer exists in configuration'));
    await turn();
    expect(await entry()).toMatchObject({ state: 'failed', reason: 'Agent "x" no longer exists in configuration' });
  });
});

it('is looked for in the session that it was sent to, also when the rules have changed since', async () => {
  await store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
  const asked: string[] = [];
  gateway.recall = async sessionKey => {
    asked.push(sessionKey);
    return { kind: 'answered', reply: 'hi', calls: null };
  };
  await turn();
  expect(asked).toEqual([lane]);
});

it('is not sent for ever to a gateway that keeps no record of it', async () => {
  const begin = clock.now();
  for (let round = 0; (await entry()).state !== 'failed'; round += 1) {
    expect(round).toBeLessThan(100);
    gateway.script.wait.push({ kind: 'unknown' });
    const next = await turn();
    if (typeof next !== 'string') clock.advance(next.until - clock.now());
  }
  expect(clock.now() - begin).toBeGreaterThanOrEqual(24 * hour);
  expect(await entry()).toMatchObject({ reason: expect.stringContaining('no record') });
});

it('is neither given up nor held back because the clock of this machine is set', async () => {
  const refuse = () => gateway.script.recall.push(new GatewayError('refused', 'cannot be read'));
  await store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    refuse();
    const next = await turn();
    expect(await entry()).toMatchObject({ state: 'sending', attempts: attempt });
    if (typeof next !== 'string') clock.advance(next.until - clock.now());
    // A year ahead, and back again. Attempts failed for neither of these years.
    clock.set((attempt % 2 === 1 ? 1 : -1) * 365 * 24 * hour);
  }
});

it('rests as long as a gateway asks, within reason, and the reason can be seen', async () => {
  gateway.script.run.push(new GatewayError('away', 'the model is busy', { retryAfter: 1e11 }));
  expect(await turn()).toEqual({ until: clock.now() + 300_000 });
  expect(await entry()).toMatchObject({ state: 'sending', attempts: 0, reason: 'the model is busy' });
  const asked = expect.stringContaining('are kept to');
  expect(told).toEqual([{ type: 'message put off long', message: 'wamid.A', asked }]);
});

it('tells an operator once of a gateway that puts it off again and again', async () => {
  await store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
  for (let round = 0; round < 15; round += 1) {
    gateway.script.recall.push(new GatewayError('away', 'restarting', { retryAfter: 1000 }));
    const next = await turn();
    if (typeof next !== 'string') clock.advance(next.until - clock.now());
  }
  expect(told).toEqual([{ type: 'message put off often', message: 'wamid.A', reason: 'restarting', asked: null }]);
});

it('does not rest until a time that only a wrong clock can have set', async () => {
  await store.defer('wamid.A', { until: clock.now() + 365 * 24 * hour, reason: 'x', counted: true, resend: true });
  expect(await turn()).toBe('more');
  expect(await entry()).toMatchObject({ state: 'settled' });
});

it('gives something that is no message back as failed, when an operator tries it again', async () => {
  await turn();
  const body = JSON.stringify({ unreadable: 'no sender', raw: {} });
  await store.accept([
    { id: 'odd', account: '106540352242922', lane, occurredAt: clock.now(), body, failure: 'no sender' },
  ]);
  await store.retry(['odd']);
  expect(await turn()).toBe('more');
  expect(await entry('odd')).toMatchObject({ state: 'failed', reason: 'no sender' });
  expect(await turn()).toBe('empty');
  expect(keys()).toEqual(['wamid.A']);
});

it('keeps no secret that the gateway says, in no kind of reason', async () => {
  gateway.script.run.push(new GatewayError('key-spent', 'with s3cret'));
  await turn();
  expect((await entry()).reason).toBe('with [secret]');
  gateway.script.wait.push({ kind: 'error', reason: 'with s3cret', toolsRan: false });
  const rest = await turn();
  expect((await entry()).reason).toContain('with [secret]');
  if (typeof rest === 'string') throw new Error(rest);
  clock.advance(rest.until - clock.now());
  gateway.script.run.push(new GatewayError('permanent', 'with s3cret'));
  await turn();
  expect(await entry()).toMatchObject({ state: 'failed', reason: 'with [secret]' });
  expect(ended).toEqual(['with [secret]']);
});

describe('a run that ends with an error', () => {
  it('is tried again under a new key when it had used no tool', async () => {
    gateway.script.wait.push({ kind: 'error', reason: 'model away', toolsRan: false });
    const rest = await turn();
    if (typeof rest === 'string') throw new Error(rest);
    clock.advance(rest.until - clock.now());
    await turn();
    expect(keys()).toEqual(['wamid.A', 'wamid.A:2']);
    expect(await entry()).toMatchObject({ state: 'settled' });
  });

  it('fails at once when tools had run: the customer may have been answered', async () => {
    gateway.script.wait.push({ kind: 'error', reason: 'model away', toolsRan: true });
    await turn();
    expect(await entry()).toMatchObject({ state: 'failed', reason: expect.stringContaining('model away') });
  });

  it('fails for good only after at least 8 attempts and 24 hours', async () => {
    const begin = clock.now();
    let attempts = 0;
    for (;;) {
      gateway.script.wait.push({ kind: 'error', reason: 'model away', toolsRan: false });
      const next = await turn();
      attempts += 1;
      if (typeof next === 'string') break;
      expect((await entry()).state).toBe('pending');
      clock.advance(next.until - clock.now());
    }
    expect(attempts).toBeGreaterThanOrEqual(8);
    expect(clock.now() - begin).toBeGreaterThanOrEqual(24 * hour);
    expect(await entry()).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining(`after ${attempts} attempts`),
    });
    expect(new Set(keys()).size).toBe(attempts);
  });

  it('does not fail earlier because the clock is set after it stepped aside for others', async () => {
    await receive('wamid.B', clock.now() + 1000);
    const failTo = async (attempts: number) => {
      while ((await entry()).attempts < attempts && (await entry()).state !== 'failed') {
        gateway.script.wait.length = 0;
        gateway.script.wait.push({ kind: 'error', reason: 'broken', toolsRan: false });
        const next = await turn();
        if (typeof next !== 'string') clock.advance(next.until - clock.now());
      }
    };
    await failTo(7);
    clock.set(clock.now() + 365 * 24 * hour);
    await failTo(8);
    expect((await entry()).state).toBe('pending');
  });
});

it('changes no row that it has read', async () => {
  const frozen = { ...store, head: async (of: string) => Object.freeze(await store.head(of)) };
  gateway.script.run.push(new GatewayError('refused', 'no'));
  await forwarder(frozen)(lane);
  expect(await store.get('wamid.A')).toMatchObject({ state: 'sending', runKey: 'wamid.A', attempts: 1 });
});

it('leaves a message whose run is not known to the next start when the program is stopping', async () => {
  gateway.wait = async () => {
    stopping.abort(new Error('stopping'));
    throw stopping.signal.reason;
  };
  expect(await turn()).toBe('empty');
  expect(await entry()).toMatchObject({ state: 'sending', runKey: 'wamid.A' });
});
