import type { DatabaseSync } from 'node:sqlite';
import type { Settling, Store } from '../store.ts';
import type { Gathered } from './gathered.ts';
import { prepareAll } from './prepare.ts';

/**
 * Entries that are given up. The next entry may take what such a one carried, or it may itself when it is queued again.
 * Each method is a step to run inside a transaction.
 */
export interface GivingUp {
  /** Gives up those of them that have failed before. Returns their ids. */
  giveUpOvertaken(overtaken: NonNullable<Settling['overtaken']>, at: number): string[];
  /** Also gives up those that were gathered into it. Returns whether it was given up itself. */
  fail(id: string, end: Parameters<Gathered['fail']>[1]): boolean;
  /** Returns whether it was refused. */
  refuse(refused: Parameters<Store['refuse']>[0], at: number): boolean;
  /** Returns the ids of those that were dropped. */
  drop(ids: readonly string[], at: number): string[];
}

const statements = {
  releaseContext: `UPDATE entries SET carried_by = NULL WHERE carried_by = ? AND outcome = 'context'`,
  fail: `UPDATE entries SET
       state = 'failed', reason = :reason, open_run = iif(:open AND state = 'sending', run_key, open_run),
       retry_at = NULL, updated_at = :at
     WHERE id = :id AND state IN ('pending', 'sending') AND (:anyRun OR run_key IS :runKey)`,
  giveUpFailing: `UPDATE entries SET
       state = 'failed', reason = :reason, open_run = iif(state = 'sending', run_key, open_run), retry_at = NULL, updated_at = :at
     WHERE id = :id AND state IN ('pending', 'sending') AND attempts > 0`,
  refuse: `UPDATE entries SET
       state = :state, reason = :reason, body = coalesce(:body, body), open_run = iif(state = 'sending', run_key, open_run),
       retry_at = NULL, updated_at = :at
     WHERE id = :id AND state IN ('pending', 'sending')`,
  drop: `UPDATE entries SET
       state = 'dropped', open_run = iif(state = 'sending', run_key, open_run), retry_at = NULL, updated_at = ?
     WHERE id = ? AND state IN ('held', 'pending', 'sending', 'failed', 'unpaired', 'denied', 'limited')`,
};

export function createGivingUp(db: DatabaseSync, gathered: Gathered): GivingUp {
  const sql = prepareAll(db, statements);

  /** Whether an entry was given up. */
  function isGivenUp(id: string, { changes }: { changes: number | bigint }): boolean {
    if (Number(changes) !== 1) return false;
    sql.releaseContext.run(id);
    return true;
  }

  return {
    giveUpOvertaken(overtaken, at) {
      const givenUp = overtaken.filter(one => isGivenUp(one.id, sql.giveUpFailing.run({ ...one, at })));
      for (const { id, reason } of givenUp) gathered.fail(id, { reason, open: 1, anyRun: 1, runKey: null, at });
      return givenUp.map(({ id }) => id);
    },
    fail(id, end) {
      const isFailed = isGivenUp(id, sql.fail.run({ id, ...end }));
      gathered.fail(id, end);
      return isFailed;
    },
    refuse({ id, state, reason, body = null }, at) {
      const isRefused = isGivenUp(id, sql.refuse.run({ id, state, reason, body, at }));
      if (isRefused) gathered.release(id, at);
      return isRefused;
    },
    drop: (ids, at) =>
      ids.filter(id => {
        const isDropped = isGivenUp(id, sql.drop.run(at, id));
        if (isDropped) gathered.release(id, at);
        return isDropped;
      }),
  };
}
