import type { DatabaseSync } from 'node:sqlite';
import type { Accepted, NewEntry } from '../store.ts';
import type { Transaction } from './group-commit.ts';
import { prepareAll } from './prepare.ts';
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
  add(entry: NewEntry, state: 'held' | 'pending', place: Place): void;
  /** Returns the number of a batch for a pass. What is accepted after this comes after it. */
  beginBatch(): number;
}

/** What is known of an entry that arrives again. */
interface Known {
  state: string;
  batch: number;
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
  promote: `UPDATE entries SET state = 'pending', batch = ?, position = ?, updated_at = ? WHERE id = ? RETURNING lane`,
  newBatch: 'UPDATE intake SET last_batch = last_batch + 1 RETURNING last_batch',
};

export function createInserts(db: DatabaseSync): Inserts {
  const sql = prepareAll(db, statements);
  /** The batch that accept calls have begun in this transaction. */
  let accepting: { transaction: Transaction; batch: number; length: number } | null = null;

  const newBatch = () => Number(sql.newBatch.get()?.last_batch);
  const find = (id: string) => sql.known.get(id) as Known | undefined;

  function add(entry: NewEntry, state: 'held' | 'pending', place: Place): void {
    sql.insert.run(
      entry.id,
      entry.lane,
      entry.failure === undefined ? state : 'failed',
      wholeMilliseconds(entry.occurredAt, `the time of ${entry.id}`),
      place.batch,
      place.position,
      place.at,
      entry.failure ?? null,
      entry.body,
      entry.author ?? null,
      entry.amends ?? null,
      entry.account,
      entry.contact ?? null,
      entry.conversation === entry.lane ? null : (entry.conversation ?? null),
      entry.session ?? null,
    );
  }

  function accept(entries: readonly NewEntry[], at: number, transaction: Transaction): Accepted {
    const accepted = nothing();
    const lanes = new Set<string>();
    for (const entry of entries) {
      const found = find(entry.id);
      if (found && found.state !== 'held') continue;
      // The batch begins at the first entry that needs it: a delivery of known ids writes nothing.
      if (accepting?.transaction !== transaction) accepting = { transaction, batch: newBatch(), length: 0 };
      const place = { batch: accepting.batch, position: accepting.length++, at };
      if (found) {
        lanes.add(String(sql.promote.get(place.batch, place.position, at, entry.id)?.lane));
      } else {
        add(entry, 'pending', place);
        note(entry, accepted);
        if (entry.failure === undefined) lanes.add(entry.lane);
      }
    }
    return { ...accepted, lanes: [...lanes] };
  }

  return {
    accept,
    find,
    add,
    beginBatch: () => {
      accepting = null;
      return newBatch();
    },
  };
}

export function nothing(): Accepted {
  return { inserted: [], failed: [], lanes: [] };
}

/** Notes a new entry in the result. */
export function note({ id, failure }: NewEntry, accepted: Accepted): void {
  accepted.inserted.push(id);
  if (failure !== undefined) accepted.failed.push({ id, reason: failure });
}
