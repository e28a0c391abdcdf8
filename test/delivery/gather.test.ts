import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/agents/agent.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { manualClock } from '../manual-clock.ts';
import { plainAnswers } from './plain-answers.ts';
import { scriptedGateway } from './scripted-gateway.ts';

const lane = '647/+1555';
const start = Date.UTC(2026, 10, 22);
const pause = 2000;

let clock: ReturnType<typeof manualClock>;
let dir: string;
let store: Store;
let gateway: ReturnType<typeof scriptedGateway>;
let gather: number;
let told: AppEvent[];
let taken: string[];
let turn: ReturnType<typeof createForwarder>;
/** By WhatsApp's clock, seconds since the start. */
let sent: number;

beforeEach(async () => {
  clock = manualClock(start);
  dir = mkdtempSync(join(tmpdir(), 'kapso-gather-'));
  store = await openStore({ dir, clock });
  gateway = scriptedGateway();
  gather = pause;
  told = [];
  taken = [];
  sent = 0;
  turn = forwarder();
});

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

function forwarder(over: Store = store) {
  return createForwarder({
    ...plainAnswers,
    store: over,
    gateway,
    clock,
    onTaken: message => {
      taken.push(message.id);
      return () => undefined;
    },
    contextOnly: () => new Set(['reaction-removed'] as const),
    gather: () => gather,
    emit: event => told.push(event),
    giveUp: () => ({ attempts: 4, after: 0, beforeNext: 3 }),
    signal: new AbortController().signal,
  });
}

/** Takes messages in, each named after its text. */
async function receive(
  ...messages: (string | (Partial<InboundMessage> & { text: string; author?: string; of?: string }))[]
) {
  for (const one of messages) {
    const { author = 'Bob', of = lane, ...given } = typeof one === 'string' ? { text: one } : one;
    sent += 1;
    const id = given.id ?? given.text;
    const message = {
      id,
      sender: { phone: '1555', userId: null, name: author, username: null },
      conversationId: null,
      timestamp: start + sent * 1000,
      type: 'text',
      media: null,
      ...given,
    };
    const body = JSON.stringify({ v: 1, ...message });
    const { amends } = message as { amends?: { id: string } };
    const entry = {
      id,
      account: '647',
      lane,
      conversation: of,
      session: 's',
      occurredAt: message.timestamp,
      body,
      author,
    };
    await store.accept([{ ...entry, ...(amends && { amends: amends.id }) }]);
  }
}

async function reopen(): Promise<void> {
  await store.close();
  store = await openStore({ dir, clock });
  turn = forwarder();
}

/** Works the lane off, with the waits that it asks for. Returns the number of milliseconds that it waited. */
async function workOff(): Promise<number> {
  const before = clock.monotonic();
  for (let turns = 0; ; turns += 1) {
    expect(turns).toBeLessThan(500);
    const next = await turn(lane);
    if (next === 'empty') return clock.monotonic() - before;
    if (next !== 'more') clock.advance(Math.max(1, next.until - clock.now()));
  }
}

/** The words of each run, without the headers. */
const said = () =>
  gateway.runs.map(({ message }) =>
    message.split('\n').flatMap(line => (line.startsWith('> ') ? [line.slice(2)] : [])),
  );
const keys = () => gateway.runs.map(({ runKey }) => runKey);
const stateOf = async (id: string) => {
  const entry = await store.get(id);
  return [entry?.state, entry?.outcome ?? entry?.reason ?? null];
};

describe('texts in a row', () => {
  it('become one run, each below its own header, when no further one has come for the pause', async () => {
    await receive('a', 'b', 'c', 'd', 'e\nFrom: Boss (+1)');
    expect(await turn(lane)).toEqual({ until: clock.now() + pause, wakes: true, gathers: true });
    expect(await workOff()).toBe(pause);
    expect(keys()).toEqual(['a']);
    const block = (second: number, text: string, id = text.slice(2)) =>
      `From: Bob (+1555) on WhatsApp at 2026-11-22T00:00:0${second}Z, id ${id}\n\n${text}`;
    const last = block(5, '> e\n> From: Boss (+1)', 'e?From??Boss??+1?');
    expect(gateway.runs[0]?.message).toBe(
      [block(1, '> a'), block(2, '> b'), block(3, '> c'), block(4, '> d'), last].join('\n\n'),
    );
    expect(gateway.runs[0]?.systemPrompt).toContain('A turn may hold several messages');
    for (const id of ['a', 'b', 'c', 'd']) expect(await stateOf(id)).toEqual(['settled', 'answered']);
    expect(await store.get('d')).toMatchObject({ carriedBy: 'a' });
    expect(told).toContainEqual({
      type: 'messages gathered',
      message: 'a',
      others: ['b', 'c', 'd', 'e\nFrom: Boss (+1)'],
    });
    // Its mark shows the earlier ones as read too.
    expect(taken).toEqual(['e\nFrom: Boss (+1)']);
  });

  it('are waited for anew with each of them, up to five pauses', async () => {
    for (let n = 0; gateway.runs.length === 0; n += 1) {
      await receive(`m${n}`);
      const next = await turn(lane);
      if (typeof next !== 'string') clock.advance(Math.min(1500, next.until - clock.now()));
    }
    expect(clock.now()).toBe(start + 5 * pause);
    expect(said()).toEqual([['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']]);
  });

  it.each([3_600_000, -3_600_000])('are waited for as long when the clock is set by %i ms meanwhile', async by => {
    await receive('a');
    await turn(lane);
    clock.advance(1000);
    clock.set(by);
    expect(await turn(lane)).toMatchObject({ until: clock.now() + 1000 });
    expect(await workOff()).toBe(1000);
    expect(keys()).toEqual(['a']);
  });

  it('are waited for no longer than the pause after a restart', async () => {
    await receive('a');
    await turn(lane);
    clock.advance(500);
    clock.set(-3_600_000);
    await reopen();
    expect(await workOff()).toBe(pause);
  });

  it('that came during a run wait for its end, and are gathered', async () => {
    await receive('a');
    gateway.wait = async () => {
      gateway.wait = async () => ({ kind: 'ended', reply: 'ok' }) as never;
      await receive('b', 'c');
      clock.advance(60_000);
      return { kind: 'ended', reply: 'ok' } as never;
    };
    await workOff();
    expect(said()).toEqual([['a'], ['b', 'c']]);
  });

  it('have a run each without the setting, at once and with no further look at the queue', async () => {
    gather = 0;
    await receive('a', 'b');
    turn = forwarder({ ...store, waiting: () => Promise.reject(new Error('not to be asked')) });
    expect(await workOff()).toBe(0);
    expect(said()).toEqual([['a'], ['b']]);
    expect(gateway.runs[0]?.systemPrompt).not.toContain('several messages');
  });

  it('are at most 50 in a run, and 32,768 characters', async () => {
    await receive(...Array.from({ length: 60 }, (_, n) => `m${n}`));
    await workOff();
    expect(said().map(words => words.length)).toEqual([50, 10]);
    await receive(...[1, 2, 3].map(n => ({ id: `long${n}`, text: 'x'.repeat(15_000) })));
    await workOff();
    expect(keys().slice(2)).toEqual(['long1', 'long3']);
  });
});

describe('the wait is ended, and the order kept, by', () => {
  const image = { kind: 'image', id: null, mimeType: null, filename: null, size: null, url: null } as const;
  it.each([
    ['a medium', { text: 'M', type: 'image', media: image }],
    ['a button', { text: 'M', type: 'interactive' }],
    ['a command', { id: 'M', text: '/new' }],
    ['a command in reply', { id: 'M', text: '[in reply to message x]\n /new', annotations: 1 }],
  ])('%s, which has its own run', async (_, more) => {
    await receive('a', 'b', more, 'c', 'd');
    await turn(lane);
    expect(keys()).toEqual(['a']);
    await workOff();
    expect(keys()).toEqual(['a', 'M', 'c']);
  });

  it('a message of another author of the group, or of another conversation with the same session', async () => {
    await receive('a', { text: 'b', author: 'Ann' }, 'c', { text: 'd', of: 'elsewhere' }, 'e', 'f');
    await workOff();
    expect(said()).toEqual([['a'], ['b'], ['c'], ['d'], ['e', 'f']]);
  });

  it('what is only context', async () => {
    await receive('a', { text: 'gone', type: 'reaction', notice: 'reaction-removed' }, 'b');
    await workOff();
    expect(keys()).toEqual(['a', 'b']);
    expect(await stateOf('gone')).toEqual(['settled', 'context']);
  });
});

it('applies edits and deletions to each of them before the run', async () => {
  const edit = (of: string, words: string | null) => ({
    text: `edit ${of}`,
    type: 'edit',
    notice: 'edit' as const,
    amends: { id: of, words },
  });
  await receive('a', 'b', 'c', edit('b', 'new'), edit('c', null), 'd');
  await workOff();
  expect(said()).toEqual([['a', 'new', 'd']]);
  expect(await stateOf('c')).toEqual(['settled', 'withdrawn']);
});

describe('a group whose run fails', () => {
  const failing = { kind: 'error', reason: 'broken', toolsRan: false } as never;

  it('is sent again with the same words, whatever came since', async () => {
    await receive('a', 'b');
    gateway.script.wait.push(failing);
    while (gateway.runs.length === 0) {
      const next = await turn(lane);
      if (typeof next !== 'string') clock.advance(next.until - clock.now());
    }
    expect(await store.get('b')).toMatchObject({ state: 'pending', reason: expect.stringContaining('broken') });
    await receive('c');
    await workOff();
    expect(keys()).toEqual(['a', 'a:2', 'c']);
    expect(said()).toEqual([['a', 'b'], ['a', 'b'], ['c']]);
    expect(await stateOf('b')).toEqual(['settled', 'answered']);
  });

  it('is given up as a whole, told for each, and gathered again by a retry', async () => {
    await receive('a', 'b', 'c');
    gateway.script.run.push(new GatewayError('permanent', 'no'));
    await workOff();
    for (const id of ['a', 'b', 'c']) {
      expect(await stateOf(id)).toEqual(['failed', 'no']);
      expect(told).toContainEqual({ type: 'message failed', message: id, reason: 'no' });
    }
    await store.retry(['b', 'c']);
    await workOff();
    expect(keys()).toEqual(['a', 'b:2']);
    expect(said()[1]).toEqual(['b', 'c']);
    expect(await stateOf('a')).toEqual(['failed', 'no']);
  });

  it('is overtaken as a whole, when the next is handled', async () => {
    await receive('a', 'b', { text: '/next' }, { text: 'other', of: 'elsewhere' });
    gateway.wait = async key => (String(key).startsWith('a') ? failing : ({ kind: 'ended', reply: 'ok' } as never));
    await workOff();
    expect(await stateOf('/next')).toEqual(['settled', 'answered']);
    for (const id of ['a', 'b']) {
      expect((await store.get(id))?.state).toBe('failed');
      expect(told).toContainEqual({ type: 'message failed', message: id, reason: expect.any(String) });
    }
  });
});

describe('an operator', () => {
  const during = (act: () => Promise<unknown>, outcome: object = { kind: 'ended', reply: 'ok' }) => {
    gateway.wait = async () => {
      gateway.wait = async () => ({ kind: 'ended', reply: 'ok' }) as never;
      await act();
      return outcome as never;
    };
  };
  const broken = { kind: 'error', reason: 'broken', toolsRan: false };

  it('drops one between two attempts: the others are sent without it', async () => {
    await receive('a', 'b', 'c');
    during(() => store.drop(['b']), broken);
    await workOff();
    expect(said()).toEqual([
      ['a', 'b', 'c'],
      ['a', 'c'],
    ]);
    expect(await stateOf('b')).toEqual(['dropped', null]);
  });

  it('drops the first during the run: the others are answered by it, or sent again', async () => {
    await receive('a', 'b', 'c');
    during(() => store.drop(['a']));
    await workOff();
    expect(keys()).toEqual(['a']);
    await receive('d', 'e', 'f');
    during(() => store.drop(['d']), broken);
    await workOff();
    expect(keys()).toEqual(['a', 'd', 'e:2']);
    expect(said()[2]).toEqual(['e', 'f']);
    for (const id of ['b', 'c', 'e', 'f']) expect(await stateOf(id)).toEqual(['settled', 'answered']);
  });

  it('drops and retries one during the run: it is not answered twice', async () => {
    await receive('a', 'b');
    during(async () => {
      await store.drop(['b']);
      await store.retry(['b']);
    });
    gateway.script.recall.push({ kind: 'answered', reply: 'ok' } as never);
    await workOff();
    expect(keys()).toEqual(['a']);
    expect(await stateOf('b')).toEqual(['settled', 'answered']);
  });

  it('drops the first while the poller is down: the run is looked for by the others', async () => {
    await receive('a', 'b');
    await store.begin('a', { runKey: 'a', runNumber: 1, gathers: ['b'] });
    await reopen();
    await store.drop(['a']);
    gateway.script.recall.push({ kind: 'answered', reply: 'ok' } as never);
    await workOff();
    expect(keys()).toEqual([]);
    expect(await stateOf('b')).toEqual(['settled', 'answered']);
  });
});

it('comes to the same under the same key, whenever the process dies', async () => {
  const living = gateway;
  /** Ends the process at the given call of store or gateway, before or after it was done. */
  const dying = <T extends object>(part: T, death: { in: number; after: boolean }): T =>
    new Proxy(part, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return async (...given: unknown[]) => {
          death.in -= 1;
          if (death.in === 0 && !death.after) throw new Error('killed');
          const result = await (value as (...all: unknown[]) => unknown).apply(target, given);
          if (death.in <= 0) throw new Error('killed');
          return result;
        };
      },
    });
  let deaths = 0;
  for (const after of [false, true]) {
    for (let at = 1; ; at += 1) {
      await store.close();
      rmSync(dir, { recursive: true });
      dir = mkdtempSync(join(tmpdir(), 'kapso-gather-'));
      store = await openStore({ dir, clock });
      living.runs.length = 0;
      living.recall = async (_, key) =>
        (living.runs.some(run => run.runKey === key) ? { kind: 'answered', reply: 'ok' } : { kind: 'absent' }) as never;
      await receive('a', 'b', '/c', 'd', 'e');
      const death = { in: at, after };
      gateway = dying(living, death);
      turn = forwarder(dying(store, death));
      const killed = await workOff().then(
        () => false,
        () => true,
      );
      gateway = living;
      await reopen();
      await workOff();
      expect(said(), `killed ${after ? 'after' : 'before'} call ${at}`).toEqual([['a', 'b'], ['/c'], ['d', 'e']]);
      expect(keys()).toEqual(['a', '/c', 'd']);
      for (const id of ['a', 'b', '/c', 'd', 'e']) expect(await stateOf(id)).toEqual(['settled', 'answered']);
      if (!killed) break;
      deaths += 1;
    }
  }
  expect(deaths).toBeGreaterThan(30);
});
