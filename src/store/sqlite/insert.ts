import type { DatabaseSync } from 'node:sqlite';
import type { EntryState, Filed, FiledEntry, NewEntry, ReceivedEntry } from '../new-entry.ts';
import type { Accepted } from '../store.ts';
import type { CommandSteps } from './commands.ts';
import { type ContactAccesses, waitsForApproval } from './contact-access.ts';
import type { Transaction } from './group-commit.ts';
import { prepareAll, type Statement } from './prepare.ts';
import type { Recognition } from './recognition.ts';
import { wholeMilliseconds } from './time.ts';

/**
 * Inserts arriving entries. Each method is a step to run inside a transaction.
 *
 * The order within a lane is `occurredAt`, then the batch, then the position in it. A batch is one polling pass, or the
 * accept calls of one transaction; they are numbered as they begin. The wire has whole seconds, so batch and position
 * often decide.
 */
export interface Inserts {
  accept(entries: readonly NewEntry[], at: number, transaction: Transaction): Accepted;
  find(id: string): Known | undefined;
  /** Finds out whose the new ones of these entries are, and where they belong, when it is asked for the first. */
  file(entries: readonly NewEntry[], at: number, transaction: Transaction): Filings;
  /** Adds an entry that is new. Returns what became of it. */
  add(entry: NewEntry, filings: Filings, state: 'held' | 'pending', place: Place): Added;
  /** Returns the number of a batch for a pass. What is accepted after this comes after it. */
  beginBatch(): number;
}

/** What is known of an entry that arrives again. */
interface Known {
  state: string;
  batch: number;
}

/** Says where a received entry belongs. */
type Filings = (entry: ReceivedEntry) => Filed;

export interface Added {
  lane: string;
  state: EntryState;
  /** Why it will not be delivered. */
  reason: string | null;
  /** What is kept in place of its body. */
  body?: string;
  /** Lanes of the outbox that have work because of it: a code for its sender. */
  replyLanes: readonly string[];
}

interface Place {
  batch: number;
  position: number;
  at: number;
}

const statements = {
  known: 'SELECT state, batch FROM entries WHERE id = ?',
  insert: `INSERT INTO entries
      (id, lane, state, occurred_at, batch, position, received_at, reason, updated_at, body, author, amends,
       account, contact, conversation, session)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?9, ?10, ?11, ?12, ?13, ?14, ?15)`,
  promote: `UPDATE entries SET state = iif(${waitsForApproval}, 'unpaired', 'pending'), batch = ?, position = ?, updated_at = ?
     WHERE id = ? RETURNING lane, state`,
  lastBatch: 'SELECT last_batch AS last FROM intake',
  reserveBatches: 'UPDATE intake SET last_batch = last_batch + ? RETURNING last_batch AS last',
};

export function createInserts(
  db: DatabaseSync,
  { recognition, accesses, commands }: { recognition: Recognition; accesses: ContactAccesses; commands: CommandSteps },
): Inserts {
  const sql = prepareAll(db, statements);
  /** The batch that accept calls have begun in this transaction. */
  let accepting: { transaction: Transaction; batch: number; length: number } | null = null;

  const newBatch = createBatchNumbers(sql);
  const find = (id: string) => sql.known.get(id) as Known | undefined;

  function fileOne(entry: ReceivedEntry, at: number, transaction: Transaction): Filed {
    const { id: message, account, from } = entry;
    const occurredAt = wholeMilliseconds(entry.occurredAt, `the time of ${message}`);
    return entry.file(recognition.of({ account, from, message, occurredAt, at }, transaction));
  }

  function file(entries: readonly NewEntry[], at: number, transaction: Transaction): Filings {
    let filings: ReadonlyMap<string, Filed> | null = null;
    return entry => {
      if (entries.length === 1) return fileOne(entry, at, transaction);
      filings ??= fileAll(entries, at, transaction);
      return filings.get(entry.id) ?? fileOne(entry, at, transaction);
    };
  }

  /** A list may begin with the newest: what an earlier message shows of a person must be known at a later one. */
  function fileAll(entries: readonly NewEntry[], at: number, transaction: Transaction): ReadonlyMap<string, Filed> {
    const received = entries.flatMap(entry => (entry.from !== undefined && !find(entry.id) ? entry : []));
    return new Map(received.toSorted(byTime).map(entry => [entry.id, fileOne(entry, at, transaction)]));
  }

  function add(entry: NewEntry, filings: Filings, state: 'held' | 'pending', place: Place): Added {
    const filed = entry.from === undefined ? entry : filings(entry);
    const { lane, contact = null, conversation = lane, session = null, author = null } = filed;
    const added = { lane, ...admit(filed, entry.account, { state, at: place.at }) };
    sql.insert.run(
      entry.id,
      lane,
      added.state,
      wholeMilliseconds(entry.occurredAt, `the time of ${entry.id}`),
      place.batch,
      place.position,
      place.at,
      added.reason,
      added.body ?? filed.body ?? entry.body,
      author,
      entry.amends ?? null,
      entry.account,
      contact,
      conversation === lane ? null : conversation,
      session,
    );
    commands.renewSession({ id: entry.id, account: entry.account, session: session ?? lane });
    if ('admission' in filed && filed.admission.kind === 'admitted' && filed.command !== undefined) {
      commands.add(entry.id, filed.command);
    }
    return added;
  }

  /** Decides in which state an entry is kept. */
  function admit(
    filed: Filed | FiledEntry,
    account: string,
    { state, at }: { state: 'held' | 'pending'; at: number },
  ): Omit<Added, 'lane'> {
    if (!('admission' in filed)) {
      const { failure = null } = filed;
      return { state: failure === null ? state : 'failed', reason: failure, replyLanes: [] };
    }
    const { admission, contact, pairing } = filed;
    if (admission.kind === 'admitted') return { state, reason: null, replyLanes: [] };
    if (admission.kind !== 'unpaired') return { state: admission.kind, reason: admission.reason, replyLanes: [] };
    if (pairing === undefined) throw new TypeError(`nothing says how the sender of ${contact} can be approved`);
    const holding = accesses.hold({ account, contact }, pairing, at);
    // What a pass holds keeps its place in the pass, and waits for the approval when the pass has ended.
    const kept = state === 'held' ? 'held' : 'unpaired';
    switch (holding.state) {
      case 'admitted':
        return { state, reason: null, replyLanes: [] };
      case 'unpaired':
        return { state: kept, reason: null, replyLanes: holding.lanes };
      default:
        return { ...holding, replyLanes: [] };
    }
  }

  function accept(entries: readonly NewEntry[], at: number, transaction: Transaction): Accepted {
    const accepted = nothing();
    const lanes = new Set<string>();
    const filings = file(entries, at, transaction);
    for (const entry of entries) {
      const found = find(entry.id);
      if (found && found.state !== 'held') continue;
      // The batch begins at the first entry that needs it: a delivery of known ids writes nothing.
      if (accepting?.transaction !== transaction) accepting = { transaction, batch: newBatch(), length: 0 };
      const place = { batch: accepting.batch, position: accepting.length++, at };
      if (found) {
        const promoted = sql.promote.get(place.batch, place.position, at, entry.id);
        if (promoted?.state === 'pending') lanes.add(String(promoted.lane));
      } else {
        const added = add(entry, filings, 'pending', place);
        note(entry.id, added, accepted);
        if (added.state === 'pending') lanes.add(added.lane);
      }
    }
    return { ...accepted, lanes: [...lanes], ...settled(commands) };
  }

  return {
    accept,
    find,
    file,
    add,
    beginBatch: () => {
      accepting = null;
      return newBatch();
    },
  };
}

/**
 * Numbers batches in the order in which they begin, also with those of other processes. Many numbers are reserved at
 * once: to write each to the database costs more than all else of a batch but its entries.
 */
function createBatchNumbers(sql: Record<'lastBatch' | 'reserveBatches', Statement>): () => number {
  const reserved = 1000;
  let next = 0;
  let last = -1;
  return () => {
    // Another one is there when another process has reserved numbers since, or when the reservation was undone.
    if (next > last || Number(sql.lastBatch.get()?.last) !== last) {
      last = Number(sql.reserveBatches.get(reserved)?.last);
      next = last - reserved + 1;
    }
    return next++;
  };
}

export function nothing(): Accepted {
  return { inserted: [], failed: [], refused: [], lanes: [], replyLanes: [], pairings: [] };
}

/** Settles the commands among the entries that have become pending. */
export function settled(commands: CommandSteps): Pick<Accepted, 'commands'> {
  const ids = commands.settle();
  return ids.length === 0 ? {} : { commands: ids };
}

/** Notes a new entry in the result. */
export function note(id: string, { state, reason, replyLanes }: Added, accepted: Accepted): void {
  accepted.inserted.push(id);
  if (replyLanes.length > 0) {
    accepted.replyLanes.push(...replyLanes);
    accepted.pairings.push(id);
  }
  if (state === 'failed') accepted.failed.push({ id, reason: String(reason) });
  if (state === 'unpaired' || state === 'denied' || state === 'limited') accepted.refused.push({ id, state, reason });
}

/** Notices of a change come first: what they say is true of the other messages of their second. */
function byTime(one: ReceivedEntry, other: ReceivedEntry): number {
  return one.occurredAt - other.occurredAt || Number(hasChange(other)) - Number(hasChange(one));
}

function hasChange({ from }: ReceivedEntry): boolean {
  return from.change !== undefined;
}
