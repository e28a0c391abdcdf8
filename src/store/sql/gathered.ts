import { provided } from './provided.ts';
import { isGathered } from './queries.ts';
import type { PrepareAll, Step } from './step.ts';

/**
 * Entries that were gathered into the run of another one, which carries them. Each method is a step to run inside the
 * transaction that changes the carrier. `Store.begin` describes the rules.
 */
export interface Gathered {
  /** Those that the carrier has go on in its new run. Those that ended otherwise belong to it no more. */
  goOn(carrier: string, runKey: string, at: number): Step<void>;
  /** Takes further entries of the lane into the carrier's run, if they are pending and in no run. */
  take(carrier: string, ids: readonly string[], run: { lane: string; runKey: string; at: number }): Step<void>;
  /**
   * Settles them with the run's outcome; with `anyway` 1 also those that an operator dropped during the run. Returns how
   * many.
   */
  settle(carrier: string, end: { outcome: string; reason: string | null; anyway: number; at: number }): Step<number>;
  /** Gives them up. With `anyRun` 0 only those of the run with this key, whatever became of the carrier. */
  fail(carrier: string, end: RunEnd & { reason: string; open: number; at: number }): Step<void>;
  /** Puts them back into the queue, in their carrier's place. `runKey` and `anyRun` as for `fail`. */
  defer(carrier: string, end: RunEnd & { reason: string; resend: number; at: number }): Step<void>;
  /** Those whose run is over stand for themselves again, as if they had never been in a run. */
  release(carrier: string, at: number): Step<void>;
}

interface RunEnd {
  anyRun: number;
  runKey: string | null;
}

const ofCarrier = `carried_by = :carrier AND ${isGathered}`;

const statements = {
  goOn: `UPDATE entries SET state = 'sending', run_key = :runKey, open_run = NULL, reason = NULL, updated_at = :at
     WHERE ${ofCarrier}`,
  letGo: `UPDATE entries SET carried_by = NULL
     WHERE carried_by = ? AND run_key IS NOT NULL AND state IN ('failed', 'dropped')`,
  take: `UPDATE entries SET
       state = 'sending', run_key = :runKey,
       run_number = CASE WHEN run_number < 1 THEN 1 ELSE run_number END, carried_by = :carrier,
       retry_at = NULL, reason = NULL, updated_at = :at
     WHERE id = :id AND ${provided(`lane = :lane AND state = 'pending' AND run_key IS NULL AND open_run IS NULL`)}`,
  settle: `UPDATE entries SET
       state = 'settled', outcome = :outcome, open_run = NULL, retry_at = NULL, reason = :reason, updated_at = :at,
       settled_at = :at
     WHERE carried_by = :carrier AND run_key IS NOT NULL
       AND (state IN ('pending', 'sending') OR :anyway <> 0 AND state = 'dropped')`,
  fail: `UPDATE entries SET
       state = 'failed', reason = :reason, open_run = CASE WHEN :open <> 0 AND state = 'sending' THEN run_key ELSE open_run END,
       retry_at = NULL, updated_at = :at
     WHERE ${ofCarrier} AND (:anyRun <> 0 OR run_key IS NOT DISTINCT FROM :runKey)`,
  defer: `UPDATE entries SET state = CASE WHEN :resend <> 0 THEN 'pending' ELSE state END, reason = :reason, updated_at = :at
     WHERE ${ofCarrier} AND (:anyRun <> 0 OR run_key IS NOT DISTINCT FROM :runKey)`,
  release: `UPDATE entries SET run_key = NULL, carried_by = NULL, updated_at = :at WHERE ${ofCarrier} AND state = 'pending'`,
};

export function createGathered(prepareAll: PrepareAll): Gathered {
  const sql = prepareAll(statements);
  return {
    *goOn(carrier, runKey, at) {
      yield* sql.goOn.send({ carrier, runKey, at });
      yield* sql.letGo.send(carrier);
    },
    *take(carrier, ids, run) {
      for (const id of ids) yield* sql.take.send({ carrier, id, ...run });
    },
    *settle(carrier, end) {
      return yield* sql.settle.run({ carrier, ...end });
    },
    *fail(carrier, end) {
      yield* sql.fail.send({ carrier, ...end });
    },
    *defer(carrier, end) {
      yield* sql.defer.send({ carrier, ...end });
    },
    *release(carrier, at) {
      yield* sql.release.send({ carrier, at });
    },
  };
}
