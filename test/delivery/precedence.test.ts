/**
 * Whose turn it is in a conversation whose oldest message keeps failing: the rule as a table, and whole conversations
 * over time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunOutcome } from '../../src/agents/agent.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import { createLanes, type Lanes } from '../../src/delivery/lanes.ts';
import { chooseNext, type Failure, type Queued } from '../../src/delivery/precedence.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { plainAnswers } from './plain-answers.ts';
import { scriptedGateway } from './scripted-gateway.ts';

const minute = 60_000;
const hour = 3_600_000;

describe('the rule', () => {
  const due = (id: string, attempts = 0): Queued => ({ id, state: 'pending', attempts, until: null });
  const rests = (id: string, attempts: number, until = 100): Queued => ({ id, state: 'pending', attempts, until });
  const failed = (of: Record<string, Partial<Failure>>) =>
    new Map(Object.entries(of).map(([id, failure]) => [id, { own: false, again: false, ...failure }]));
  const table: [says: string, Queued[], ReadonlyMap<string, Failure>, probe: string | null, expected: object][] = [
    ['the oldest, when it is due', [due('a', 9), due('b')], failed({}), null, { take: 'a', passing: [] }],
    ['nobody before it has failed often', [rests('a', 2), due('b')], failed({ a: {} }), 'a', { until: 100 }],
    ['nobody, while nothing is known', [rests('a', 3), due('b')], failed({ a: {} }), null, { until: 100 }],
    [
      'the next, where it is at fault by itself',
      [rests('a', 3), due('b')],
      failed({ a: { own: true } }),
      null,
      { take: 'b', passing: ['a'] },
    ],
    ['the next, to find out', [rests('a', 3), due('b')], failed({ a: {} }), 'a', { take: 'b', passing: ['a'] }],
    [
      'the next, to find out, also when it rests',
      [rests('a', 3), rests('b', 1)],
      failed({ a: {}, b: {} }),
      'a',
      { take: 'b', passing: ['a'] },
    ],
    [
      'the third, when two have failed in one round',
      [rests('a', 4), rests('b', 3, 50), due('c')],
      failed({ a: {}, b: {} }),
      'b',
      { take: 'c', passing: ['a', 'b'] },
    ],
    [
      'the oldest once more, when the agent answers again',
      [rests('a', 3), due('b')],
      failed({ a: { again: true } }),
      null,
      { take: 'a', passing: [] },
    ],
    ['the oldest once more, after a restart', [rests('a', 3), due('b')], failed({}), null, { take: 'a', passing: [] }],
    ['nobody after a restart, where nobody waits', [rests('a', 3)], failed({}), null, { until: 100 }],
    ['nobody, alone, whatever is known', [rests('a', 3)], failed({ a: { own: true } }), 'a', { until: 100 }],
    [
      'nobody, until the second may be tried again',
      [rests('a', 3), rests('b', 1, 40), due('c')],
      failed({ a: { own: true }, b: {} }),
      null,
      { until: 40 },
    ],
    [
      'the third, where two are at fault',
      [rests('a', 3), rests('b', 3, 40), due('c')],
      failed({ a: { own: true }, b: { own: true } }),
      null,
      { take: 'c', passing: ['a', 'b'] },
    ],
    [
      'nobody, until it may be asked once more',
      [rests('a', 3), due('b')],
      failed({ a: { again: 70 } }),
      null,
      { until: 70 },
    ],
    [
      'what is on its way, before all others',
      [due('a', 3), { ...due('b'), state: 'sending' }],
      failed({}),
      null,
      { take: 'b', passing: ['a'] },
    ],
    [
      'nobody, while that rests',
      [due('a', 3), { ...rests('b', 0, 60), state: 'sending' }],
      failed({}),
      null,
      { until: 60 },
    ],
    [
      'what is on its way, without overtaking one that came late',
      [due('a', 1), { ...due('b'), state: 'sending' }],
      failed({}),
      null,
      { take: 'b', passing: [] },
    ],
  ];
  it.each(table)('takes %s', (_, queue, failures, probe, expected) => {
    expect(chooseNext(queue, 3, failures, probe)).toEqual(expected);
  });
});

describe('conversations', () => {
  let dir: string;
  let store: Store;
  let clock: ManualClock;
  let lanes: Lanes;
  let begun: string[];
  let underWay: Set<string>;
  /** What the agent does with a run. */
  let agent: (id: string) => 'answers' | 'fails';
  let takenFirst: string[];

  const start = (): Lanes => {
    const gateway = scriptedGateway();
    gateway.run = async ({ runKey, sessionKey }) => {
      expect(underWay.has(sessionKey), `two runs at once in ${sessionKey}`).toBe(false);
      underWay.add(sessionKey);
      begun.push(runKey);
    };
    gateway.wait = async runKey => {
      const id = runKey.replace(/:\d+$/, '');
      underWay.delete((await store.get(id))?.lane ?? '');
      return agent(id) === 'answers'
        ? { kind: 'ended', reply: 'ok', calls: null }
        : ({ kind: 'error', reason: 'HTTP 500', toolsRan: false } satisfies RunOutcome);
    };
    gateway.recall = async () => ({ kind: 'answered', reply: 'meanwhile', calls: null });
    const forward = createForwarder({
      ...plainAnswers,
      store,
      gateway,
      clock,
      emit: event => {
        if (event.type === 'message taken first') takenFirst.push(`${event.message} before ${event.passed}`);
      },
      onRecovered: () => lanes.wakeAll(),
      signal: new AbortController().signal,
    });
    lanes = createLanes({
      settings: () => ({ parallel: 4 }),
      turn: forward,
      clock,
      onError: (_, error) => {
        throw error;
      },
    });
    return lanes;
  };

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'kapso-precedence-'));
    clock = manualClock(Date.UTC(2026, 10, 28));
    store = await openStore({ dir, clock });
    begun = [];
    takenFirst = [];
    underWay = new Set();
    agent = () => 'answers';
    start();
  });
  afterEach(async () => {
    await lanes.stop();
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const receive = async (...ids: string[]) => {
    const entries = ids.map(id => {
      const customer = id.charCodeAt(0);
      const message: InboundMessage = {
        id,
        account: '106540352242922',
        sender: { phone: `1555000${customer}`, userId: null, name: null, username: null },
        conversationId: null,
        timestamp: clock.now(),
        type: 'text',
        text: 'hello',
        media: null,
      };
      return {
        id,
        account: '106540352242922',
        lane: `lane-${id[0]}`,
        occurredAt: clock.now(),
        body: JSON.stringify(message),
      };
    });
    lanes.wake((await store.accept(entries)).lanes);
    await lanes.quiet();
  };
  /** Advances time, from one due event to the next. */
  const pass = async (ms: number) => {
    const end = clock.now() + ms;
    await lanes.quiet();
    for (;;) {
      const [next] = clock.pending();
      if (next === undefined || next > end) break;
      clock.advance(Math.max(0, next - clock.now()));
      await lanes.quiet();
    }
    clock.advance(end - clock.now());
    await lanes.quiet();
  };
  const states = async (...ids: string[]) =>
    Promise.all(ids.map(async id => (await store.get(id))?.state)).then(all => all.join(' '));

  it('go on after a few failures of one message, which is given up with its reason', async () => {
    agent = id => (id === 'a1' ? 'fails' : 'answers');
    await receive('a1', 'a2', 'a3', 'a4');
    await pass(2 * minute);
    expect(begun).toEqual(['a1', 'a1:2', 'a1:3', 'a2', 'a3', 'a4']);
    expect(await states('a1', 'a2', 'a3', 'a4')).toBe('failed settled settled settled');
    expect(takenFirst).toContain('a2 before a1');
    expect(await store.get('a1')).toMatchObject({
      attempts: 3,
      reason: expect.stringMatching(/HTTP 500.*after 3 attempts.*next message/),
    });
  });

  it('go on after two of them', async () => {
    agent = id => (['a1', 'a2'].includes(id) ? 'fails' : 'answers');
    await receive('a1', 'a2', 'a3', 'b1');
    await pass(20 * minute);
    expect(await states('a1', 'a2', 'a3')).toBe('failed failed settled');
  });

  it('keep trying a message that nobody waits behind, and answer it when it can be answered', async () => {
    agent = () => 'fails';
    await receive('a1');
    await pass(hour);
    agent = () => 'answers';
    await pass(2 * hour);
    expect(await states('a1')).toBe('settled');
  });

  it('lose nothing and keep their order when all fails for hours, whoever waits behind', async () => {
    agent = () => 'fails';
    const ids = ['a', 'b', 'c', 'd', 'e'].flatMap(lane => [`${lane}1`, `${lane}2`, `${lane}3`]);
    await receive(...ids);
    await pass(3 * hour);
    await receive('a4', 'f1');
    agent = () => 'answers';
    const before = begun.length;
    await pass(5 * hour);
    expect(await states(...ids, 'a4', 'f1')).toBe(Array(17).fill('settled').join(' '));
    for (const lane of ['a', 'b', 'c', 'd', 'e']) {
      const answered = begun
        .slice(before)
        .filter(key => key.startsWith(lane))
        .map(key => key.replace(/:\d+$/, ''));
      expect(answered).toEqual([...answered].sort());
    }
  });

  it('are looked at at once when the agent answers again, and not at the end of their long pauses', async () => {
    agent = () => 'fails';
    await receive('a1', 'a2', 'b1', 'b2');
    await pass(3 * hour);
    agent = () => 'answers';
    await receive('c1');
    await pass(1);
    expect(await states('a1', 'a2', 'b1', 'b2', 'c1')).toBe('settled settled settled settled settled');
  });

  it('try an old message again when a new one comes, before that one can overtake it', async () => {
    agent = () => 'fails';
    await receive('a1');
    await pass(3 * hour);
    agent = () => 'answers';
    const before = begun.length;
    await receive('a2');
    await pass(1);
    expect(begun.slice(before).map(key => key.replace(/:\d+$/, ''))).toEqual(['a1', 'a2']);
    expect(await states('a1', 'a2')).toBe('settled settled');
  });

  it('try an old message again before a new one, also where it was at fault by itself', async () => {
    agent = id => (id === 'a1' ? 'fails' : 'answers');
    await receive('a1');
    for (let i = 0; i < 20; i += 1) {
      await receive(`b${i}`);
      await pass(10 * minute);
    }
    agent = () => 'answers';
    await receive('a2');
    await pass(1);
    expect(await states('a1', 'a2')).toBe('settled settled');
  });

  it('lose nothing where a model that failed now and then is down for an hour', async () => {
    let at = 0;
    agent = () => (at++ % 3 === 0 ? 'answers' : 'fails');
    const firsts = ['a', 'b', 'c', 'd'].map(lane => `${lane}1`);
    await receive(...firsts, 'e1', 'e2', 'e3', 'e4');
    await pass(40_000);
    agent = () => 'fails';
    await pass(hour);
    const waiting = await store.list({ states: ['pending'], limit: 100 });
    await receive('a2', 'b2', 'c2', 'd2');
    agent = () => 'answers';
    await pass(5 * hour);
    for (const { id } of waiting) expect(await states(id)).toBe('settled');
  });

  it('make no more attempts in an outage than their pauses allow, however many messages wait', async () => {
    agent = () => 'fails';
    await receive(...Array.from({ length: 40 }, (_, i) => `a${i}`), 'b1', 'b2', 'c1', 'c2');
    await pass(hour);
    expect(begun.filter(key => key.startsWith('b')).length).toBeLessThanOrEqual(8);
    expect(begun.filter(key => key.startsWith('a')).length).toBeLessThanOrEqual(20);
  });

  it('find out in two conversations with such a message each, and no others', async () => {
    agent = id => (id.endsWith('1') ? 'fails' : 'answers');
    await receive('a1', 'a2', 'b1', 'b2');
    await pass(10 * minute);
    expect(await states('a1', 'a2', 'b1', 'b2')).toBe('failed settled failed settled');
  });

  it('do not retry a failing message in step with the answers of others', async () => {
    agent = id => (id.startsWith('a') ? 'fails' : 'answers');
    await receive('a1', 'a2', 'a3');
    for (let i = 0; i < 100; i += 1) {
      await receive(`b${i}`);
      await pass(6000);
    }
    // Each has its own pauses: 30 s, 60 s, 120 s, 240 s and so on within ten minutes.
    expect(begun.filter(key => key.startsWith('a')).length).toBeLessThanOrEqual(18);
    expect(await states('a1', 'a2', 'a3')).toBe('pending pending pending');
  });

  it('settle first what was on its way at a crash, and then give up what it overtook', async () => {
    agent = () => 'fails';
    await receive('a1', 'a2');
    await pass(2 * minute);
    await lanes.stop();
    expect(await store.get('a1')).toMatchObject({ state: 'pending', attempts: 3 });
    await store.begin('a2', { runKey: 'a2:9', runNumber: 9 });
    await store.defer('a2', { until: clock.now(), reason: 'x', counted: false, resend: false });
    const before = begun.length;
    start();
    lanes.wake(await store.lanes());
    await lanes.quiet();
    expect(begun.length).toBe(before);
    expect(await states('a1', 'a2')).toBe('failed settled');
  });

  it('deliver what an operator retries after it was overtaken', async () => {
    agent = id => (id === 'a1' ? 'fails' : 'answers');
    await receive('a1', 'a2');
    await pass(2 * minute);
    agent = () => 'answers';
    await store.retry(['a1']);
    lanes.wake(await store.lanes());
    await lanes.quiet();
    expect(await states('a1', 'a2')).toBe('settled settled');
  });
});
