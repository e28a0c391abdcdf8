import type { FirstStart } from '../account-opening.ts';
import { StoreError } from '../errors.ts';
import { type EntryState, entryStates } from '../new-entry.ts';
import type { Counts, Entry, Store } from '../store.ts';
import { createAccounts } from './accounts.ts';
import { type Claims, createClaims } from './claims.ts';
import { type CommandSteps, createCommands } from './commands.ts';
import { type ContactAccesses, createContactAccess } from './contact-access.ts';
import { createContactLinks } from './contact-links.ts';
import { type ContactReads, createContactReads } from './contact-reads.ts';
import { createContacts } from './contacts.ts';
import { createForget } from './forget.ts';
import type { Transaction } from './group-commit.ts';
import { createInserts } from './insert.ts';
import { createKnownSenders, type KnownSenders } from './known-senders.ts';
import { createLearnContacts } from './learn-contacts.ts';
import { createOutbox, type Outgoings } from './outbox.ts';
import { createPasses } from './passes.ts';
import { prepare, prepareAll } from './prepare.ts';
import { listQuery, queries } from './queries.ts';
import { createRecognition, type Recognition } from './recognition.ts';
import { createRefile } from './refile.ts';
import { wholeMilliseconds } from './time.ts';
import { createTransactions, type Transactions, type TransactionsOptions } from './transactions.ts';
import { createTransitions } from './transitions.ts';

/** Entries that one transaction of `prune` forgets, so that the event loop turns between them. */
const pruneChunk = 200;
/** Milliseconds for which a contact is remembered beyond its messages. */
const contactsKept = 365 * 86_400_000;
/** No entry was touched before this program was written. */
const earliestTouch = Date.UTC(2026, 0, 1);

type Select = ReturnType<typeof prepareAll<keyof typeof queries>>;

/** What the parts of the store use. */
interface Parts extends Pick<TransactionsOptions, 'db' | 'path' | 'clock'> {
  transactions: Transactions;
  select: Select;
  claims: Claims;
  outgoings: Outgoings;
  accesses: ContactAccesses;
  senders: KnownSenders;
  recognition: Recognition;
  reads: ContactReads;
  commandSteps: CommandSteps;
}

/** Creates the store on an open database; see `openStore` in `open.ts`. */
export function createSqliteStore(options: TransactionsOptions): Store {
  const { db, displaced = () => null } = options;
  const transactions = createTransactions(options);
  const { steps: outgoings, outbox } = createOutbox(db, transactions);
  const reads = createContactReads(db);
  const senders = createKnownSenders(db);
  const { steps: accesses, access } = createContactAccess(db, { transactions, outgoings, senders });
  const recognition = createRecognition(db, reads, senders);
  const links = createContactLinks(db, { reads, recognition, accesses });
  const { steps: commandSteps, commands } = createCommands(db, transactions, { ...options, outgoings });
  const parts: Parts = {
    ...options,
    transactions,
    select: prepareAll(db, queries),
    claims: createClaims(db),
    outgoings,
    accesses,
    senders,
    recognition,
    reads,
    commandSteps,
  };
  return {
    ...createArrivals(parts),
    ...createQueue(parts),
    ...createCompanions(parts),
    ...createProgress(parts),
    ...createUpkeep(parts),
    outbox,
    contacts: createContacts(db, { reads, senders, links, transactions }),
    access,
    commands,
    displaced,
    close: transactions.close,
  };
}

/** Arriving entries, by account. */
function createArrivals(parts: Parts) {
  const { db, select, recognition, accesses, reads, commandSteps: commands } = parts;
  const { read, write, moveCursor } = parts.transactions;
  const inserts = createInserts(db, { recognition, accesses, commands });
  const accounts = createAccounts(db, createLearnContacts(db, recognition));
  const passes = createPasses(db, inserts, accounts, commands);
  const refile = createRefile(db, reads);
  const positionOf = (account: string) =>
    (select.position.get(account) ?? { cursor: null, proven: null, own: null, listed: null }) as {
      cursor: number | null;
      proven: number | null;
      own: number | null;
      listed: number | null;
    };
  return {
    openAccount: (account, opening) => moveCursor((_, transaction) => accounts.open(account, opening, transaction)),
    refile: (account, { read: readBody, alone }) => write(() => refile(account, readBody, alone)),
    firstStart: account =>
      read((): FirstStart | null => {
        const { own, listed } = positionOf(account);
        return own === null ? null : { own, listed };
      }),
    setFirstStart: (account, note) => write(() => accounts.setFirstStart(account, note)),
    accept: entries => write((at, transaction) => inserts.accept(entries, at, transaction), entries),
    hold: (account, entries) => write((at, transaction) => passes.hold(account, entries, at, transaction), entries),
    endPass: (account, end) => moveCursor((at, transaction) => passes.end(account, end, at, transaction), end.entries),
    holding: () => read(() => select.holding.all().map(row => String(row.account))),
    releaseHeld: (account, newestFirst) => write(at => passes.release(account, newestFirst, at)),
    cursor: account => read(() => positionOf(account).cursor),
    proven: account => read(() => positionOf(account).proven),
    setCursor: (account, cursor, { proven } = { proven: false }) =>
      moveCursor(() => accounts.setCursor(account, { cursor, proven: proven ? cursor : null })),
  } satisfies Partial<Store>;
}

/** Waiting entries, and who works on them. */
function createQueue({ transactions: { read, write }, select, claims, commandSteps, clock }: Parts) {
  return {
    lanes: account =>
      read(() => {
        const rows = account === undefined ? select.lanes.all() : select.lanesOf.all(account);
        return rows.map(row => String(row.lane));
      }),
    claim: (lane, claim) => write(() => claims.claim(lane, claim, wholeMilliseconds(clock.now(), 'the clock'))),
    release: (lane, owner) => write(() => claims.release(lane, owner)),
    head: lane =>
      read(() =>
        toEntry(commandSteps.mayMute() ? select.headUnmuted.get({ lane, now: clock.now() }) : select.head.get(lane)),
      ),
    waiting: (lane, limit) =>
      read(() =>
        toEntries(
          commandSteps.mayMute()
            ? select.waitingUnmuted.all({ lane, limit, now: clock.now() })
            : select.waiting.all(lane, limit),
        ),
      ),
    failing: ({ attempts, limit }) => read(() => toEntries(select.failing.all(attempts, limit))),
    counts: () => read(() => toCounts(select.counts.all())),
    get: id => read(() => toEntry(select.get.get(id))),
  } satisfies Partial<Store>;
}

/** Entries that accompany another one. */
function createCompanions({ transactions: { read }, select }: Parts) {
  return {
    context: (id, limit) =>
      read(() => {
        const carried = select.carried.get(id) as { context: number; gathered: number };
        return {
          entries: carried.context === 0 ? [] : toEntries(select.context.all(id, limit)).reverse(),
          count: carried.context,
          gathered: carried.gathered === 0 ? [] : toEntries(select.gathered.all(id)),
        };
      }),
    amendments: of => read(() => (select.amended.get(of.id) ? toEntries(select.amendments.all(of)) : [])),
  } satisfies Partial<Store>;
}

/** Changes of entries, by the agent and by an operator. */
function createProgress({ db, transactions: { read, write }, claims, outgoings, accesses, clock }: Parts) {
  const transitions = createTransitions(db, { claims, outgoings, accesses });
  return {
    begin: (id, run) =>
      write(at => transitions.begin(id, run, { at, now: wholeMilliseconds(clock.now(), 'the clock') })),
    settle: (id, outcome, also = {}) => write(at => transitions.settle(id, outcome, also, at)),
    note: id => write(at => transitions.note(id, at)),
    revise: (id, revision) => write(at => transitions.revise(id, revision, at)),
    fail: (id, reason, run) => write(at => transitions.fail(id, reason, run, at)),
    refuse: refused => write(at => transitions.refuse(refused, at)),
    awaitApproval: (id, offer) => write(at => transitions.awaitApproval(id, offer, at)),
    defer: (id, wait) => write(at => transitions.defer(id, wait, at)),
    list: ({ states = entryStates, limit }) =>
      read(() => {
        const wanted = [...new Set(states)];
        if (wanted.length === 0) return [];
        const parameters = wanted.flatMap(state => [state, limit]);
        return toEntries(prepare(db, listQuery(wanted.length)).all(...parameters, limit));
      }),
    retry: (ids, options) => write(at => transitions.retry(ids, options, at)),
    drop: ids => write(at => transitions.drop(ids, at)),
  } satisfies Partial<Store>;
}

function createUpkeep({ db, path, transactions, select, claims, outgoings, senders, clock }: Parts) {
  const { read, write } = transactions;
  const forget = createForget(db);
  const forgetContacts = (before: number, transaction: Transaction) => {
    const count = forget.contacts(before, pruneChunk);
    if (count > 0) senders.forget(transaction);
    return count;
  };
  const writeProbe = prepare(db, 'UPDATE intake SET probes = probes + 1 RETURNING probes');
  let dataVersion = select.dataVersion.get()?.data_version;
  return {
    async prune(before) {
      const limit = wholeMilliseconds(before, 'the time before which to forget');
      await write(() => claims.prune(wholeMilliseconds(clock.now(), 'the clock')));
      while ((await write(at => (at < earliestTouch ? 0 : forget.redate(earliestTouch, at, pruneChunk)))) > 0);
      while ((await write(() => outgoings.prune(limit, pruneChunk))) === pruneChunk);
      while ((await write((_, transaction) => forgetContacts(limit - contactsKept, transaction))) === pruneChunk);
      for (let forgotten = 0; ; ) {
        const count = await write(() => forget.prune(limit, pruneChunk));
        forgotten += count;
        if (count < pruneChunk) return forgotten;
      }
    },
    changedElsewhere: () =>
      read(() => {
        const before = dataVersion;
        dataVersion = select.dataVersion.get()?.data_version;
        return dataVersion !== before;
      }),
    async probe() {
      const written = await write(() => Number(writeProbe.get()?.probes));
      const found = await read(() => Number(select.probed.get()?.probes));
      // Others probe too, so a higher number is as good.
      if (found < written) {
        throw new StoreError('STORE_IO', `the inbox ${path} does not keep what is written to it`, {
          hint: 'Check the disk of the state directory.',
        });
      }
    },
  } satisfies Partial<Store>;
}

function toEntries(rows: readonly Record<string, unknown>[]): Entry[] {
  return rows as unknown as Entry[];
}

function toEntry(row: Record<string, unknown> | undefined): Entry | null {
  return row === undefined ? null : (row as unknown as Entry);
}

function toCounts(rows: Record<string, unknown>[]): Counts {
  const byState = Object.fromEntries(entryStates.map(state => [state, 0])) as Record<EntryState, number>;
  for (const { state, entries } of rows) byState[state as EntryState] = Number(entries);
  return { byState, oldestUndelivered: (rows[0]?.oldest ?? null) as number | null };
}
