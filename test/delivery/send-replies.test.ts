import { describe, expect, it } from 'vitest';
import { KapsoWhatsappError } from '../../src/errors.ts';
import { type Hold, ownHold } from '../../src/instances/hold.ts';
import { nobody, received } from '../store/received.ts';
import { account, lane, reply, replyStage, start } from './reply-stage.ts';

const at = replyStage();
const { stateOf, texts } = at;

describe('a reply', () => {
  it('is sent once, in its order, each with a mark of its own', async () => {
    await at.store.outbox.add([reply('a'), reply('b')]);
    expect([await at.turn(lane), await at.turn(lane), await at.turn(lane)]).toEqual(['more', 'more', 'empty']);
    expect(texts()).toEqual(['text of a', 'text of b']);
    expect(new Set(at.sends.map(({ mark }) => mark)).size).toBe(2);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'sent', sentId: 'wamid.1' });
    expect(at.told[0]).toMatchObject({ type: 'reply sent', message: 'a', sentId: 'wamid.1', via: 'relay' });
  });

  it('waits as long as Kapso asks, and holds up the replies to others only where all are refused', async () => {
    const other = `${account}/+15559999999`;
    await at.store.outbox.add([reply('a'), reply('b', { lane: other })]);
    at.results = [{ kind: 'not now', all: false, operator: false, reason: 'pair SECRET', retryAfter: 6000 }];
    expect(await at.turn(lane)).toEqual({ until: start + 6000 });
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'pending', reason: 'pair …', attempts: 0 });
    expect(await at.turn(lane)).toEqual({ until: start + 6000 });
    expect(await at.turn(other)).toBe('more');
    at.clock.advance(6000);
    at.results = [{ kind: 'not now', all: true, operator: false, reason: '429', retryAfter: 60_000 }];
    expect(await at.turn(lane)).toEqual({ until: start + 66_000 });
    await at.store.outbox.add([reply('c', { lane: other })]);
    expect(await at.turn(other)).toEqual({ until: start + 66_000 });
    at.clock.advance(60_000);
    expect([await at.turn(other), await at.turn(lane)]).toEqual(['more', 'more']);
  });

  it('is not held up for decades by a Retry-After', async () => {
    await at.store.outbox.add([reply('a')]);
    at.results = [{ kind: 'not now', all: true, operator: false, reason: '429', retryAfter: 1e15 }];
    expect(await at.turn(lane)).toEqual({ until: start + 20 * 60_000 });
  });

  it('waits for the operator while the key is refused, and says so', async () => {
    await at.store.outbox.add([reply('a')]);
    at.results = [{ kind: 'not now', all: true, operator: true, reason: 'the key', retryAfter: null }];
    expect(await at.turn(lane)).toEqual({ until: start + 60_000 });
    expect(at.told).toMatchObject([{ type: 'reply put off', operator: true }]);
  });

  it.each([
    ['the key is refused', { operator: true, retryAfter: null }, 0],
    ['Kapso cannot be reached', { operator: false, retryAfter: null }, 0],
    ['a limit that all have is reached', { operator: false, retryAfter: 30_000 }, 30_000],
  ])('waits at this process alone, and not where others share the store, when %s', async (_, refusal, forAll) => {
    await at.store.outbox.add([reply('a')]);
    at.turn = at.sender({ othersMayTake: 40_000 });
    at.results = [{ kind: 'not now', all: true, reason: 'why', ...refusal }];
    const { until } = (await at.turn(lane)) as { until: number };
    expect(until).toBeGreaterThanOrEqual(start + 1000);
    expect((await at.store.outbox.get('a'))?.retryAt).toBe(start + forAll);
    expect(await at.turn(lane)).toEqual({ until });
    const elsewhere = at.sender({ othersMayTake: 40_000 });
    expect(await elsewhere(lane)).toEqual(forAll === 0 ? 'more' : { until: start + forAll });
  });

  it('fails with its code when it is refused for good, and its later parts with it', async () => {
    await at.store.outbox.add([
      reply('a', { parts: 2 }),
      reply('a2', { message: 'a', answer: 'a#1', part: 2, parts: 2 }),
    ]);
    at.results = [{ kind: 'refused', window: false, code: 131026, reason: 'not on WhatsApp', other: null }];
    expect([await at.turn(lane), await at.turn(lane)]).toEqual(['more', 'empty']);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131026, reason: 'not on WhatsApp' });
    expect(await stateOf('a2')).toBe('failed');
    expect(at.told).toMatchObject([{ type: 'reply failed', code: 131026 }]);
  });

  it('goes to the other spelling of the number once', async () => {
    await at.store.outbox.add([reply('a', { recipient: '+5491122334455' })]);
    const refused = {
      kind: 'refused',
      window: false,
      code: 131030,
      reason: 'unknown',
      other: '+541122334455',
    } as const;
    at.results = [refused, { ...refused, other: '+5491122334455' }];
    expect([await at.turn(lane), await at.turn(lane)]).toEqual(['more', 'more']);
    expect(at.sends.map(({ to }) => to)).toEqual(['+5491122334455', '+541122334455']);
    expect(await stateOf('a')).toBe('failed');
  });

  it('goes to the spelling that worked from then on', async () => {
    await at.store.accept([received('wamid.a', { phone: '5491122334455' }, { account, occurredAt: start })]);
    const ann = { lane: `${account}/+541122334455`, recipient: '+5491122334455' };
    await at.store.outbox.add([reply('a', ann), reply('b', ann)]);
    const other = '+541122334455';
    at.results = [{ kind: 'refused', window: false, code: 131030, reason: 'unknown', other }];
    for (let turns = 0; turns < 3; turns += 1) expect(await at.turn(ann.lane)).toBe('more');
    expect(at.sends.map(({ to }) => to)).toEqual(['+5491122334455', other, other]);
  });

  it('goes to where the contact is now, when the number has changed since', async () => {
    await at.store.accept([received('wamid.a', { phone: '15551234567' }, { account, occurredAt: start })]);
    await at.store.outbox.add([reply('a')]);
    const change = { before: { ...nobody, phone: '15551234567' }, after: { ...nobody, phone: '15557654321' } };
    await at.store.accept([received('wamid.b', { ...change.before, change }, { account, occurredAt: start + 1 })]);
    expect(await at.turn(lane)).toBe('more');
    expect(at.sends.map(({ to }) => to)).toEqual(['+15557654321']);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'sent', recipient: '+15557654321' });
  });

  it('goes to nobody when the number is another person’s by now', async () => {
    await at.store.accept([received('wamid.a', { phone: '15551234567' }, { account, occurredAt: start })]);
    await at.store.outbox.add([reply('a')]);
    const change = { before: { ...nobody, phone: '15557654321' }, after: { ...nobody, phone: '15551234567' } };
    await at.store.accept([received('wamid.b', { ...change.before, change }, { account, occurredAt: start + 1 })]);
    expect(await at.turn(lane)).toBe('more');
    expect(at.sends).toEqual([]);
    expect(await at.store.outbox.get('a')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('another person'),
    });
  });

  it('that an operator drops is not sent', async () => {
    await at.store.outbox.add([reply('a')]);
    await at.store.outbox.drop(['a']);
    expect(await at.turn(lane)).toBe('empty');
    expect(at.sends).toEqual([]);
  });

  it('of another number is left to that number', async () => {
    const elsewhere = '647000000000009/+15551234567';
    await at.store.outbox.add([reply('a', { account: '647000000000009', lane: elsewhere })]);
    expect(await at.turn(elsewhere)).toBe('empty');
    expect([at.sends, await stateOf('a')]).toEqual([[], 'pending']);
  });

  it('that an operator drops while Kapso refuses it is not reported as failed', async () => {
    await at.store.outbox.add([reply('a')]);
    at.beforeResult = () => at.store.outbox.drop(['a']);
    at.results = [{ kind: 'refused', window: false, code: 131026, reason: 'not on WhatsApp', other: null }];
    await at.turn(lane);
    expect([at.told, await stateOf('a')]).toEqual([[], 'dropped']);
  });

  it('that is damaged fails, and holds up nothing', async () => {
    await at.store.outbox.add([reply('a', { body: '{"v":9}' }), reply('b')]);
    expect([await at.turn(lane), await at.turn(lane)]).toEqual(['more', 'more']);
    expect([await stateOf('a'), texts()]).toEqual(['failed', ['text of b']]);
  });
});

describe('a reply whose lane is lost right before it leaves', () => {
  const loss = new KapsoWhatsappError('STORE_CLAIMED', 'another process has it');
  const lost = (): Hold => ({
    ...ownHold(at.stop.signal),
    departure: () => () => {
      throw loss;
    },
  });

  it('waits, and need not be looked for', async () => {
    await at.store.outbox.add([reply('a')]);
    expect(await at.turn(lane, lost())).toEqual({ until: start + 1000, wakes: true });
    expect(at.sends).toEqual([]);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'pending', attempts: 0 });
    expect(await at.turn(lane)).toBe('more');
    expect([texts(), at.looks]).toEqual([['text of a'], []]);
  });

  it('is left to who has the lane by now, in whatever state', async () => {
    await at.store.outbox.add([reply('a')]);
    const { defer } = at.store.outbox;
    Object.assign(at.store.outbox, { defer: () => Promise.reject(loss) });
    expect(await at.turn(lane, lost())).toEqual({ until: start + 1000, wakes: true });
    Object.assign(at.store.outbox, { defer });
    expect([at.sends, await stateOf('a')]).toEqual([[], 'sending']);
  });
});

it('a reply whose lane is lost while Kapso has it is looked for, also by the process that gets the lane again', async () => {
  const loss = new KapsoWhatsappError('STORE_CLAIMED', 'it could not be renewed in time');
  const claim = new AbortController();
  await at.store.outbox.add([reply('a')]);
  at.beforeResult = async () => claim.abort(loss);
  at.results = [loss];
  await at.turn(lane, { ...ownHold(claim.signal), departure: () => () => undefined });
  expect([texts(), await stateOf('a')]).toEqual([['text of a'], 'sending']);
  at.lookUps = [{ kind: 'found', id: 'wamid.1' }];
  await at.turn(lane);
  expect([texts(), at.looks.length, await stateOf('a')]).toEqual([['text of a'], 1, 'sent']);
});

it('a program that stops leaves what has left as it is', async () => {
  await at.store.outbox.add([reply('a')]);
  at.results = [new Error('aborted')];
  at.stop.abort(new Error('stopping'));
  expect(await at.turn(lane)).toBe('empty');
  expect(await stateOf('a')).toBe('sending');
});
