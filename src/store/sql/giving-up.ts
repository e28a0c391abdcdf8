import type { Settling, Store } from '../store.ts';
import type { Gathered } from './gathered.ts';
import { provided } from './provided.ts';
import { undelivered } from './queries.ts';
import type { PrepareAll, Step } from './step.ts';

/**
 * Entries that are given up. The next entry may take what such a one carried, or it may itself when it is queued again.
 * Each method is a step to run inside a transaction.
 */
export interface GivingUp {
  /** Gives up those of them that have failed before. Returns their ids. */
  giveUpOvertaken(overtaken: NonNullable<Settling['overtaken']>, at: number): Step<string[]>;
  /** Also gives up those that were gathered into it. Returns whether it was given up itself. */
  fail(id: string, end: Parameters<Gathered['fail']>[1]): Step<boolean>;
  /** Returns whether it was refused. */
  refuse(refused: Parameters<Store['refuse']>[0], at: number): Step<boolean>;
  /** Returns the ids of those that were dropped. */
  drop(ids: readonly string[], at: number): Step<string[]>;
}

const statements = {
  releaseContext: `UPDATE entries SET carried_by = NULL WHERE carried_by = ? AND outcome = 'context'`,
  fail: `UPDATE entries SET
       state = 'failed', reason = :reason, open_run = CASE WHEN :open <> 0 AND state = 'sending' THEN run_key ELSE open_run END,
       retry_at = NULL, updated_at = :at
     WHERE id = :id AND ${provided(undelivered)} AND (:anyRun <> 0 OR run_key IS NOT DISTINCT FROM :runKey)`,
  giveUpFailing: `UPDATE entries SET
       state = 'failed', reason = :reason, open_run = CASE WHEN state = 'sending' THEN run_key ELSE open_run END,
       retry_at = NULL, updated_at = :at
     WHERE id = :id AND ${provided(undelivered)} AND attempts > 0`,
  refuse: `UPDATE entries SET
       state = :state, reason = :reason, body = coalesce(:body, body),
       open_run = CASE WHEN state = 'sending' THEN run_key ELSE open_run END,
       retry_at = NULL, updated_at = :at
     WHERE id = :id AND ${provided(undelivered)}`,
  drop: `UPDATE entries SET
       state = 'dropped', open_run = CASE WHEN state = 'sending' THEN run_key ELSE open_run END, retry_at = NULL, updated_at = ?
     WHERE id = ? AND ${provided(`state IN ('held', 'pending', 'sending', 'failed', 'unpaired', 'denied', 'limited')`)}`,
};

export function createGivingUp(prepareAll: PrepareAll, gathered: Gathered): GivingUp {
  const sql = prepareAll(statements);

  /** Gives an entry up with its context. Returns whether it was. */
  function* giveUp(id: string, change: Step<number>): Step<boolean> {
    if ((yield* change) !== 1) return false;
    yield* sql.releaseContext.send(id);
    return true;
  }

  return {
    *giveUpOvertaken(overtaken, at) {
      const givenUp: (typeof overtaken)[number][] = [];
      for (const one of overtaken) if (yield* giveUp(one.id, sql.giveUpFailing.run({ ...one, at }))) givenUp.push(one);
      for (const { id, reason } of givenUp) yield* gathered.fail(id, { reason, open: 1, anyRun: 1, runKey: null, at });
      return givenUp.map(({ id }) => id);
    },
    *fail(id, end) {
      const isFailed = yield* giveUp(id, sql.fail.run({ id, ...end }));
      yield* gathered.fail(id, end);
      return isFailed;
    },
    *refuse({ id, state, reason, body = null }, at) {
      const isRefused = yield* giveUp(id, sql.refuse.run({ id, state, reason, body, at }));
      if (isRefused) yield* gathered.release(id, at);
      return isRefused;
    },
    *drop(ids, at) {
      const dropped: string[] = [];
      for (const id of ids) {
        if (!(yield* giveUp(id, sql.drop.run(at, id)))) continue;
        yield* gathered.release(id, at);
        dropped.push(id);
      }
      return dropped;
    },
  };
}
