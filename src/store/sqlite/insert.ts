import type { DatabaseSync } from 'node:sqlite';
import type { EntryState, Filed, FiledEntry, NewEntry } from '../new-entry.ts';
import type { Accepted } from '../store.ts';
import type { CommandSteps } from './commands.ts';
import { type ContactAccesses, waitsForApproval } from './contact-access.ts';
import { createFileEntries, type FileEntries, type Filings } from './file-entries.ts';
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
  file: FileEntries;
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
  const file = createFileEntries(recognition, id => find(id) !== undefined);

  function add(entry: NewEntry, filings: Filings, state: 'held' | 'pending', place: Place): Added {
    const filed = entry.from === undefined ? entry : filings(entry);
    const { lane, contact = null, conversation = lane, session = null, author = null } = filed;
    const added = { lane, ...admit(accesses, filed, { account: entry.account, state, at: place.at }) };
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

/** Decides in which state an entry is kept. */
function admit(
  accesses: ContactAccesses,
  filed: Filed | FiledEntry,
  { account, state, at }: { account: string; state: 'held' | 'pending'; at: number },
): Omit<Added, 'lane'> {
  const { failure = null } = filed;
  if (failure !== null) return { state: 'failed', reason: failure, replyLanes: [] };
  if (!('admission' in filed)) return { state, reason: null, replyLanes: [] };
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
