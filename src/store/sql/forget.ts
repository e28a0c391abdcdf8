import { digestOf } from './new-contacts.ts';
import type { PrepareAll, Step } from './step.ts';

/** Forgets entries. Each method is a step to run inside a transaction. `Store.prune` describes the rules. */
export interface Forget {
  /** Forgets at most `limit` entries. Returns how many. */
  prune(before: number, limit: number): Step<number>;
  /**
   * Sets the touch time of entries from before `earliest` to `at`, for at most `limit` entries that `prune` may forget.
   * Returns how many.
   */
  redate(earliest: number, at: number, limit: number): Step<number>;
  /**
   * Forgets at most `limit` contacts that were last heard before the time, and that nothing kept and no decision of an
   * operator concerns. Returns how many.
   */
  contacts(before: number, limit: number): Step<number>;
  /** Forgets at most `limit` digests of messages of persons who were forgotten. Returns how many. */
  digests(before: number, limit: number): Step<number>;
}

/** Exactly the condition of the index `entries_finished`: SQLite uses a partial index only then. */
const ended = `'settled', 'dropped', 'denied', 'limited'`;

/** What `prune` forgets when nothing else needs it. */
function isOld(table: string): string {
  return `${table}.state IN (${ended}) AND ${table}.updated_at < +:before AND ${table}.occurred_at < +:before`;
}

const statements = {
  prune: `DELETE FROM entries WHERE rowid IN (
       SELECT rowid FROM entries WHERE ${isOld('entries')} AND NOT (outcome IS NOT DISTINCT FROM 'context' AND (
         EXISTS (SELECT 1 FROM entries AS other WHERE other.lane = entries.lane AND other.state IN ('pending', 'sending'))
         OR EXISTS (SELECT 1 FROM entries AS carrier WHERE carrier.id = entries.carried_by AND NOT (${isOld('carrier')}))
         OR carried_by IS NULL AND EXISTS (
           SELECT 1 FROM entries AS other WHERE other.lane = entries.lane AND other.author = entries.author
             AND other.state IN ('failed', 'dropped') AND NOT (${isOld('other')})
         )
       ))
       LIMIT +:limit
     )`,
  silent: `SELECT account, contact FROM contacts INDEXED BY contacts_by_hearing WHERE heard_at < +:before
      AND NOT EXISTS (SELECT 1 FROM contact_access AS decision
        WHERE decision.account = contacts.account AND decision.contact = contacts.contact)
      AND NOT EXISTS (SELECT 1 FROM entries INDEXED BY entries_by_state
        WHERE state IN ('held', 'pending', 'sending', 'failed', 'unpaired')
          AND entries.account = contacts.account AND entries.contact = contacts.contact)
    LIMIT +:limit`,
  noteForgotten: 'INSERT INTO contacts_forgotten VALUES (?) ON CONFLICT DO NOTHING',
  digests: `DELETE FROM messages_forgotten WHERE digest IN (
       SELECT digest FROM messages_forgotten WHERE happened_at < +:before AND at < +:before LIMIT +:limit)`,
  forgetIdentities: 'DELETE FROM contact_identities WHERE account = ? AND contact = ?',
  forgetConflicts: 'DELETE FROM contact_conflicts WHERE account = ?1 AND (contact = ?2 OR other = ?2)',
  forgetContact: 'DELETE FROM contacts WHERE account = ? AND contact = ?',
  redate: `UPDATE entries SET updated_at = :at WHERE rowid IN (
       SELECT rowid FROM entries WHERE state IN (${ended}) AND updated_at < +:earliest LIMIT +:limit
     )`,
};

export function createForget(prepareAll: PrepareAll): Forget {
  const sql = prepareAll(statements);
  return {
    prune: (before, limit) => sql.prune.run({ before, limit }),
    *contacts(before, limit) {
      const silent = yield* sql.silent.all({ before, limit });
      for (const row of silent) {
        const of = [String(row.account), String(row.contact)] as const;
        yield* sql.noteForgotten.run(digestOf(...of));
        for (const forget of [sql.forgetIdentities, sql.forgetConflicts, sql.forgetContact]) yield* forget.run(...of);
      }
      return silent.length;
    },
    digests: (before, limit) => sql.digests.run({ before, limit }),
    redate: (earliest, at, limit) => sql.redate.run({ earliest, at, limit }),
  };
}
