import { beforeEach, describe, expect, it } from 'vitest';
import { GatewayError, type RunOutcome } from '../../src/agents/agent.ts';
import { forwardStage, hour, lane } from './forward-stage.ts';

const at = forwardStage();
const { clock, entry, forwarder, keys, receive } = at;

it.each<[string, string | null, () => Promise<RunOutcome>]>([
  ['ended', null, async () => ({ kind: 'ended', reply: 'hi', calls: [] })],
  ['error', 'broken', async () => ({ kind: 'error', reason: 'broken', toolsRan: true })],
  ['timed out', 'late', async () => ({ kind: 'error', reason: 'late', toolsRan: true, mayStillRun: true })],
  ['unknown', null, async () => ({ kind: 'unknown' })],
  ['lost', null, () => Promise.reject(new GatewayError('away', 'gone'))],
])('both ends of a run are told: %s', async (end, reason, wait) => {
  at.gateway.wait = () => {
    clock.advance(1234);
    return wait();
  };
  await at.turn();
  const [message, run] = ['wamid.A', keys()[0]];
  expect(at.told.filter(({ type }) => type.startsWith('run '))).toEqual([
    { type: 'run began', message, run },
    { type: 'run ended', message, run, end, took: 1234, reason },
  ]);
});

describe('forwarding a new message', () => {
  it("starts one run under the message id in the lane's session and settles when the run has ended", async () => {
    expect(await at.turn()).toBe('more');
    expect(at.gateway.runs).toMatchObject([{ runKey: 'wamid.A', sessionKey: lane }]);
    expect(await entry()).toMatchObject({ state: 'settled', outcome: 'answered' });
    expect(at.taken).toEqual(['wamid.A']);
    expect(at.turnsOver).toEqual([true]);
    expect(await at.turn()).toBe('empty');
  });

  it.each([
    ['fails', { kind: 'error', reason: 'broken', toolsRan: true }, true],
    ['is to be repeated', { kind: 'error', reason: 'broken', toolsRan: false }, true],
    ['has no known end', { kind: 'unknown' }, false],
    ['loses its connection', new GatewayError('away', 'gone'), false],
  ] as const)('says at the end of the turn whether the agent is done when the run %s', async (_, outcome, over) => {
    at.gateway.script.wait.push(outcome);
    await at.turn();
    expect(at.turnsOver).toEqual([over]);
  });

  it('says at the end of the turn that the run may go on when the program stops', async () => {
    at.gateway.wait = async () => {
      at.stopping.abort(new Error('the poller is stopping'));
      throw at.stopping.signal.reason;
    };
    expect(await at.turn()).toBe('empty');
    expect(at.turnsOver).toEqual([false]);
  });

  it("takes the agent's silence for an outcome", async () => {
    at.gateway.script.wait.push({ kind: 'ended', reply: null, calls: null });
    await at.turn();
    expect(await entry()).toMatchObject({ state: 'settled', outcome: 'silent' });
  });

  it('has the key on disk before the gateway sees the message', async () => {
    const run = at.gateway.run;
    let stateAtSend: unknown;
    at.gateway.run = async (request, signal) => {
      stateAtSend = await entry();
      return run(request, signal);
    };
    await at.turn();
    expect(stateAtSend).toMatchObject({ state: 'sending', runKey: 'wamid.A', runNumber: 1 });
  });

  it('does not begin with the second before the first has ended', async () => {
    await receive('wamid.B', clock.now() + 1);
    at.gateway.script.wait.push({ kind: 'error', reason: 'model away', toolsRan: false });
    const rest = await at.turn();
    expect(rest).toEqual({ until: expect.any(Number) });
    expect(await at.turn()).toEqual(rest);
    expect(keys()).toEqual(['wamid.A']);
  });
});

describe('a message that was sent before', () => {
  beforeEach(async () => {
    await at.store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
  });

  it('is settled without a second run when the record holds an answer', async () => {
    at.gateway.script.recall.push({ kind: 'answered', reply: 'hi', calls: null });
    await at.turn();
    expect(await entry()).toMatchObject({ state: 'settled' });
    expect(at.gateway.runs).toEqual([]);
  });

  it('is waited for, ever more patiently, while the gateway is busy with it', async () => {
    at.gateway.script.recall.push(
      { kind: 'active' },
      { kind: 'active' },
      { kind: 'answered', reply: 'hi', calls: null },
    );
    expect(await at.turn()).toEqual({ until: clock.now() + 1000 });
    expect(await at.turn()).toEqual({ until: clock.now() + 2000 });
    expect(await at.turn()).toBe('more');
    expect(at.gateway.runs).toEqual([]);
  });

  it('fails, and is not sent again, when its run ended without an answer', async () => {
    at.gateway.script.recall.push({ kind: 'unanswered' });
    await at.turn();
    expect(await entry()).toMatchObject({ state: 'failed', reason: expect.stringContaining('without an answer') });
    expect(at.gateway.runs).toEqual([]);
    expect(at.ended).toEqual([expect.any(String)]);
  });

  it('is tried again under the next key when the record shows that its run failed before it used any tool', async () => {
    at.gateway.script.recall.push({ kind: 'unanswered', toolsRan: false });
    const rest = await at.turn();
    if (typeof rest === 'string') throw new Error(rest);
    clock.advance(rest.until - clock.now());
    await at.turn();
    expect(keys()).toEqual(['wamid.A:2']);
    expect(await entry()).toMatchObject({ state: 'settled' });
  });

  it('is sent under the next key when the gateway gave its input up', async () => {
    at.gateway.script.recall.push({ kind: 'interrupted' });
    await at.turn();
    expect(keys()).toEqual(['wamid.A:2']);
    expect(await entry()).toMatchObject({ state: 'settled', runKey: 'wamid.A:2' });
  });

  it('is sent again under the same key when there is no trace of it', async () => {
    at.gateway.script.recall.push({ kind: 'absent' });
    await at.turn();
    expect(keys()).toEqual(['wamid.A']);
    expect(await entry()).toMatchObject({ state: 'settled', runNumber: 1 });
  });
});

it('is looked for in the session that it was sent to, also when the rules have changed since', async () => {
  await at.store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
  const asked: string[] = [];
  at.gateway.recall = async sessionKey => {
    asked.push(sessionKey);
    return { kind: 'answered', reply: 'hi', calls: null };
  };
  await at.turn();
  expect(asked).toEqual([lane]);
});

it('is not sent for ever to a gateway that keeps no record of it', async () => {
  const begin = clock.now();
  for (let round = 0; (await entry()).state !== 'failed'; round += 1) {
    expect(round).toBeLessThan(100);
    at.gateway.script.wait.push({ kind: 'unknown' });
    const next = await at.turn();
    if (typeof next !== 'string') clock.advance(next.until - clock.now());
  }
  expect(clock.now() - begin).toBeGreaterThanOrEqual(24 * hour);
  expect(await entry()).toMatchObject({ reason: expect.stringContaining('no record') });
});

it('gives something that is no message back as failed, when an operator tries it again', async () => {
  await at.turn();
  const body = JSON.stringify({ unreadable: 'no sender', raw: {} });
  await at.store.accept([
    { id: 'odd', account: '106540352242922', lane, occurredAt: clock.now(), body, failure: 'no sender' },
  ]);
  await at.store.retry(['odd']);
  expect(await at.turn()).toBe('more');
  expect(await entry('odd')).toMatchObject({ state: 'failed', reason: 'no sender' });
  expect(await at.turn()).toBe('empty');
  expect(keys()).toEqual(['wamid.A']);
});

describe('a run that ends with an error', () => {
  it('is tried again under a new key when it had used no tool', async () => {
    at.gateway.script.wait.push({ kind: 'error', reason: 'model away', toolsRan: false });
    const rest = await at.turn();
    if (typeof rest === 'string') throw new Error(rest);
    clock.advance(rest.until - clock.now());
    await at.turn();
    expect(keys()).toEqual(['wamid.A', 'wamid.A:2']);
    expect(await entry()).toMatchObject({ state: 'settled' });
  });

  it('fails at once when tools had run: the customer may have been answered', async () => {
    at.gateway.script.wait.push({ kind: 'error', reason: 'model away', toolsRan: true });
    await at.turn();
    expect(await entry()).toMatchObject({ state: 'failed', reason: expect.stringContaining('model away') });
  });

  it('fails for good only after at least 8 attempts and 24 hours', async () => {
    const begin = clock.now();
    let attempts = 0;
    for (;;) {
      at.gateway.script.wait.push({ kind: 'error', reason: 'model away', toolsRan: false });
      const next = await at.turn();
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
        at.gateway.script.wait.length = 0;
        at.gateway.script.wait.push({ kind: 'error', reason: 'broken', toolsRan: false });
        const next = await at.turn();
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
  const frozen = { ...at.store, head: async (of: string) => Object.freeze(await at.store.head(of)) };
  at.gateway.script.run.push(new GatewayError('refused', 'no'));
  await forwarder(frozen)(lane);
  expect(await at.store.get('wamid.A')).toMatchObject({ state: 'sending', runKey: 'wamid.A', attempts: 1 });
});

it('leaves a message whose run is not known to the next start when the program is stopping', async () => {
  at.gateway.wait = async () => {
    at.stopping.abort(new Error('stopping'));
    throw at.stopping.signal.reason;
  };
  expect(await at.turn()).toBe('empty');
  expect(await entry()).toMatchObject({ state: 'sending', runKey: 'wamid.A' });
});
