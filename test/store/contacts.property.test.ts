import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KnownContact } from '../../src/domain/contact.ts';
import { conversationKey } from '../../src/domain/conversation.ts';
import type { Identities, IdentityChange } from '../../src/domain/identity.ts';
import type { ReceivedEntry } from '../../src/store/new-entry.ts';
import { createSqlStore } from '../../src/store/sql/sql-store.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { createSqliteDriver } from '../../src/store/sqlite/sqlite-driver.ts';
import type { Store } from '../../src/store/store.ts';
import { account, type HeldClock, heldClock } from './fixtures.ts';
import { received } from './received.ts';

/** Milliseconds for the random walk. */
const timeBox = 4_000;
const second = 1000;

type Show = 'phone' | 'id' | 'parent' | 'phone and id' | 'all';

/** What happens in the world, to persons and numbers, and what the program is told of it. */
type Happening =
  | { do: 'write'; who: number; show: Show; after: number }
  | { do: 'change number'; who: number; to: number; ids: boolean; newId: boolean }
  | { do: 'change id'; who: number; withPhone: boolean }
  | { do: 'leave'; who: number }
  | { do: 'arrive'; who: number; to: number }
  | { do: 'deliver'; order: number[]; by: 'webhook' | 'poll' }
  | { do: 'work'; lane: number }
  | { do: 'finish'; entry: number }
  | { do: 'link'; one: number }
  | { do: 'unlink'; contact: number; identity: number };

// Few persons and numbers, so that numbers pass on often.
const who = fc.nat(1);
const phone = fc.nat(2);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      who,
      show: fc.constantFrom<Show>('phone', 'id', 'parent', 'phone and id', 'all'),
      after: fc.nat(2),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('change number' as const),
      who,
      to: phone,
      ids: fc.boolean(),
      newId: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant('change id' as const), who, withPhone: fc.boolean() }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('arrive' as const), who, to: phone }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      order: fc.array(fc.nat(9), { maxLength: 4 }),
      by: fc.constantFrom('webhook' as const, 'poll' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('work' as const), lane: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('finish' as const), entry: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('link' as const), one: fc.nat(9) }) },
  fc.record({ do: fc.constant('unlink' as const), contact: fc.nat(9), identity: fc.nat(9) }),
);

interface Person {
  phone: number | null;
  userId: string;
  parentId: string;
  /** The program has been told that this number and this id are one person's. Else somebody else may be taken for it. */
  isShown: boolean;
}

/** The world, with who is who in truth, and the program's inbox. */
function createWorld(store: Store, clock: HeldClock) {
  const persons: Person[] = [0, 1].map(n => ({
    phone: n,
    userId: `US.${n}`,
    parentId: `US.ENT.${n}`,
    isShown: false,
  }));
  const formerHolders = new Map<number, Set<number>>([0, 1].map(n => [n, new Set([n])]));
  const truth = new Map<string, number>();
  const entries = new Map<string, ReceivedEntry>();
  let waiting: ReceivedEntry[] = [];
  let messages = 0;
  let ids = 0;

  const digits = (of: number | null) => (of === null ? null : `1555010700${of}`);
  const identities = ({ phone, userId, parentId }: Person, show: Show): Identities => ({
    phone: show === 'id' || show === 'parent' ? null : digits(phone),
    userId: show === 'phone' || show === 'parent' ? null : userId,
    parentId: show === 'parent' || show === 'all' ? parentId : null,
  });
  const isFree = (of: number) => persons.every(({ phone }) => phone !== of);
  const wasOthers = (of: number, by: number) => [...(formerHolders.get(of) ?? [])].some(one => one !== by);
  /** Whether the program may still take the person for somebody who had the number before. */
  const isUnknown = (by: number) => {
    const { phone: of, isShown } = persons[by] as Person;
    return of !== null && !isShown && wasOthers(of, by);
  };
  const take = (of: number, by: number) => formerHolders.set(of, (formerHolders.get(of) ?? new Set()).add(by));

  const send = (by: number, from: Identities & { change?: IdentityChange }) => {
    const id = `m${++messages}`;
    truth.set(id, by);
    const entry = received(id, from, { occurredAt: clock.now() });
    const file: ReceivedEntry['file'] = contact => {
      const lane = conversationKey({ account, contact: contact.key, group: null });
      return { ...entry.file(contact), lane, conversation: lane };
    };
    waiting.push({ ...entry, file });
    entries.set(id, { ...entry, file });
  };
  const accept = async (entries: ReceivedEntry[], by: 'webhook' | 'poll') => {
    if (by === 'webhook') for (const one of entries) await store.accept([one]);
    else await store.endPass(account, { entries, newestFirst: true, cursor: clock.now() });
  };
  /** What decides who has a number must be known before somebody else can have it: nobody can tell otherwise. */
  const flush = async () => {
    const all = waiting;
    waiting = [];
    await accept(all, 'webhook');
  };

  const steps = {
    async write({ who, show, after }: Extract<Happening, { do: 'write' }>) {
      const person = persons[who] as Person;
      clock.set(clock.now() + after * second);
      if (person.phone === null) return;
      const mustShow = isUnknown(who);
      if (mustShow) await flush();
      send(who, identities(person, mustShow ? 'phone and id' : show));
      if (mustShow) await flush();
      if (mustShow) person.isShown = true;
    },
    async 'change number'({ who, to, ids: namesIds, newId }: Extract<Happening, { do: 'change number' }>) {
      const person = persons[who] as Person;
      if (person.phone === null || !isFree(to) || isUnknown(who)) return;
      await flush();
      clock.set(clock.now() + second);
      const named = (one: Person): Identities => ({ ...identities(one, namesIds ? 'all' : 'phone') });
      const before = named(person);
      person.phone = to;
      if (newId) person.userId = `US.x${++ids}`;
      person.isShown = false;
      const after = named(person);
      send(who, { ...before, change: { before, after } });
      const isOthers = wasOthers(to, who);
      take(to, who);
      if (isOthers) await flush();
      clock.set(clock.now() + second);
    },
    async 'change id'({ who, withPhone }: Extract<Happening, { do: 'change id' }>) {
      const person = persons[who] as Person;
      if (person.phone === null || isUnknown(who)) return;
      await flush();
      clock.set(clock.now() + second);
      const show = withPhone ? 'phone and id' : 'id';
      const before = identities(person, show);
      person.userId = `US.x${++ids}`;
      send(who, { ...before, change: { before, after: identities(person, show) } });
      clock.set(clock.now() + second);
    },
    /** Gives the number up without a word. */
    async leave({ who }: Extract<Happening, { do: 'leave' }>) {
      const person = persons[who] as Person;
      if (person.phone === null) return;
      await flush();
      // Of whom only the number was ever known, nobody can tell that the number is another person's.
      clock.set(clock.now() + second);
      send(who, identities(person, 'phone and id'));
      await flush();
      clock.set(clock.now() + second);
      person.phone = null;
    },
    async arrive({ who, to }: Extract<Happening, { do: 'arrive' }>) {
      const person = persons[who] as Person;
      if (person.phone !== null || !isFree(to)) return;
      await flush();
      Object.assign(person, { phone: to, userId: `US.x${++ids}`, isShown: false });
      take(to, who);
      clock.set(clock.now() + second);
    },
    async deliver({ order, by }: Extract<Happening, { do: 'deliver' }>) {
      const chosen = [...new Set(order.map(at => waiting[at % Math.max(1, waiting.length)]))].filter(
        one => one !== undefined,
      );
      waiting = waiting.filter(one => !chosen.includes(one));
      await accept(chosen, by);
    },
    async work({ lane }: Extract<Happening, { do: 'work' }>) {
      const lanes = (await store.lanes()).toSorted();
      const head = await store.head(lanes[lane % Math.max(1, lanes.length)] ?? '');
      if (head?.state === 'pending') await store.begin(head.id, { runKey: head.id, runNumber: 1, lane: head.lane });
    },
    async finish({ entry }: Extract<Happening, { do: 'finish' }>) {
      const running = await store.list({ states: ['sending'], limit: 100 });
      const one = running[entry % Math.max(1, running.length)];
      if (one) await store.settle(one.id, 'silent');
    },
    /** An operator is right: both are one person in truth. */
    async link({ one }: Extract<Happening, { do: 'link' }>) {
      const known = await store.contacts.list();
      const all = await store.list({ limit: 1000 });
      const of = ({ key }: KnownContact) => all.filter(({ contact }) => contact === key);
      const personOf = (contact: KnownContact) => new Set(of(contact).map(({ id }) => truth.get(id)));
      const isSame = ([a, ...others]: unknown[], [b, ...more]: unknown[]) =>
        a !== undefined && a === b && others.length + more.length === 0;
      const pairs = known.flatMap(keep => known.map(lost => ({ keep, lost })));
      const same = pairs.filter(({ keep, lost }) => keep !== lost && isSame([...personOf(keep)], [...personOf(lost)]));
      const pair = same[one % Math.max(1, same.length)];
      if (pair === undefined) return;
      const { keep, lost } = pair;
      const busy = [...of(keep), ...of(lost)].some(({ state }) => state === 'sending');
      const done = await store.contacts.link(account, { keep: keep.key, other: lost.key }, { alone: false });
      expect(done.done).toBe(!busy);
    },
    async unlink({ contact, identity }: Extract<Happening, { do: 'unlink' }>) {
      const known = await store.contacts.list();
      const present = known[contact % Math.max(1, known.length)]?.identities.filter(({ former }) => !former) ?? [];
      const one = present[identity % Math.max(1, present.length)]?.identity;
      const read = (body: string) => entries.get(body.replace('body of ', '')) ?? null;
      if (one !== undefined) await store.contacts.unlink(account, one, { alone: false, read });
    },
  };
  return {
    truth,
    happen: (one: Happening) => steps[one.do](one as never),
    flush,
  };
}

async function check(store: Store, truth: ReadonlyMap<string, number>): Promise<void> {
  const entries = await store.list({ limit: 1000 });
  const group = <K>(by: (entry: (typeof entries)[number]) => K) => Map.groupBy(entries, by).values();
  for (const same of [...group(({ lane }) => lane), ...group(({ session }) => session)]) {
    const persons = new Set(same.map(({ id }) => truth.get(id)));
    expect(persons.size, `one lane for several persons: ${same.map(({ id, lane }) => `${id} in ${lane}`)}`).toBe(1);
  }
  for (const same of group(({ contact }) => contact)) {
    const waits = same.filter(({ state }) => state === 'pending' || state === 'sending');
    const lanes = new Set(waits.map(({ lane }) => lane));
    expect(lanes.size, `several lanes for one contact: ${[...lanes]}`).toBeLessThanOrEqual(1);
  }
}

it(
  'never has two lanes at work for one contact, nor one lane for two persons, whatever comes in whatever order',
  async () => {
    const property = fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 50 }), async happenings => {
      const clock = heldClock(1_700_000_000_000);
      const db = new DatabaseSync(':memory:');
      migrate(db);
      const store = await createSqlStore(createSqliteDriver({ db, path: ':memory:', clock }));
      try {
        const world = createWorld(store, clock);
        for (const one of happenings) {
          await world.happen(one);
          await check(store, world.truth);
        }
        await world.flush();
        await check(store, world.truth);
      } finally {
        await store.close();
      }
    });
    const details = await fc.check(property, { numRuns: 10_000, interruptAfterTimeLimit: timeBox });
    console.log(`contacts: ${details.numRuns} sequences from seed ${details.seed}`);
    if (details.failed) throw new Error(await fc.asyncDefaultReportMessage(details));
    expect(details.numRuns).toBeGreaterThan(10);
  },
  timeBox + 60_000,
);
