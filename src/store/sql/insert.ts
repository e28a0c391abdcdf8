import { randomUUID } from 'node:crypto';
import type { Accepted } from '../arrivals.ts';
import type { EntryState, Filed, FiledEntry, NewEntry } from '../new-entry.ts';
import type { CommandSteps } from './commands.ts';
import { type ContactAccesses, waitsForApproval } from './contact-access.ts';
import type { Transaction } from './driver.ts';
import { createFileEntries, type FileEntries, type Filings } from './file-entries.ts';
import type { KnownIds } from './known-ids.ts';
import { provided } from './provided.ts';
import type { Recognition } from './recognition.ts';
import type { Restored } from './restored.ts';
import { answered, type PrepareAll, type Statements, type Step } from './step.ts';
import { wholeMilliseconds } from './time.ts';

/**
 * Inserts arriving entries. Each method is a step to run inside a transaction.
 *
 * The order within a lane is `occurredAt`, then the batch, then the position in it. A batch is one polling pass, or the
 * accept calls of one transaction; they are numbered as they begin. The wire has whole seconds, so batch and position
 * often decide. The positions of a pass are negative, with the first as 0, where its list is newest first.
 */
export interface Inserts {
  accept(entries: readonly NewEntry[], at: number, transaction: Transaction): Step<Accepted>;
  readonly ids: KnownIds;
  /** What `accept` asks for first in a transaction. */
  readonly ahead: readonly (() => Step<unknown>)[];
  file: FileEntries;
  /** Adds an entry that is new. Returns what became of it. */
  add(entry: NewEntry, filings: Filings, state: 'held' | 'pending', place: Place): Step<Added>;
  /** Returns the number of a batch for a pass. What is accepted after this comes after it. */
  beginBatch(): Step<number>;
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
  transaction: Transaction;
}

const statements = {
  insert: `INSERT INTO entries
      (id, lane, state, occurred_at, batch, position, received_at, reason, updated_at, body, author, amends,
       account, contact, conversation, session, arrived_by)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)`,
  // With what the pass holds of the conversation before it, all at their places in the pass.
  promote: `UPDATE entries INDEXED BY entries_held
      SET state = CASE WHEN ${waitsForApproval} THEN 'unpaired' ELSE 'pending' END, updated_at = :at
    WHERE (CASE WHEN state = 'held' THEN lane END) = (SELECT lane FROM entries WHERE id = :id AND ${provided(`state = 'held'`)})
      AND (occurred_at, batch, position) <= (SELECT occurred_at, batch, position FROM entries WHERE id = :id)
    RETURNING id, lane, state`,
  lastBatch: 'SELECT last_batch AS last, batches_of AS owner FROM intake',
  reserveBatches: 'UPDATE intake SET last_batch = ?, batches_of = ?',
};

export function createInserts(
  prepareAll: PrepareAll,
  {
    ids,
    recognition,
    accesses,
    commands,
    restored,
  }: {
    ids: KnownIds;
    recognition: Recognition;
    accesses: ContactAccesses;
    commands: CommandSteps;
    restored: Restored;
  },
): Inserts {
  const sql = prepareAll(statements);
  /** The batch that accept calls have begun in this transaction. */
  let accepting: { transaction: Transaction; batch: number; length: number } | null = null;

  const newBatch = createBatchNumbers(sql);
  const file = createFileEntries(recognition, function* (id, transaction) {
    return (yield* ids.find(id, transaction)) !== undefined;
  });

  function* add(entry: NewEntry, filings: Filings, state: 'held' | 'pending', place: Place): Step<Added> {
    const filed = entry.from === undefined ? entry : yield* filings(entry);
    const { lane, contact = null, conversation = lane, session = null, author = null } = filed;
    const withheld = isRefused(filed) ? null : yield* restored.withholds(entry.occurredAt);
    const added =
      withheld === null
        ? { lane, ...(yield* admit(accesses, filed, { account: entry.account, state, at: place.at })) }
        : { lane, state: 'dropped' as const, reason: withheld, replyLanes: [] };
    yield* sql.insert.send(
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
      entry.by ?? null,
    );
    ids.note(entry.id, { state: added.state }, place.transaction);
    const named = { id: entry.id, account: entry.account, session: session ?? lane };
    yield* commands.renewSession(named, place.transaction);
    if (
      withheld === null &&
      'admission' in filed &&
      filed.admission.kind === 'admitted' &&
      filed.command !== undefined
    ) {
      yield* commands.add(entry.id, filed.command, place.transaction);
    }
    return added;
  }

  function* accept(entries: readonly NewEntry[], at: number, transaction: Transaction): Step<Accepted> {
    const accepted = nothing();
    const lanes = new Set<string>();
    const filings = file(entries, at, transaction);
    for (const entry of entries) {
      const known = yield* ids.look(entry.id, transaction);
      const found = known?.state === '' ? yield* ids.orForgotten(entry.id) : known;
      if (found?.state === 'held') {
        for (const { id, lane, state } of yield* sql.promote.all({ id: entry.id, at })) {
          ids.note(String(id), { state: String(state) }, transaction);
          if (state === 'pending') lanes.add(String(lane));
        }
      }
      if (found) continue;
      if (accepting?.transaction !== transaction) {
        // What was asked ahead is good as long as nothing has changed.
        yield* commands.look(transaction);
        // The batch begins at the first entry that needs it: a delivery of known ids writes nothing.
        accepting = { transaction, batch: yield* newBatch(), length: 0 };
      }
      const place = { batch: accepting.batch, position: accepting.length++, at, transaction };
      const added = yield* add(entry, filings, 'pending', place);
      note(entry.id, added, accepted);
      if (added.state === 'pending') lanes.add(added.lane);
    }
    return { ...accepted, lanes: [...lanes], ...settled(yield* commands.settle(transaction)) };
  }

  return {
    accept,
    ids,
    ahead: [ids.ahead, () => sql.lastBatch.get(), commands.ahead],
    file,
    add,
    beginBatch: () => {
      accepting = null;
      return newBatch();
    },
  };
}

/** Whether an entry is not for the agent anyway. */
function isRefused(filed: Filed | FiledEntry): boolean {
  if (filed.failure !== undefined) return true;
  return 'admission' in filed && (filed.admission.kind === 'denied' || filed.admission.kind === 'limited');
}

/** Decides in which state an entry is kept. */
function admit(
  accesses: ContactAccesses,
  filed: Filed | FiledEntry,
  { account, state, at }: { account: string; state: 'held' | 'pending'; at: number },
): Step<Omit<Added, 'lane'>> {
  const { failure = null } = filed;
  if (failure !== null) return answered({ state: 'failed', reason: failure, replyLanes: [] });
  if (!('admission' in filed)) return answered({ state, reason: null, replyLanes: [] });
  if (filed.handled !== undefined) return answered({ state: 'dropped', reason: filed.handled, replyLanes: [] });
  const { admission } = filed;
  if (admission.kind === 'admitted') return answered({ state, reason: null, replyLanes: [] });
  if (admission.kind === 'unpaired') return awaitApproval(accesses, filed, { account, state, at });
  return answered({ state: admission.kind, reason: admission.reason, replyLanes: [] });
}

function* awaitApproval(
  accesses: ContactAccesses,
  { contact, pairing }: Filed,
  { account, state, at }: { account: string; state: 'held' | 'pending'; at: number },
): Step<Omit<Added, 'lane'>> {
  if (pairing === undefined) throw new TypeError(`nothing says how the sender of ${contact} can be approved`);
  const holding = yield* accesses.hold({ account, contact }, pairing, at);
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
function createBatchNumbers(sql: Statements<'lastBatch' | 'reserveBatches'>): () => Step<number> {
  const reserved = 1000;
  const owner = randomUUID();
  let next = 0;
  let last = -1;

  return function* () {
    const newest = yield* sql.lastBatch.get();
    // They are not ours when the reservation was undone, or another process has reserved numbers since, maybe the very same.
    if (newest?.owner !== owner || Number(newest.last) !== last || next > last) {
      next = Number(newest?.last) + 1;
      last = next + reserved - 1;
      yield* sql.reserveBatches.send(last, owner);
    }
    return next++;
  };
}

export function nothing(): Accepted {
  return { inserted: [], failed: [], refused: [], lanes: [], replyLanes: [], pairings: [] };
}

/** Notes the commands among the entries that have become pending. */
export function settled(ids: string[]): Pick<Accepted, 'commands'> {
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
  if (state === 'dropped') accepted.withheld = [...(accepted.withheld ?? []), id];
  if (state === 'unpaired' || state === 'denied' || state === 'limited') accepted.refused.push({ id, state, reason });
}
