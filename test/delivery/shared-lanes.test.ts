/** Workers of several processes on one inbox, each with its own claims. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Turn } from '../../src/delivery/lanes.ts';
import { createWorker, type Worker } from '../../src/delivery/worker.ts';
import type { Hold } from '../../src/instances/hold.ts';
import { createLeases, type Leases } from '../../src/instances/leases.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { account, entry, type TemporaryDirectory, temporaryDirectory } from '../store/fixtures.ts';

const parallel = 2;

interface Process {
  store: Store;
  worker: Worker;
  leases: Leases;
  /** The turns that are under way, by lane, for the test to end. */
  open: Map<string, { hold: Hold; end: (turn: Turn) => Promise<void> }>;
  /** Every lane that a turn was begun in. */
  begun: string[];
  /** Whether its gateway is there. */
  canWork: boolean;
  errors: unknown[];
}

let dir: TemporaryDirectory;
let clock: ManualClock;
let processes: Process[];

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    clock.advance(Math.min(left, 250));
    await quiet();
  }
}

async function create(): Promise<Process> {
  const store = await openStore({ dir: dir.path, clock, delivers: true, shared: true });
  const leases = createLeases({ claims: store.claims, clock, emit: () => undefined });
  const interruption = new AbortController();
  const one: Process = {
    ...{ store, leases, open: new Map(), begun: [], canWork: true, errors: [] },
    worker: createWorker({
      queue: store,
      shared: {
        leases,
        claimOf: lane => lane,
        abandoned: () => store.abandoned(account),
        isEmpty: async lane => (await store.head(lane)) === null,
        onUnreadable: error => one.errors.push(error),
        random: () => 0,
      },
      turn: (lane, hold) => {
        one.begun.push(lane);
        const { promise, resolve } = Promise.withResolvers<Turn>();
        hold.signal.addEventListener('abort', () => resolve('empty'));
        const end = (turn: Turn) => {
          one.open.delete(lane);
          resolve(turn);
          return quiet();
        };
        one.open.set(lane, { hold, end });
        return promise;
      },
      interruption,
      canEnd: () => one.canWork,
      settings: () => ({ parallel }),
      onError: (_, error) => one.errors.push(error),
      clock,
    }),
  };
  processes.push(one);
  return one;
}

async function arrive(at: Process, lanes: readonly string[]): Promise<void> {
  const entries = lanes.map(lane => {
    count += 1;
    return entry(`${lane}${count}`, { lane, occurredAt: count });
  });
  at.worker.wake((await at.store.accept(entries)).lanes);
  await quiet();
}
let count = 0;

/** Handles the oldest message of a lane, and ends its turn. */
async function handle(at: Process, lane: string, turn: Turn = 'more'): Promise<void> {
  const head = await at.store.head(lane);
  if (head) await at.store.settle(head.id, 'silent');
  await at.open.get(lane)?.end(turn);
}

let here: Process;
let there: Process;
beforeEach(async () => {
  dir = await temporaryDirectory();
  clock = manualClock(Date.UTC(2026, 10, 30));
  processes = [];
  [here, there] = [await create(), await create()];
  for (const { worker } of processes) await worker.start();
});

afterEach(async () => {
  expect(processes.flatMap(({ errors }) => errors)).toEqual([]);
  for (const { worker, leases, store } of processes) {
    worker.interrupt(new Error('the test is over'));
    await worker.stop(0);
    await leases.stop();
    await store.close();
  }
  await dir[Symbol.asyncDispose]();
});

const at = ({ open }: Process) => [...open.keys()].toSorted();

describe('a lane', () => {
  it('is worked on by one process, by whichever way the others hear of it', async () => {
    await arrive(here, ['a']);
    there.worker.wake(['a']);
    await there.worker.refresh();
    await pass(30_000);
    expect([at(here), there.begun]).toEqual([['a'], []]);
  });

  it('has its further messages from the process that works on it, also those that came at another one', async () => {
    await arrive(here, ['a']);
    await arrive(there, ['a']);
    await handle(here, 'a');
    await handle(here, 'a');
    await here.open.get('a')?.end('empty');
    expect([here.begun, there.begun]).toEqual([['a', 'a', 'a'], []]);
    expect(await here.store.head('a')).toBeNull();
  });

  it('is given back when it is empty: the next message is worked on where it came', async () => {
    await arrive(here, ['a']);
    await handle(here, 'a');
    await here.open.get('a')?.end('empty');
    await arrive(there, ['a']);
    expect([at(here), at(there)]).toEqual([[], ['a']]);
  });

  it('is not left alone with a message that came at another process while it was given back', async () => {
    await arrive(here, ['a']);
    await handle(here, 'a');
    // It has found nothing, and holds the lane yet.
    await arrive(there, ['a']);
    expect(at(there)).toEqual([]);
    await here.open.get('a')?.end('empty');
    expect([at(here), at(there)]).toEqual([['a'], []]);
  });

  it('that rests is free for others, which find out by themselves how long', async () => {
    await arrive(here, ['a']);
    await here.open.get('a')?.end({ until: clock.now() + 60_000 });
    await pass(3500);
    expect(at(there)).toEqual(['a']);
    await there.open.get('a')?.end({ until: clock.now() + 50_000 });
    const [before, after] = [here.begun.length, there.begun.length];
    await pass(40_000);
    expect([here.begun.length, there.begun.length]).toEqual([before, after]);
    await pass(15_000);
    expect([...at(here), ...at(there)]).toEqual(['a']);
  });

  it('that rests at one process is taken at once from another one that has had it since, and is gone', async () => {
    await arrive(here, ['a']);
    await here.open.get('a')?.end({ until: clock.now() + 60_000 });
    await pass(10_000);
    expect(at(there)).toEqual(['a']);
    const unheard = () => Promise.reject(new Error('nobody hears it'));
    Object.assign(there.store.claims, { claim: unheard, renew: unheard, release: unheard });
    await pass(15_000);
    expect(at(here)).toEqual(['a']);
  });

  it('that a turn fails in is given back', async () => {
    await arrive(here, ['a']);
    const { open, errors } = here;
    Object.assign(here.store, { head: () => Promise.reject(new Error('unreadable')) });
    await open.get('a')?.end('empty');
    expect(errors).toEqual([new Error('unreadable')]);
    errors.length = 0;
    await pass(3500);
    expect(at(there)).toEqual(['a']);
  });
});

describe('lanes', () => {
  it('are shared: a process has as many as it works on, and the others are found by whoever has the time', async () => {
    await arrive(here, ['a', 'b', 'c', 'd', 'e']);
    expect(at(here)).toEqual(['a', 'b']);
    expect(await there.store.claims.claim(['a', 'b', 'c'], 1)).toEqual(['c']);
    await there.store.claims.release(['c']);
    await pass(3500);
    expect(at(there)).toHaveLength(2);
    expect([...at(here), ...at(there)]).toHaveLength(4);
    expect(new Set([...at(here), ...at(there)]).size).toBe(4);
  });

  it('are all handled before a process that takes all of them is quiet, and it waits for no look', async () => {
    const lanes = Array.from({ length: 30 }, (_, index) => `lane ${index}`);
    await here.store.accept(lanes.map(lane => entry(lane, { lane })));
    const alone = await create();
    await alone.worker.start({ all: true });
    let isQuiet = false;
    void alone.worker.quiet().then(() => (isQuiet = true));
    await quiet();
    while (!isQuiet) {
      for (const lane of at(alone)) await handle(alone, lane, 'empty');
      await quiet();
    }
    expect((await here.store.counts()).byState).toMatchObject({ pending: 0, settled: 30 });
  });

  it('are all handled, each message once, by three processes with more of them than can be worked on', async () => {
    const third = await create();
    await third.worker.start();
    const lanes = Array.from({ length: 40 }, (_, index) => `lane ${index}`);
    await arrive(here, [...lanes, ...lanes]);
    const handled: string[] = [];
    while (handled.length < 80) {
      const before = handled.length;
      for (const process of processes) {
        for (const lane of at(process)) {
          const head = await process.store.head(lane);
          if (head) handled.push(head.id);
          await handle(process, lane, head ? 'more' : 'empty');
        }
      }
      if (handled.length === before) await pass(250);
    }
    expect(new Set(handled).size).toBe(80);
    expect(processes.map(({ begun }) => begun.length).every(turns => turns > 10)).toBe(true);
    for (const process of processes) for (const lane of at(process)) await process.open.get(lane)?.end('empty');
    expect(await here.store.claims.holders('lane ')).toEqual([]);
  });

  it('are left to others by a process whose turns could do nothing, and taken when they could', async () => {
    here.canWork = false;
    await arrive(here, ['a', 'b', 'c']);
    await pass(3500);
    expect([here.begun, at(there)]).toEqual([[], ['a', 'b']]);
    here.canWork = true;
    await here.worker.refresh();
    await quiet();
    expect(at(here)).toEqual(['c']);
  });

  it('are taken up after a time in which the store was away, without another sign', async () => {
    const { claim } = here.store.claims;
    Object.assign(here.store.claims, { claim: () => Promise.reject(new Error('away')) });
    there.canWork = false;
    await arrive(here, ['a']);
    await pass(60_000);
    expect(here.begun).toEqual([]);
    Object.assign(here.store.claims, { claim });
    await pass(3500);
    expect(at(here)).toEqual(['a']);
  });
});

describe('a claim that is lost', () => {
  beforeEach(async () => {
    await arrive(here, ['a']);
    const unheard = () => Promise.reject(new Error('nobody hears it'));
    Object.assign(here.store.claims, { claim: unheard, renew: unheard, release: unheard });
  });

  it('interrupts the turn, and another process takes the lane over within 15 s', async () => {
    const hold = here.open.get('a')?.hold;
    await pass(8500);
    expect(hold?.signal.aborted).toBe(false);
    await pass(6500);
    expect(hold?.signal.aborted).toBe(true);
    expect(() => hold?.assertHeld()).toThrow();
    expect(at(there)).toEqual(['a']);
  });

  it('has its lane go before all others, however many wait at whoever takes it over', async () => {
    const others = Array.from({ length: 20 }, (_, index) => `lane ${index}`);
    await arrive(there, others);
    await pass(15_000);
    const [first = ''] = at(there);
    expect(at(there)).toHaveLength(parallel);
    await there.open.get(first)?.end({ until: clock.now() + 60_000 });
    expect(at(there)).toContain('a');
  });

  it('keeps the former owner from writing', async () => {
    await pass(15_000);
    const head = await there.store.head('a');
    await expect(here.store.settle(head?.id ?? '', 'silent')).rejects.toMatchObject({ code: 'STORE_CLAIMED' });
    await there.store.settle(head?.id ?? '', 'silent');
  });
});

describe('the end of a process', () => {
  it('begins no further turn in a lane, and gives it back when the one under way has ended', async () => {
    await arrive(here, ['a', 'a', 'b']);
    const stopped = here.worker.stop(60_000);
    await handle(here, 'a');
    expect(here.begun).toEqual(['a', 'b']);
    there.worker.look();
    await pass(250);
    expect(at(there)).toEqual(['a']);
    await handle(here, 'b');
    await stopped;
    expect(await here.store.claims.holders('b')).toEqual([]);
  });

  it('leaves what waits to others at once', async () => {
    await arrive(here, ['a', 'b', 'c']);
    const stopped = here.worker.stop(60_000);
    there.worker.look();
    await pass(250);
    expect(at(there)).toEqual(['c']);
    for (const lane of ['a', 'b']) await here.open.get(lane)?.end('more');
    await stopped;
    await pass(3500);
    expect(at(there)).toHaveLength(2);
  });
});
