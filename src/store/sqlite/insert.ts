import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Accepted, NewEntry, PassEnd } from '../store.ts';
import type { Transaction } from './group-commit.ts';
import { wholeMilliseconds } from './time.ts';

/**
 * What arrives, as steps to be run inside a transaction.
 *
 * Order within a lane is `occurredAt`, then the batch, then the position in it. A batch is one polling pass, or the accept
 * calls of one transaction, numbered as they begin; the wire has whole seconds, so the latter two decide often.
 */
export interface Inserts {
  accept(entries: readonly NewEntry[], at: number, transaction: Transaction): Accepted;
  hold(entries: readonly NewEntry[], at: number): Accepted;
  endPass(end: PassEnd, at: number): Accepted;
  releaseHeld(newestFirst: boolean, at: number): Accepted;
}

interface Known {
  state: string;
  batch: number;
}

export function createInserts(db: DatabaseSync): Inserts {
  const known = db.prepare('SELECT state, batch FROM entries WHERE id = ?');
  const insert = db.prepare(
    `INSERT INTO entries (id, lane, state, occurred_at, batch, position, received_at, reason, updated_at, body, author, amends)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?9, ?10, ?11)`,
  );
  const promote = db.prepare(
    `UPDATE entries SET state = 'pending', batch = ?, position = ?, updated_at = ? WHERE id = ? RETURNING lane`,
  );
  const move = db.prepare('UPDATE entries SET batch = ?, position = ? WHERE id = ?');
  const heldLanes = db.prepare(`SELECT DISTINCT lane FROM entries WHERE state = 'held'`);
  const release = db.prepare(
    `UPDATE entries SET state = 'pending', position = position * ?, updated_at = ? WHERE state = 'held'`,
  );
  const newBatch = db.prepare('UPDATE intake SET last_batch = last_batch + 1 RETURNING last_batch');
  const beginPass = db.prepare(
    `UPDATE intake SET last_batch = last_batch + 1, pass_owner = ?, pass_batch = last_batch + 1, pass_length = 0
     WHERE pass_owner IS NOT ?`,
  );
  const advancePass = db.prepare('UPDATE intake SET pass_length = pass_length + ? RETURNING pass_batch, pass_length');
  const finishPass = db.prepare('UPDATE intake SET pass_owner = NULL WHERE pass_owner = ?');
  const moveCursor = db.prepare('UPDATE intake SET cursor = ?, proven = coalesce(?, proven)');
  const owner = randomUUID();
  /** The batch that accept calls have begun in this transaction. */
  let accepting: { transaction: Transaction; batch: number; length: number } | null = null;

  function find(id: string): Known | undefined {
    return known.get(id) as Known | undefined;
  }

  function add(entry: NewEntry, state: 'held' | 'pending', place: { batch: number; position: number; at: number }) {
    insert.run(
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
    );
  }

  function accept(entries: readonly NewEntry[], at: number, transaction: Transaction): Accepted {
    const accepted = nothing();
    const lanes = new Set<string>();
    for (const entry of entries) {
      const found = find(entry.id);
      if (found && found.state !== 'held') continue;
      // Begun at the first entry that needs it: a delivery of known ids alone writes nothing.
      if (accepting?.transaction !== transaction) {
        accepting = { transaction, batch: Number(newBatch.get()?.last_batch), length: 0 };
      }
      const place = { batch: accepting.batch, position: accepting.length++, at };
      if (found) {
        lanes.add(String(promote.get(place.batch, place.position, at, entry.id)?.lane));
      } else {
        add(entry, 'pending', place);
        note(entry, accepted);
        if (entry.failure === undefined) lanes.add(entry.lane);
      }
    }
    return { ...accepted, lanes: [...lanes] };
  }

  function hold(entries: readonly NewEntry[], at: number): Accepted {
    // What is accepted after this has begun comes after it.
    if (beginPass.run(owner, owner).changes > 0) accepting = null;
    const pass = advancePass.get(entries.length);
    const batch = Number(pass?.pass_batch);
    const first = Number(pass?.pass_length) - entries.length;
    const accepted = nothing();
    for (const [index, entry] of entries.entries()) {
      const found = find(entry.id);
      if (!found) {
        add(entry, 'held', { batch, position: first + index, at });
        note(entry, accepted);
      } else if (found.state === 'held' && found.batch !== batch) {
        move.run(batch, first + index, entry.id);
      }
    }
    return accepted;
  }

  function releaseHeld(newestFirst: boolean, at: number): Accepted {
    const lanes = heldLanes.all().map(row => String(row.lane));
    if (lanes.length > 0) release.run(newestFirst ? -1 : 1, at);
    finishPass.run(owner);
    return { ...nothing(), lanes };
  }

  function endPass({ entries, newestFirst, cursor, proven = null }: PassEnd, at: number): Accepted {
    const accepted = hold(entries, at);
    const { lanes } = releaseHeld(newestFirst, at);
    moveCursor.run(
      wholeMilliseconds(cursor, 'the cursor'),
      proven === null ? null : wholeMilliseconds(proven, 'the proven position'),
    );
    return { ...accepted, lanes };
  }

  return { accept, hold, releaseHeld, endPass };
}

function nothing(): Accepted {
  return { inserted: [], failed: [], lanes: [] };
}

function note({ id, failure }: NewEntry, accepted: Accepted): void {
  accepted.inserted.push(id);
  if (failure !== undefined) accepted.failed.push({ id, reason: failure });
}
