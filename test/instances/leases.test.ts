import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hold } from '../../src/instances/hold.ts';
import { createLeases, type Leases, lease } from '../../src/instances/leases.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import type { Claims } from '../../src/store/claims.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../store/fixtures.ts';

/** Claims of a store that is away at times, and that the test counts and may hold up. */
interface Wired extends Claims {
  asked: string[];
  away: Error | null;
  /** Until it resolves, no renewal reaches the store. */
  heldUp: Promise<void> | null;
}

let dir: TemporaryDirectory;
let clock: ManualClock;
let stores: Store[];
let told: AppEvent[];
let claims: Wired;
let leases: Leases;
/** Those of another process. */
let other: Claims;

const open = async (): Promise<Store> => {
  const store = await openStore({ dir: dir.path, clock, delivers: true, shared: true });
  stores.push(store);
  return store;
};

function wire(real: Claims): Wired {
  const wired: Wired = {
    ...{ shared: true, owner: real.owner, holders: real.holders, end: real.end, asked: [], away: null, heldUp: null },
    claim: async (lanes, ms) => {
      wired.asked.push(`claim ${lanes.join(' ')}`);
      if (wired.away) throw wired.away;
      return real.claim(lanes, ms);
    },
    renew: async ms => {
      wired.asked.push('renew');
      await wired.heldUp;
      if (wired.away) throw wired.away;
      return real.renew(ms);
    },
    release: async (lanes, how) => {
      wired.asked.push(`release ${lanes.join(' ')}${how?.wanted ? ' for others' : ''}`);
      if (wired.away) throw wired.away;
      return real.release(lanes, how);
    },
  };
  return wired;
}

beforeEach(async () => {
  dir = await temporaryDirectory();
  clock = manualClock(Date.UTC(2026, 10, 30));
  [stores, told] = [[], []];
  claims = wire((await open()).claims);
  other = (await open()).claims;
  leases = createLeases({ claims, clock, emit: event => told.push(event) });
});

afterEach(async () => {
  await leases.stop();
  for (const store of stores) await store.close();
  await dir[Symbol.asyncDispose]();
});

/** Resolves when what was asked of the store is answered. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await quiet();
}

async function take(lane: string): Promise<Hold> {
  const hold = await leases.take(lane);
  if (hold === null) throw new Error(`${lane} is not to be had`);
  return hold;
}

const isHeld = (hold: Hold) => {
  try {
    hold.assertHeld();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'STORE_CLAIMED' });
    return false;
  }
};
const lost = () => told.flatMap(event => (event.type === 'claim lost' ? event.lane : []));

describe('what is taken', () => {
  it('is claimed together, when it is asked for in one moment; what another process has is not to be had', async () => {
    await other.claim(['b'], lease);
    const holds = await Promise.all(['a', 'b', 'c'].map(leases.take));
    expect(holds.map(hold => hold !== null)).toEqual([true, false, true]);
    expect(claims.asked).toEqual(['claim a b c']);
    expect(holds.flatMap(hold => (hold ? isHeld(hold) : []))).toEqual([true, true]);
  });

  it('is renewed at a third of the lease, all of it in one call, as long as it lasts', async () => {
    const [a, b] = [await take('a'), await take('b')];
    claims.asked = [];
    for (let thirds = 0; thirds < 30; thirds += 1) await pass(Math.ceil(lease / 3));
    expect(new Set(claims.asked)).toEqual(new Set(['renew']));
    expect(claims.asked).toHaveLength(30);
    expect([a, b].map(isHeld)).toEqual([true, true]);
    expect(await other.claim(['a', 'b'], lease)).toEqual([]);
  });

  it('is renewed in time however often something else is taken', async () => {
    const hold = await take('a');
    for (let second = 0; second < 30; second += 1) {
      await take(`lane ${second}`);
      await leases.giveBack(`lane ${second}`, { wanted: false });
      await pass(1000);
    }
    expect(isHeld(hold)).toBe(true);
    expect(claims.asked.filter(what => what === 'renew').length).toBeLessThan(12);
  });

  it('is free for others as soon as it is given back, and then nothing is renewed', async () => {
    await take('a');
    await leases.giveBack('a', { wanted: false });
    expect(claims.asked.at(-1)).toBe('release a');
    expect(await other.claim(['a'], lease)).toEqual(['a']);
    claims.asked = [];
    await pass(10 * lease);
    expect(claims.asked).toEqual([]);
    expect(clock.pending()).toEqual([]);
  });

  it('is given back at the end, all of it at once, and nothing more is taken', async () => {
    await take('a');
    await take('b');
    claims.asked = [];
    await leases.stop();
    expect(claims.asked).toEqual(['release a b for others']);
    expect(await leases.take('c')).toBeNull();
    expect(await other.claim(['a', 'b', 'c'], lease)).toEqual(['a', 'b', 'c']);
    expect(clock.pending()).toEqual([]);
  });
});

describe('a claim is lost', () => {
  it('when another process has taken it over', async () => {
    const [a, b] = [await take('a'), await take('b')];
    // As after a time in which nothing of this process was heard: neither clock shows it here.
    const later = manualClock(clock.now() + lease);
    const store = await openStore({ dir: dir.path, clock: later, delivers: true, shared: true });
    stores.push(store);
    expect(await store.claims.claim(['a'], lease)).toEqual(['a']);
    expect(a.signal.aborted).toBe(false);
    await pass(Math.ceil(lease / 3));
    expect([a, b].map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect([a, b].map(isHeld)).toEqual([false, true]);
    expect(lost()).toEqual(['a']);
  });

  it('when it could not be renewed for the time of the lease: before others can have it', async () => {
    const hold = await take('a');
    claims.away = new Error('the store is away');
    await pass(lease - 1500);
    expect([hold.signal.aborted, isHeld(hold)]).toEqual([false, true]);
    await pass(500);
    expect([hold.signal.aborted, isHeld(hold)]).toEqual([true, false]);
    expect(await other.claim(['a'], lease)).toEqual([]);
    await pass(1000);
    expect(await other.claim(['a'], lease)).toEqual(['a']);
  });

  it('also while a renewal hangs', async () => {
    const hold = await take('a');
    const over = Promise.withResolvers<void>();
    claims.heldUp = over.promise;
    await pass(lease);
    expect(hold.signal.aborted).toBe(true);
    over.resolve();
    await quiet();
    // The renewal came late. Nobody works on the lane, so it is given back.
    expect(await other.claim(['a'], lease)).toEqual(['a']);
  });

  it.each([
    [
      'the monotonic clock goes on alone, as when the process was stopped',
      (ms: number) => ({ monotonic: ms, wall: 0 }),
    ],
    ['the time of day goes on alone, as when the machine was suspended', (ms: number) => ({ monotonic: 0, wall: ms })],
  ])('before any timer runs, when %s', async (_, passing) => {
    let past = { monotonic: 0, wall: 0 };
    const stopped = {
      ...clock,
      now: () => clock.now() + past.wall,
      monotonic: () => clock.monotonic() + past.monotonic,
    };
    leases = createLeases({ claims, clock: stopped, emit: event => told.push(event) });
    const hold = await take('a');
    past = passing(lease - 1001);
    expect(isHeld(hold)).toBe(true);
    past = passing(lease - 1000);
    expect(isHeld(hold)).toBe(false);
    expect(hold.signal.aborted).toBe(true);
    past = { monotonic: 0, wall: 0 };
    expect(isHeld(hold)).toBe(false);
  });

  it('and can be claimed again, without the former right coming back', async () => {
    const former = await take('a');
    claims.away = new Error('the store is away');
    await pass(lease);
    claims.away = null;
    const hold = await take('a');
    expect([former, hold].map(isHeld)).toEqual([false, true]);
  });
});

describe('what leaves', () => {
  it('must leave within the time of a lease, also when the claim lasts longer', async () => {
    const hold = await take('a');
    const leaves = hold.departure();
    await pass(lease / 2);
    leaves?.();
    await pass(lease / 2 - 1000);
    expect(isHeld(hold)).toBe(true);
    expect(leaves).toThrow(expect.objectContaining({ code: 'STORE_CLAIMED' }));
    hold.departure()?.();
  });

  it('is refused without the number of whom it was for', async () => {
    const hold = await take('647000000000001/+15551230002');
    await pass(lease);
    expect(() => hold.assertHeld()).toThrow('the claim on 647000000000001/+1555…02 was lost');
  });

  it('must not leave when the claim is lost', async () => {
    const hold = await take('a');
    claims.away = new Error('the store is away');
    await pass(lease / 2);
    const leaves = hold.departure();
    await pass(lease / 2);
    expect(leaves).toThrow(expect.objectContaining({ code: 'STORE_CLAIMED' }));
  });
});

describe('a store that is away', () => {
  it('is told of once, and when it works again; nothing is to be had meanwhile', async () => {
    await take('a');
    claims.away = new Error('the store is away');
    expect(await leases.take('b')).toBeNull();
    await pass(lease / 2);
    expect(told).toEqual([{ type: 'claims failing', error: claims.away }]);
    claims.away = null;
    await pass(1000);
    expect(told.slice(1)).toEqual([{ type: 'claims work again' }]);
    expect(await leases.take('b')).not.toBeNull();
  });

  it('keeps a claim that lasts: a renewal is tried every second', async () => {
    const hold = await take('a');
    claims.away = new Error('the store is away');
    for (let second = 0; second < 7; second += 1) await pass(1000);
    claims.away = null;
    for (let second = 0; second < 7; second += 1) await pass(1000);
    expect(isHeld(hold)).toBe(true);
    expect(lost()).toEqual([]);
  });

  it('keeps nothing for others that was claimed while its answer was lost', async () => {
    await take('a');
    const real = claims.claim;
    claims.claim = async (lanes, ms) => {
      await real(lanes, ms);
      throw new Error('the answer was lost');
    };
    expect(await leases.take('b')).toBeNull();
    expect(await other.claim(['b'], lease)).toEqual([]);
    await pass(Math.ceil(lease / 3));
    expect(await other.claim(['b'], lease)).toEqual(['b']);
  });
});
