import type { DatabaseSync } from 'node:sqlite';
import { prepareAll } from './prepare.ts';
import { isGathered } from './queries.ts';

/**
 * Entries that were gathered into the run of another one, which carries them. Each method is a step to run inside the
 * transaction that changes the carrier. `Store.begin` describes the rules.
 */
export interface Gathered {
  /** Those that the carrier has go on in its new run. Those that ended otherwise belong to it no more. */
  goOn(carrier: string, runKey: string, at: number): void;
  /** Takes further entries of the lane into the carrier's run, if they are pending and in no run. */
  take(carrier: string, ids: readonly string[], run: { lane: string; runKey: string; at: number }): void;
  /**
   * Settles them with the run's outcome; with `anyway` 1 also those that an operator dropped during the run. Returns how
   * many.
   */
  settle(carrier: string, end: { outcome: string; reason: string | null; anyway: number; at: number }): number;
  /** Gives them up. With `anyRun` 0 only those of the run with this key, whatever became of the carrier. */
  fail(carrier: string, end: RunEnd & { reason: string; open: number; at: number }): void;
  /** Puts them back into the queue, in their carrier's place. `runKey` and `anyRun` as for `fail`. */
  defer(carrier: string, end: RunEnd & { reason: string; resend: number; at: number }): void;
  /** Those whose run is over stand for themselves again, as if they had never been in a run. */
  release(carrier: string, at: number): void;
}

interface RunEnd {
  anyRun: number;
  runKey: string | null;
}

const ofCarrier = `carried_by = :carrier AND ${isGathered}`;

const statements = {
  // Asked first: hardly any message carries another one, and this look costs a twentieth of settling them.
  carries: 'SELECT 1 AS found FROM entries INDEXED BY entries_carried WHERE carried_by = ? LIMIT 1',
  goOn: `UPDATE entries SET state = 'sending', run_key = :runKey, open_run = NULL, reason = NULL, updated_at = :at
     WHERE ${ofCarrier}`,
  letGo: `UPDATE entries SET carried_by = NULL
     WHERE carried_by = ? AND run_key IS NOT NULL AND state IN ('failed', 'dropped')`,
  take: `UPDATE entries SET
       state = 'sending', run_key = :runKey, run_number = max(run_number, 1), carried_by = :carrier, retry_at = NULL,
       reason = NULL, updated_at = :at
     WHERE id = :id AND lane = :lane AND state = 'pending' AND run_key IS NULL AND open_run IS NULL`,
  settle: `UPDATE entries SET
       state = 'settled', outcome = :outcome, open_run = NULL, retry_at = NULL, reason = :reason, updated_at = :at
     WHERE carried_by = :carrier AND run_key IS NOT NULL
       AND (state IN ('pending', 'sending') OR :anyway AND state = 'dropped')`,
  fail: `UPDATE entries SET
       state = 'failed', reason = :reason, open_run = iif(:open AND state = 'sending', run_key, open_run),
       retry_at = NULL, updated_at = :at
     WHERE ${ofCarrier} AND (:anyRun OR run_key IS :runKey)`,
  defer: `UPDATE entries SET state = iif(:resend, 'pending', state), reason = :reason, updated_at = :at
     WHERE ${ofCarrier} AND (:anyRun OR run_key IS :runKey)`,
  release: `UPDATE entries SET run_key = NULL, carried_by = NULL, updated_at = :at WHERE ${ofCarrier} AND state = 'pending'`,
};

export function createGathered(db: DatabaseSync): Gathered {
  const sql = prepareAll(db, statements);
  return {
    goOn(carrier, runKey, at) {
      sql.goOn.run({ carrier, runKey, at });
      sql.letGo.run(carrier);
    },
    take(carrier, ids, run) {
      for (const id of ids) sql.take.run({ carrier, id, ...run });
    },
    settle: (carrier, end) =>
      sql.carries.get(carrier) === undefined ? 0 : Number(sql.settle.run({ carrier, ...end }).changes),
    fail: (carrier, end) => void sql.fail.run({ carrier, ...end }),
    defer: (carrier, end) => void sql.defer.run({ carrier, ...end }),
    release: (carrier, at) => void sql.release.run({ carrier, at }),
  };
}
