import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/agents/agent.ts';
import { forwardStage, hour } from './forward-stage.ts';

const at = forwardStage();
const { clock, entry, keys } = at;

describe('a gateway that refuses', () => {
  it('because it is away costs no attempt, and the run is looked for afterwards', async () => {
    at.gateway.script.run.push(new GatewayError('away', 'restarting', { retryAfter: 1000 }));
    expect(await at.turn()).toEqual({ until: clock.now() + 1000 });
    expect(await entry()).toMatchObject({ state: 'sending', attempts: 0 });
    clock.advance(1000);
    at.gateway.script.recall.push({ kind: 'answered', reply: 'hi', calls: null });
    await at.turn();
    expect(keys()).toEqual(['wamid.A']);
    expect(await entry()).toMatchObject({ state: 'settled' });
  });

  it('at once, on a connection that is closing but not yet closed, is left time for that', async () => {
    at.gateway.script.run.push(new GatewayError('away', 'gateway not connected'));
    expect(at.gateway.state.phase).toBe('connected');
    expect(await at.turn()).toEqual({ until: clock.now() + 250 });
    expect(await entry()).toMatchObject({ state: 'sending', attempts: 0 });
  });

  it('because the key is spent gets the message under the next key', async () => {
    at.gateway.script.run.push(new GatewayError('key-spent', 'ownership ended'));
    await at.turn();
    await at.turn();
    expect(keys()).toEqual(['wamid.A', 'wamid.A:2']);
    expect(await entry()).toMatchObject({ state: 'settled' });
  });

  it('for good makes the message fail with the reason', async () => {
    at.gateway.script.run.push(new GatewayError('permanent', 'Agent "x" no longer exists in configuration'));
    await at.turn();
    expect(await entry()).toMatchObject({ state: 'failed', reason: 'Agent "x" no longer exists in configuration' });
  });
});

it('is neither given up nor held back because the clock of this machine is set', async () => {
  const refuse = () => at.gateway.script.recall.push(new GatewayError('refused', 'cannot be read'));
  await at.store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    refuse();
    const next = await at.turn();
    expect(await entry()).toMatchObject({ state: 'sending', attempts: attempt });
    if (typeof next !== 'string') clock.advance(next.until - clock.now());
    // A year ahead, and back again. Attempts failed for neither of these years.
    clock.set((attempt % 2 === 1 ? 1 : -1) * 365 * 24 * hour);
  }
});

it('rests as long as a gateway asks, within reason, and the reason can be seen', async () => {
  at.gateway.script.run.push(new GatewayError('away', 'the model is busy', { retryAfter: 1e11 }));
  expect(await at.turn()).toEqual({ until: clock.now() + 300_000 });
  expect(await entry()).toMatchObject({ state: 'sending', attempts: 0, reason: 'the model is busy' });
  const asked = expect.stringContaining('are kept to');
  expect(at.told).toEqual([{ type: 'message put off long', message: 'wamid.A', asked }]);
});

it('tells an operator once of a gateway that puts it off again and again', async () => {
  await at.store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
  for (let round = 0; round < 15; round += 1) {
    at.gateway.script.recall.push(new GatewayError('away', 'restarting', { retryAfter: 1000 }));
    const next = await at.turn();
    if (typeof next !== 'string') clock.advance(next.until - clock.now());
  }
  expect(at.told).toEqual([{ type: 'message put off often', message: 'wamid.A', reason: 'restarting', asked: null }]);
});

it('does not rest until a time that only a wrong clock can have set', async () => {
  await at.store.defer('wamid.A', { until: clock.now() + 365 * 24 * hour, reason: 'x', counted: true, resend: true });
  expect(await at.turn()).toBe('more');
  expect(await entry()).toMatchObject({ state: 'settled' });
});

it('keeps no secret that the gateway says, in no kind of reason', async () => {
  at.gateway.script.run.push(new GatewayError('key-spent', 'with s3cret'));
  await at.turn();
  expect((await entry()).reason).toBe('with [secret]');
  at.gateway.script.wait.push({ kind: 'error', reason: 'with s3cret', toolsRan: false });
  const rest = await at.turn();
  expect((await entry()).reason).toContain('with [secret]');
  if (typeof rest === 'string') throw new Error(rest);
  clock.advance(rest.until - clock.now());
  at.gateway.script.run.push(new GatewayError('permanent', 'with s3cret'));
  await at.turn();
  expect(await entry()).toMatchObject({ state: 'failed', reason: 'with [secret]' });
  expect(at.ended).toEqual(['with [secret]']);
});
