import { afterEach, beforeEach, expect, it } from 'vitest';
import { createInstances, type Instances } from '../../src/instances/instances.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { readInstances } from '../../src/views/instances.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../store/fixtures.ts';

let dir: TemporaryDirectory;
let clock: ManualClock;
let open: Store[];

beforeEach(async () => {
  dir = await temporaryDirectory();
  clock = manualClock(Date.UTC(2026, 10, 30));
  open = [];
});
afterEach(async () => {
  for (const store of open) await store.close();
  await dir[Symbol.asyncDispose]();
});

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    clock.advance(Math.min(left, 500));
    await quiet();
  }
}

async function start(...names: string[]): Promise<{ store: Store; instances: Instances; name: string }> {
  const store = await openStore({ dir: dir.path, clock, delivers: true, shared: true });
  open.push(store);
  const instances = createInstances({ claims: store.claims, clock, emit: () => undefined });
  if (instances === null) throw new Error('the store is not shared');
  for (const name of names) instances.role(name);
  await instances.roles.start();
  return { store, instances, name: store.claims.owner };
}

/** The claims of a process on another machine. */
async function elsewhere(): Promise<Store> {
  const store = await openStore({ dir: dir.path, clock, delivers: true, shared: true });
  open.push(store);
  return store;
}

it('an inbox that one process has alone has no instances', async () => {
  const store = await openStore({ dir: dir.path, clock });
  open.push(store);
  expect(await readInstances(store.claims, clock.now())).toBeNull();
});

it('an instance is seen as long as it renews its claims, also one without a role, and its roles are told', async () => {
  const [one, other] = [await start('a', 'b'), await start('a', 'b')];
  await pass(60_000);
  const { seen = [], free } = (await readInstances(one.store.claims, clock.now())) ?? {};
  const named = new Map(seen.map(instance => [instance.name, instance]));
  expect(seen).toHaveLength(2);
  expect(named.get(one.name)).toMatchObject({ alive: true, roles: ['a', 'b'] });
  expect(named.get(other.name)).toMatchObject({ alive: true, roles: [] });
  for (const { renewedAt } of seen) expect(clock.now() - renewedAt).toBeLessThan(3500);
  expect(free).toEqual([]);
  await one.instances.roles.stop(0);
  await other.instances.roles.stop(0);
  expect(await readInstances(one.store.claims, clock.now())).toEqual({ seen: [], free: ['a', 'b'] });
  await one.instances.leases.stop();
  await other.instances.leases.stop();
});

it('one that ended without a word is shown with the time of its last renewal, unless its machine has another one', async () => {
  const claims = (await elsewhere()).claims;
  await claims.claim(['instance:gone', 'role:a'], 10_000);
  const name = claims.owner;
  await pass(15_000);
  const lastSeen = { name, alive: false, renewedAt: clock.now() - 15_000, roles: [] };
  expect(await readInstances(claims, clock.now())).toEqual({ seen: [lastSeen], free: ['a'] });
  const again = await start();
  const { seen = [] } = (await readInstances(claims, clock.now())) ?? {};
  expect(seen.map(instance => instance.name)).toEqual([again.name]);
  await again.instances.roles.stop(0);
  await again.instances.leases.stop();
});
