import type { DatabaseSync } from 'node:sqlite';
import { prepareAll } from './prepare.ts';

/** Forgets entries. Each method is a step to run inside a transaction. `Store.prune` describes the rules. */
export interface Forget {
  /** Forgets at most `limit` entries. Returns how many. */
  prune(before: number, limit: number): number;
  /**
   * Sets the touch time of entries from before `earliest` to `at`, for at most `limit` entries that `prune` may forget.
   * Returns how many.
   */
  redate(earliest: number, at: number, limit: number): number;
}

/** Exactly the condition of the index `entries_finished`: SQLite uses a partial index only then. */
const ended = `'settled', 'dropped', 'denied', 'limited'`;

/** What `prune` forgets when nothing else needs it. */
function isOld(table: string): string {
  return `${table}.state IN (${ended}) AND ${table}.updated_at < +:before AND ${table}.occurred_at < +:before`;
}

const statements = {
  prune: `DELETE FROM entries WHERE rowid IN (
       SELECT rowid FROM entries WHERE ${isOld('entries')} AND NOT (outcome IS 'context' AND (
         EXISTS (SELECT 1 FROM entries AS other WHERE other.lane = entries.lane AND other.state IN ('pending', 'sending'))
         OR EXISTS (SELECT 1 FROM entries AS carrier WHERE carrier.id = entries.carried_by AND NOT (${isOld('carrier')}))
         OR carried_by IS NULL AND EXISTS (
           SELECT 1 FROM entries AS other WHERE other.lane = entries.lane AND other.author = entries.author
             AND other.state IN ('failed', 'dropped') AND NOT (${isOld('other')})
         )
       ))
       LIMIT +:limit
     )`,
  redate: `UPDATE entries SET updated_at = :at WHERE rowid IN (
       SELECT rowid FROM entries WHERE state IN (${ended}) AND updated_at < +:earliest LIMIT +:limit
     )`,
};

export function createForget(db: DatabaseSync): Forget {
  const sql = prepareAll(db, statements);
  return {
    prune: (before, limit) => Number(sql.prune.run({ before, limit }).changes),
    redate: (earliest, at, limit) => Number(sql.redate.run({ earliest, at, limit }).changes),
  };
}
