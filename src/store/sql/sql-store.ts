import type { FirstStart } from '../account-opening.ts';
import { type EntryState, entryStates } from '../new-entry.ts';
import type { Counts, Entry, Store } from '../store.ts';
import { createAccounts } from './accounts.ts';
import { amendmentsOf } from './amendments.ts';
import { type ClaimSteps, createClaims } from './claims.ts';
import { type CommandSteps, createCommands } from './commands.ts';
import { type ContactAccesses, createContactAccess } from './contact-access.ts';
import { createContactLinks } from './contact-links.ts';
import { type ContactReads, createContactReads } from './contact-reads.ts';
import { createContacts } from './contacts.ts';
import type { Driver } from './driver.ts';
import { createForgetting } from './forgetting.ts';
import { createInserts } from './insert.ts';
import { createKnownIds } from './known-ids.ts';
import { createKnownSenders, type KnownSenders } from './known-senders.ts';
import { createLearnContacts } from './learn-contacts.ts';
import { createLookups } from './lookups.ts';
import { createNotes } from './notes.ts';
import { createOutbox, type Outgoings } from './outbox.ts';
import { createPasses } from './passes.ts';
import { listQuery, queries } from './queries.ts';
import { createRecognition, type Recognition } from './recognition.ts';
import { createRefile } from './refile.ts';
import { createRestored, type Restored } from './restored.ts';
import type { Row, Statements, Step } from './step.ts';
import { createTransactions, type Transactions } from './transactions.ts';
import { createTransitions } from './transitions.ts';
import { createUpkeep } from './upkeep.ts';

type Select = Statements<keyof typeof queries>;

/** What the parts of the store use. */
interface Parts {
  driver: Driver;
  transactions: Transactions;
  select: Select;
  claims: ClaimSteps;
  outgoings: Outgoings;
  accesses: ContactAccesses;
  senders: KnownSenders;
  recognition: Recognition;
  reads: ContactReads;
  commandSteps: CommandSteps;
  restored: Restored;
}

/** Creates the store on an open database; see `openStore` in `open.ts`. `delivers`: this process works on lanes. */
export async function createSqlStore(driver: Driver, options: { delivers?: boolean } = {}): Promise<Store> {
  const { prepareAll, shared } = driver;
  const transactions = createTransactions(driver);
  const claims = createClaims(driver, options.delivers === true);
  const { steps: outgoings, outbox } = createOutbox(prepareAll, transactions, claims);
  const reads = createContactReads(prepareAll);
  const senders = createKnownSenders(driver);
  const { steps: accesses, access } = createContactAccess(prepareAll, { transactions, outgoings, senders });
  const recognition = createRecognition(prepareAll, reads, senders);
  const links = createContactLinks(prepareAll, { reads, recognition, accesses });
  const { steps: commandSteps, commands } = createCommands(prepareAll, transactions, { outgoings, shared });
  const parts: Parts = {
    driver,
    transactions,
    select: prepareAll(queries),
    claims,
    outgoings,
    accesses,
    senders,
    recognition,
    reads,
    commandSteps,
    restored: createRestored(prepareAll),
  };
  return {
    ...createArrivals(parts),
    ...createQueue(parts),
    ...createCompanions(parts),
    ...createProgress(parts),
    ...(await createUpkeep(parts)),
    ...createLookups(prepareAll, transactions),
    claims: claims.claims,
    outbox,
    contacts: createContacts(prepareAll, { reads, senders, links, transactions }),
    access,
    commands,
    notes: createNotes(prepareAll, transactions, claims),
    forgetting: createForgetting(driver, { transactions, links, senders }),
    onNews: driver.onNews ?? (() => () => undefined),
    displaced: driver.displaced,
    close: driver.close,
  };
}

/** Arriving entries, by account. */
function createArrivals(parts: Parts) {
  const { select, claims, recognition, accesses, reads, commandSteps: commands, restored } = parts;
  const { prepareAll } = parts.driver;
  const { read, write, moveCursor } = parts.transactions;
  const ids = createKnownIds(prepareAll, parts.driver.shared);
  const inserts = createInserts(prepareAll, { ids, recognition, accesses, commands, restored });
  const accounts = createAccounts(prepareAll, createLearnContacts(prepareAll, recognition));
  const passes = createPasses(prepareAll, inserts, accounts, commands);
  const refile = createRefile(prepareAll, reads);
  return {
    openAccount: (account, opening) => moveCursor((_, transaction) => accounts.open(account, opening, transaction)),
    refile: (account, { read: readBody, alone }) => write(() => refile(account, readBody, alone)),
    firstStart: account =>
      read(function* (): Step<FirstStart | null> {
        const { own, listed } = yield* positionOf(select, account);
        return own === null ? null : { own, listed };
      }),
    setFirstStart: (account, note) => write(() => claims.ofPolling(account, accounts.setFirstStart(account, note))),
    accept: entries =>
      ids.arriving(entries, () =>
        write((at, transaction) => inserts.accept(entries, at, transaction), entries, inserts.ahead),
      ),
    hold: (account, entries, place = { newestFirst: true }) =>
      ids.arriving(entries, () =>
        write(
          (at, transaction) => claims.ofPolling(account, passes.hold(account, { entries, ...place }, at, transaction)),
          entries,
        ),
      ),
    endPass: (account, end) =>
      ids.arriving(end.entries, () =>
        moveCursor(
          (at, transaction) => claims.ofPolling(account, passes.end(account, end, at, transaction)),
          end.entries,
        ),
      ),
    holding: () =>
      read(function* () {
        return (yield* select.holding.all()).map(row => String(row.account));
      }),
    releaseHeld: (account, newestFirst) =>
      write((at, transaction) => claims.ofPolling(account, passes.release(account, newestFirst, at, transaction))),
    cursor: account =>
      read(function* () {
        return (yield* positionOf(select, account)).cursor;
      }),
    proven: account =>
      read(function* () {
        return (yield* positionOf(select, account)).proven;
      }),
    setCursor: (account, cursor, { proven } = { proven: false }) => {
      const position = { cursor, proven: proven ? cursor : null };
      return moveCursor(() => claims.ofPolling(account, accounts.setCursor(account, position)));
    },
  } satisfies Partial<Store>;
}

type Position = Record<'cursor' | 'proven' | 'own' | 'listed', number | null>;

function* positionOf(select: Select, account: string): Step<Position> {
  const found = yield* select.position.get(account);
  return (found ?? { cursor: null, proven: null, own: null, listed: null }) as Position;
}

/** Waiting entries, and who works on them. */
function createQueue({ transactions: { read }, select, claims, commandSteps }: Parts) {
  return {
    lanes: account =>
      read(function* (now) {
        const rows = yield* account === undefined ? select.lanes.all() : select.lanesOf.all(account);
        return yield* claims.withoutOthers(
          rows.map(row => String(row.lane)),
          now,
        );
      }),
    abandoned: account =>
      read(function* (now) {
        const { inbox } = yield* claims.abandoned(now);
        if (inbox.length === 0) return [];
        return (yield* select.waitingIn.all(JSON.stringify(inbox), account)).map(({ lane }) => String(lane));
      }),
    head: lane =>
      read(now => toEntry(commandSteps.mayMute() ? select.headUnmuted.get({ lane, now }) : select.head.get(lane))),
    waiting: (lane, limit) =>
      read(now =>
        toEntries(
          commandSteps.mayMute() ? select.waitingUnmuted.all({ lane, limit, now }) : select.waiting.all(lane, limit),
        ),
      ),
    failing: ({ attempts, limit }) => read(() => toEntries(select.failing.all(attempts, limit))),
    counts: () =>
      read(function* () {
        return toCounts(yield* select.counts.all());
      }),
    oldest: states =>
      read(function* () {
        const times: Partial<Record<EntryState, number>> = {};
        for (const state of states) {
          const oldest = (yield* select.oldest.get(state))?.oldest;
          if (typeof oldest === 'number') times[state] = oldest;
        }
        return times;
      }),
    get: id => read(() => toEntry(select.get.get(id))),
  } satisfies Partial<Store>;
}

/** Entries that accompany another one. */
function createCompanions({ transactions: { read }, select }: Parts) {
  return {
    context: (id, limit) =>
      read(function* () {
        const carried = (yield* select.carried.get(id)) as { context: number; gathered: number };
        return {
          entries: carried.context === 0 ? [] : (yield* toEntries(select.context.all(id, limit))).reverse(),
          count: carried.context,
          gathered: carried.gathered === 0 ? [] : yield* toEntries(select.gathered.all(id)),
        };
      }),
    amendments: of =>
      read(function* () {
        return (yield* select.amended.get(of.id)) ? yield* amendmentsOf(select.amending, of) : [];
      }),
  } satisfies Partial<Store>;
}

/** Changes of entries, by the agent and by an operator. */
function createProgress(parts: Parts) {
  const { claims, outgoings, accesses, restored } = parts;
  const { prepareAll } = parts.driver;
  const { read, write, operate } = parts.transactions;
  const { ofEntry } = claims;
  const transitions = createTransitions(prepareAll, { claims, outgoings, accesses });
  return {
    begin: (id, run) => write((at, _, now) => ofEntry(id, transitions.begin(id, run, { at, now }))),
    settle: (id, outcome, also = {}) => write(at => ofEntry(id, transitions.settle(id, outcome, also, at))),
    note: id => write(at => ofEntry(id, transitions.note(id, at))),
    revise: (id, revision) => write(at => ofEntry(id, transitions.revise(id, revision, at))),
    fail: (id, reason, run) => write(at => ofEntry(id, transitions.fail(id, reason, run, at))),
    refuse: refused => write(at => ofEntry(refused.id, transitions.refuse(refused, at))),
    awaitApproval: (id, offer) => write(at => ofEntry(id, transitions.awaitApproval(id, offer, at))),
    defer: (id, wait) => write(at => ofEntry(id, transitions.defer(id, wait, at))),
    list: ({ states = entryStates, limit }) =>
      read(function* () {
        const wanted = [...new Set(states)];
        if (wanted.length === 0) return [];
        const parameters = wanted.flatMap(state => [state, limit]);
        return yield* toEntries(prepareAll({ list: listQuery(wanted.length) }).list.all(...parameters, limit));
      }),
    retry: (ids, options) => operate(at => transitions.retry(ids, options, at)),
    drop: ids => operate(at => transitions.drop(ids, at)),
    markRestored: restoring => write(at => restored.mark(restoring, transitions.drop, at)),
  } satisfies Partial<Store>;
}

function toEntries(rows: Step<Row[]>): Step<Entry[]> {
  return rows as unknown as Step<Entry[]>;
}

function* toEntry(row: Step<Row | undefined>): Step<Entry | null> {
  return ((yield* row) as unknown as Entry | undefined) ?? null;
}

function toCounts(rows: Record<string, unknown>[]): Counts {
  const byState = Object.fromEntries(entryStates.map(state => [state, 0])) as Record<EntryState, number>;
  for (const { state, entries } of rows) byState[state as EntryState] = Number(entries);
  return { byState, oldestUndelivered: (rows[0]?.oldest ?? null) as number | null };
}
