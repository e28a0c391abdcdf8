import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInstances, type Instances } from '../../src/instances/instances.ts';
import { lease } from '../../src/instances/leases.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import type { RolesStatus } from '../../src/observe/status.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { waits } from '../../src/waits.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../store/fixtures.ts';

/** A process that shares the store. */
interface Process {
  store: Store;
  instances: Instances;
  told: AppEvent[];
  /** Whether it has which role. */
  has(): Record<string, boolean>;
  giveUp(name: string): void;
  /** How often it was told that it has one, or has it no more. */
  changes: number;
  end(): Promise<void>;
}

let dir: TemporaryDirectory;
let clock: ManualClock;
let processes: Process[];

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    clock.advance(Math.min(left, 500));
    await quiet();
  }
}

async function create(names: readonly string[]): Promise<Process> {
  const store = await openStore({ dir: dir.path, clock, delivers: true, shared: true });
  const told: AppEvent[] = [];
  const instances = createInstances({ claims: store.claims, clock, emit: event => told.push(event) });
  if (instances === null) throw new Error('the store is not shared');
  const roles = names.map(name => [name, instances.role(name)] as const);
  const one: Process = {
    ...{ store, instances, told, changes: 0 },
    has: () => Object.fromEntries(roles.map(([name, { hold }]) => [name, hold !== null])),
    giveUp: name => roles.find(([role]) => role === name)?.[1].giveUp('it fails here'),
    end: async () => {
      await instances.roles.stop(0);
      await instances.leases.stop();
      await store.close();
      processes = processes.filter(other => other !== one);
    },
  };
  for (const [, role] of roles) role.onChange(() => (one.changes += 1));
  processes.push(one);
  return one;
}

/** Starts two processes. The first one has all roles, and gives the first of them up to the other one. */
async function handOver(names: [string, ...string[]]): Promise<[Process, Process]> {
  const [first, second] = [await create(names), await create(names)];
  await first.instances.roles.start();
  await second.instances.roles.start();
  await pass(4000);
  first.giveUp(names[0]);
  second.instances.look();
  await quiet();
  return [first, second];
}

/** From now on nobody hears what it asks of the store, until the returned function is called. */
function goUnheard({ store: { claims } }: Process): () => void {
  const { claim, renew } = claims;
  const unheard = () => Promise.reject(new Error('nobody hears it'));
  Object.assign(claims, { claim: unheard, renew: unheard });
  return () => Object.assign(claims, { claim, renew });
}

const status = ({ told }: Process): RolesStatus | undefined =>
  told.flatMap(event => (event.type === 'roles changed' ? event.roles : [])).at(-1);

beforeEach(async () => {
  dir = await temporaryDirectory();
  clock = manualClock(Date.UTC(2026, 10, 30));
  processes = [];
});

afterEach(async () => {
  for (const process of [...processes]) await process.end();
  await dir[Symbol.asyncDispose]();
});

it('a process that has the store alone has no roles', async () => {
  const store = await openStore({ dir: dir.path, clock, delivers: true });
  expect(createInstances({ claims: store.claims, clock, emit: () => undefined })).toBeNull();
  await store.close();
});

describe('a role', () => {
  it('is known when the start is over: one process has it', async () => {
    const [first, second] = [await create(['a', 'b']), await create(['a', 'b'])];
    await first.instances.roles.start();
    await second.instances.roles.start();
    expect(first.has()).toEqual({ a: true, b: true });
    expect(second.has()).toEqual({ a: false, b: false });
    await pass(60_000);
    expect(first.has()).toEqual({ a: true, b: true });
    expect(second.has()).toEqual({ a: false, b: false });
    expect([first.changes, second.changes]).toEqual([2, 0]);
  });

  it('is shown with who has it, when that changes', async () => {
    const [first, second] = [await create(['a']), await create(['a', 'b'])];
    await first.instances.roles.start();
    await second.instances.roles.start();
    await pass(9000);
    const [one, other] = [first.store.claims.owner, second.store.claims.owner];
    expect(status(first)).toEqual({ owner: one, own: ['a'], others: { b: other } });
    expect(status(second)).toEqual({ owner: other, own: ['b'], others: { a: one } });
    const before = first.told.length;
    await pass(60_000);
    expect(first.told).toHaveLength(before);
  });

  it('is handed over by a process that ends, at once where that is said', async () => {
    const [first, second] = [await create(['a']), await create(['a'])];
    await first.instances.roles.start();
    await second.instances.roles.start();
    await first.instances.roles.stop(0);
    expect(first.has()).toEqual({ a: false });
    second.instances.look();
    await quiet();
    expect(second.has()).toEqual({ a: true });
    await pass(30_000);
    expect(first.has()).toEqual({ a: false });
  });

  it('is noticed within seconds where nobody says it', async () => {
    const [first, second] = [await create(['a']), await create(['a'])];
    await first.instances.roles.start();
    await second.instances.roles.start();
    await first.end();
    await pass(3500);
    expect(second.has()).toEqual({ a: true });
  });

  it('is taken over within 15 s from a process that is gone, which has it no more when it comes back', async () => {
    const [first, second] = [await create(['a']), await create(['a'])];
    await first.instances.roles.start();
    await second.instances.roles.start();
    goUnheard(first);
    await pass(15_000);
    expect(second.has()).toEqual({ a: true });
    expect(first.has()).toEqual({ a: false });
    expect(first.told).toContainEqual(expect.objectContaining({ type: 'claim lost', lane: 'role:a' }));
  });

  it('that was lost is taken again when nobody else wants it', async () => {
    const first = await create(['a']);
    await first.instances.roles.start();
    const beHeard = goUnheard(first);
    await pass(lease - 1000);
    expect([first.has(), first.changes]).toEqual([{ a: false }, 2]);
    beHeard();
    await pass(4000);
    expect(first.has()).toEqual({ a: true });
  });

  it('whose work fails here is given up to another process, which keeps it', async () => {
    const [first, second] = await handOver(['a', 'b']);
    expect([first.has(), second.has()]).toEqual([
      { a: false, b: true },
      { a: true, b: false },
    ]);
    await pass(waits.role.kept + 60_000);
    expect(second.has()).toEqual({ a: true, b: false });
    const given = first.told.filter(({ type }) => type === 'role given up');
    expect(given).toEqual([{ type: 'role given up', role: 'a', reason: 'it fails here' }]);
    const shown = first.told.flatMap(event => (event.type === 'roles changed' ? [event.roles.givenUp ?? []] : []));
    expect(shown).toContainEqual([{ role: 'a', since: expect.any(Number), reason: 'it fails here' }]);
    // It is no news any more.
    expect(shown.at(-1)).toEqual([]);
  });

  it('that fails at every process is had by one of them again after a while, and kept', async () => {
    const [first, second] = await handOver(['a']);
    second.giveUp('a');
    await pass(waits.role.free - 4000);
    expect([first.has(), second.has()]).toEqual([{ a: false }, { a: false }]);
    await pass(10_000);
    const [holder, other] = first.has().a ? [first, second] : [second, first];
    expect([holder.has(), other.has()]).toEqual([{ a: true }, { a: false }]);
    // Whatever it says, it goes on for now.
    holder.giveUp('a');
    await pass(waits.role.kept - 60_000);
    expect([holder.has(), other.has()]).toEqual([{ a: true }, { a: false }]);
    await pass(60_000);
    holder.giveUp('a');
    other.instances.look();
    await quiet();
    expect([holder.has(), other.has()]).toEqual([{ a: false }, { a: true }]);
  });

  it('is not given up by a process that sees no other one', async () => {
    const first = await create(['a']);
    await first.instances.roles.start();
    await pass(4000);
    first.giveUp('a');
    await pass(1000);
    expect([first.has(), first.changes]).toEqual([{ a: true }, 1]);
  });

  it('that a process does not want is left to others, as long as that is so', async () => {
    const [first, second] = [await create([]), await create([])];
    let isWanted = false;
    const roles = [first.instances.role('a', () => isWanted), second.instances.role('a')];
    const having = () => roles.map(({ hold }) => hold !== null);
    await first.instances.roles.start();
    await second.instances.roles.start();
    expect(having()).toEqual([false, true]);
    isWanted = true;
    await second.end();
    await pass(3500);
    expect(having()[0]).toBe(true);
    isWanted = false;
    await pass(3500);
    expect(having()[0]).toBe(false);
    expect(first.instances.role('a')).toBe(roles[0]);
  });
});
