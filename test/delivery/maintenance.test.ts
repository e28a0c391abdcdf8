import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMaintenance } from '../../src/delivery/maintenance.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { forgetMarks, leaveMark, readMarks } from '../../src/state/send-marks.ts';
import type { ReceivedEntry } from '../../src/store/new-entry.ts';
import { openStore } from '../../src/store/open.ts';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import { waits } from '../../src/waits.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';

const day = 86_400_000;
let dir: string;
let clock: ManualClock;
let store: Store;
let woken: string[];
let rounds: number;
let told: AppEvent[];
let seen: number | null;
let maintenance: ReturnType<typeof createMaintenance>;
let admitted: string[];
let oldMedia: string[];
/** What removing media ends with; null for nothing bad. */
let mediaError: Error | null;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-maintenance-'));
  clock = manualClock(100 * day);
  store = await openStore({ dir, clock });
  woken = [];
  rounds = 0;
  told = [];
  seen = null;
  admitted = [];
  oldMedia = [];
  mediaError = null;
  maintenance = createMaintenance(options(store));
  maintenance.start();
});

function options(store: Store): Parameters<typeof createMaintenance>[0] {
  return {
    store,
    forgetMarks: () => forgetMarks(dir, clock.now()),
    tidyMedia: async () => {
      if (mediaError !== null) throw mediaError;
      return oldMedia.splice(0).length;
    },
    around: clock.after,
    clock,
    log: silentLog,
    emit: event => told.push(event),
    settings: () => ({ retention: 30 }),
    workers: ['messages', 'replies'].map(what => ({
      refresh: async () => void woken.push(`${what} read anew`),
      wakeAll: () => woken.push(`rests of ${what} ended`),
    })),
    admits: ({ key }) => admitted.includes(key),
    tick: async () => {
      rounds += 1;
    },
    seenUpTo: async () => (await store.cursor('106540352242922')) ?? seen,
  };
}

afterEach(async () => {
  maintenance.stop(0);
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Lets time pass, with the rounds that fall due at its end; more than an hour, so that forgetting falls due too. */
async function round(ms = 3_700_000): Promise<void> {
  clock.advance(ms);
  while (clock.pending().length === 0) await new Promise(resolve => setImmediate(resolve));
  clock.advance(30_000);
  while (clock.pending().length === 0) await new Promise(resolve => setImmediate(resolve));
}

async function settled(id: string): Promise<void> {
  await store.accept([{ id, account: '106540352242922', lane: 'a', occurredAt: clock.now(), body: '{}' }]);
  await store.begin(id, { runKey: id, runNumber: 1 });
  await store.settle(id, 'answered');
}

it('forgets messages although old media cannot be removed, and media although the inbox cannot be read', async () => {
  await settled('old');
  clock.advance(40 * day);
  seen = clock.now();
  mediaError = new Error('EACCES: permission denied');
  await round();
  expect(await store.get('old')).toBeNull();
  expect(told).toContainEqual({ type: 'maintenance failed', error: mediaError });

  mediaError = null;
  oldMedia = ['a file'];
  seen = null;
  await round();
  expect(told).toContainEqual({ type: 'media forgotten', count: 1 });
});

it("wakes the lanes that another process' retry gave work, and only then", async () => {
  await store.accept([{ id: 'x', account: '106540352242922', lane: 'a', occurredAt: 1, body: '{}' }]);
  await store.fail('x', 'no');
  await round();
  expect(woken).toEqual([]);
  const operator = await openStore({ dir, clock });
  await operator.retry(['x']);
  await operator.close();
  await round();
  expect(woken).toEqual([
    'messages read anew',
    'rests of messages ended',
    'replies read anew',
    'rests of replies ended',
  ]);
});

/** A message of somebody unknown, whose code cannot be sent. */
function arriving(id: string): ReceivedEntry {
  const place = { account: '106540352242922', lane: 'a' };
  const tell = (): NewOutgoing => ({
    ...{
      ...place,
      id: `${id}#pairing`,
      message: id,
      answer: `${id}#pairing`,
      recipient: '+15551234567',
      via: 'pairing',
    },
    ...{ part: 1, parts: 1, body: '{}', sendBefore: null, failure: 'refused' },
  });
  return {
    ...{ id, account: place.account, occurredAt: 1, body: '{}' },
    from: { phone: '15551234567', userId: null, parentId: null, name: null },
    file: ({ key }) => ({
      ...{ lane: 'a', contact: key, conversation: 'a', session: 'a', author: key, admission: { kind: 'unpaired' } },
      pairing: { newCode: () => 'CODE', expires: 3_600_000, most: 1, held: 1, tell },
    }),
  };
}

const stranger = (id: string) => store.accept([arriving(id)]);

/** Runs what falls due next. */
async function next(): Promise<void> {
  clock.advance((clock.pending()[0] ?? clock.now()) - clock.now());
  while (clock.pending().length === 0) await new Promise(resolve => setImmediate(resolve));
}

it('notices an approval within some seconds while senders wait for it, and does nothing else more often', async () => {
  await stranger('x');
  await next();
  expect(rounds).toBe(1);
  const operator = await openStore({ dir, clock });
  await operator.access.approve({ code: 'CODE' }, 'root');
  await operator.close();
  const before = clock.now();
  await next();
  expect(clock.now() - before).toBeLessThan(3000);
  expect(woken).toContain('messages read anew');
  expect(rounds).toBe(1);
  await next();
  expect(clock.now() - before).toBeGreaterThan(20_000);
});

it('looks soon when it hears that a sender waits, and not twice', async () => {
  await next();
  await stranger('x');
  const before = clock.now();
  maintenance.senderWaits();
  maintenance.senderWaits();
  expect(clock.pending()).toHaveLength(1);
  await next();
  expect(clock.now() - before).toBeLessThan(3000);
  expect(clock.pending()).toHaveLength(1);
});

it('has delivered what was kept of a sender whom the settings admit by now', async () => {
  await store.accept([arriving('x')]);
  await round(60_000);
  expect((await store.get('x'))?.state).toBe('unpaired');
  admitted = ['+15551234567'];
  woken = [];
  await round(60_000);
  expect((await store.get('x'))?.state).toBe('pending');
  expect(woken).toContain('messages read anew');
});

it('asks anew about what nobody waits for any more', async () => {
  await store.accept([{ id: 'x', account: '106540352242922', lane: 'a', contact: '+1', occurredAt: 1, body: '{}' }]);
  await store.refuse({ id: 'x', state: 'unpaired', reason: null });
  await round(60_000);
  expect((await store.get('x'))?.state).toBe('pending');
  expect(woken).toContain('messages read anew');
});

it('drops what nobody has approved in time', async () => {
  await stranger('x');
  await round(1_800_000);
  expect((await store.get('x'))?.state).toBe('unpaired');
  await round(1_800_000);
  expect((await store.get('x'))?.state).toBe('dropped');
  expect(told).toEqual([{ type: 'pairing expired', messages: ['x'] }]);
});

it('forgets settled messages after the retention', async () => {
  await settled('x');
  await round(29 * day);
  await round();
  expect(await store.get('x')).not.toBeNull();
  await store.setCursor('106540352242922', clock.now() + 2 * day);
  await round(2 * day);
  await round();
  expect(await store.get('x')).toBeNull();
  expect(told).toEqual([{ type: 'messages forgotten', count: 1 }]);
});

it('remembers, after an outage longer than the retention, what the list will show again', async () => {
  await settled('x');
  await store.setCursor('106540352242922', clock.now() - 300_000);
  maintenance.stop(0);
  clock.advance(40 * day);
  maintenance.start();
  await round();
  await round();
  expect(await store.get('x')).not.toBeNull();
});

it.each([
  ['back to 1970', (now: number) => -now],
  ['40 days back', () => -40 * day],
  ['40 days on', () => 40 * day],
  ['20 years on', () => 7300 * day],
])('forgets nothing because its clock was set %s', async (_, step) => {
  await settled('x');
  seen = clock.now();
  for (const direction of [1, -1]) {
    clock.set(direction * step(100 * day));
    await round();
    await settled(`touched ${direction}`);
    await round();
  }
  expect((await store.counts()).byState.settled).toBe(3);
});

it('forgets nothing as long as nothing was seen', async () => {
  await settled('x');
  clock.advance(400 * day);
  await round();
  expect(await store.get('x')).not.toBeNull();
  seen = clock.now();
  await round();
  expect(await store.get('x')).toBeNull();
});

it('goes on after a round that failed', async () => {
  await store.close();
  await round();
  await round();
  expect(rounds).toBe(0);
  expect(told).toContainEqual({ type: 'maintenance failed', error: expect.any(Error) });
  expect(clock.pending().length).toBe(1);
  store = await openStore({ dir, clock });
});

it('removes the marks of sends that the command line left more than a day ago', async () => {
  const send = { account: '106540352242922', contact: '+15551234567' };
  const hour = day / 24;
  for (const begunAt of [clock.now() - day, clock.now() - hour]) leaveMark(dir, { ...send, begunAt });
  const left = () => readMarks(dir, { since: 0 }).map(({ begunAt }) => begunAt);
  expect(left()).toHaveLength(2);
  await round();
  expect(left()).toEqual([100 * day - hour]);
});

it('has the media removed whose time is over, and says how many', async () => {
  oldMedia = ['one', 'two'];
  await round();
  expect(oldMedia).toEqual([]);
  expect(told).toContainEqual({ type: 'media forgotten', count: 2 });
});

it('looks once for all that others tell meanwhile, however much that is', async () => {
  maintenance.stop(0);
  let looks = 0;
  const shared = Promise.withResolvers<void>();
  maintenance = createMaintenance(
    options({
      ...store,
      claims: { ...store.claims, shared: true },
      operations: async () => {
        looks += 1;
        await shared.promise;
        return looks;
      },
    }),
  );
  maintenance.start();
  const tell = () => Array.from({ length: 1000 }, () => maintenance.operated());
  const settle = async () => {
    clock.advance(waits.claims.soon);
    for (let turn = 0; turn < 10; turn += 1) await new Promise(resolve => setImmediate(resolve));
    return looks;
  };
  tell();
  expect(await settle()).toBe(1);
  // What is told during a look is for another one.
  tell();
  expect(await settle()).toBe(1);
  shared.resolve();
  await settle();
  expect(await settle()).toBe(2);
  expect(await settle()).toBe(2);
});
