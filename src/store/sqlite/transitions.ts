import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../errors.ts';
import type { Store } from '../store.ts';
import { wholeMilliseconds } from './time.ts';

type Wait = Parameters<Store['defer']>[1];
interface Also {
  merged: readonly string[];
  overtaken: readonly { id: string; reason: string }[];
}
type Run = Parameters<Store['begin']>[1];

/** What becomes of entries, as steps to be run inside a transaction. The rules stand at the methods of `Store`. */
export interface Transitions {
  begin(id: string, run: Run, at: number): void;
  settle(id: string, outcome: string, also: Also, at: number): string[];
  note(id: string, at: number): void;
  revise(id: string, revision: Parameters<Store['revise']>[1], at: number): boolean;
  fail(id: string, reason: string, run: Parameters<Store['fail']>[2], at: number): boolean;
  defer(id: string, wait: Wait, at: number): boolean;
  retry(ids: readonly string[], options: Parameters<Store['retry']>[1], at: number): string[];
  drop(ids: readonly string[], at: number): string[];
  /** Forgets at most `limit` entries; returns how many. */
  prune(before: number, limit: number): number;
  /** Dates what was touched before `earliest` at `at`, for at most `limit` of what `prune` may forget; returns how many. */
  redate(earliest: number, at: number, limit: number): number;
}

/** What `prune` forgets where nothing else needs it. */
function isOld(table: string): string {
  return `${table}.state IN ('settled', 'dropped') AND ${table}.updated_at < :before AND ${table}.occurred_at < :before`;
}

export function createTransitions(db: DatabaseSync): Transitions {
  const stateOf = db.prepare('SELECT state FROM entries WHERE id = ?');
  const begin = db.prepare(
    `UPDATE entries SET state = 'sending', run_key = ?, run_number = ?, open_run = NULL, retry_at = NULL, reason = NULL, updated_at = ?
     WHERE id = ? AND state IN ('pending', 'sending')`,
  );
  const takeContext = db.prepare(
    `UPDATE entries SET carried_by = entry.id FROM (SELECT id, lane, author FROM entries WHERE id = ? AND run_key IS NULL) AS entry
     WHERE entries.lane = entry.lane AND entries.author = entry.author AND outcome = 'context' AND carried_by IS NULL`,
  );
  const releaseContext = db.prepare(
    `UPDATE entries SET carried_by = NULL WHERE carried_by = ? AND outcome = 'context'`,
  );
  const note = db.prepare(
    `UPDATE entries SET state = 'settled', outcome = 'context', retry_at = NULL, reason = NULL, updated_at = ?
     WHERE id = ? AND state = 'pending'`,
  );
  const revise = db.prepare(
    `UPDATE entries SET body = ?, updated_at = ? WHERE id = ? AND state = 'pending' AND run_number = 0`,
  );
  const merge = db.prepare(
    `UPDATE entries SET state = 'settled', outcome = 'merged', carried_by = ?, retry_at = NULL, reason = NULL, updated_at = ?
     WHERE id = ?
       AND (state IN ('held', 'pending') AND run_number = 0 OR state = 'settled' AND outcome = 'context' AND carried_by IS NULL)`,
  );
  const settle = db.prepare(
    `UPDATE entries SET state = 'settled', outcome = ?, open_run = NULL, retry_at = NULL, reason = NULL, updated_at = ?
     WHERE id = ? AND state IN ('pending', 'sending', 'dropped')`,
  );
  const fail = db.prepare(
    `UPDATE entries SET
       state = 'failed', reason = :reason, open_run = iif(:open AND state = 'sending', run_key, open_run),
       retry_at = NULL, updated_at = :at
     WHERE id = :id AND state IN ('pending', 'sending') AND (:anyRun OR run_key IS :runKey)`,
  );
  const giveUpFailing = db.prepare(
    `UPDATE entries SET
       state = 'failed', reason = :reason, open_run = iif(state = 'sending', run_key, open_run), retry_at = NULL, updated_at = :at
     WHERE id = :id AND state IN ('pending', 'sending') AND attempts > 0`,
  );
  const defer = db.prepare(
    `UPDATE entries SET
       state = iif(:resend, 'pending', state), retry_at = :until, reason = :reason, attempts = attempts + :counted,
       first_attempt_at = iif(:counted, coalesce(first_attempt_at, :at), first_attempt_at), updated_at = :at
     WHERE id = :id AND state IN ('pending', 'sending') AND (:anyRun OR run_key IS :runKey)`,
  );
  const retry = db.prepare(
    `UPDATE entries SET
       state = 'pending', attempts = 0, first_attempt_at = NULL, retry_at = NULL, run_key = NULL, reason = NULL, outcome = NULL,
       run_number = run_number + (outcome IS 'context'),
       open_run = iif(:force, NULL, open_run), updated_at = :at
     WHERE id = :id AND (state IN ('failed', 'dropped') OR (:force AND state = 'settled'))`,
  );
  const drop = db.prepare(
    `UPDATE entries SET
       state = 'dropped', open_run = iif(state = 'sending', run_key, open_run), retry_at = NULL, updated_at = ?
     WHERE id = ? AND state IN ('held', 'pending', 'sending', 'failed')`,
  );
  const prune = db.prepare(
    `DELETE FROM entries WHERE rowid IN (
       SELECT rowid FROM entries WHERE ${isOld('entries')} AND NOT (outcome IS 'context' AND (
         EXISTS (SELECT 1 FROM entries AS other WHERE other.lane = entries.lane AND other.state IN ('pending', 'sending'))
         OR EXISTS (SELECT 1 FROM entries AS carrier WHERE carrier.id = entries.carried_by AND NOT (${isOld('carrier')}))
         OR carried_by IS NULL AND EXISTS (
           SELECT 1 FROM entries AS other WHERE other.lane = entries.lane AND other.author = entries.author
             AND other.state IN ('failed', 'dropped') AND NOT (${isOld('other')})
         )
       ))
       LIMIT :limit
     )`,
  );

  const redate = db.prepare(
    `UPDATE entries SET updated_at = :at WHERE rowid IN (
       SELECT rowid FROM entries WHERE state IN ('settled', 'dropped') AND updated_at < :earliest LIMIT :limit
     )`,
  );

  function mergeInto(id: string, merged: readonly string[], at: number): void {
    for (const one of merged) merge.run(id, at, one);
  }

  /** Whether an entry was given up; what it carried is free for the next one then, or for itself when it is queued again. */
  function isGivenUp(id: string, { changes }: { changes: number | bigint }): boolean {
    if (Number(changes) !== 1) return false;
    releaseContext.run(id);
    return true;
  }

  return {
    begin(id, { runKey, runNumber }, at) {
      takeContext.run(id);
      if (begin.run(runKey, runNumber, at, id).changes === 1) return;
      const state = stateOf.get(id)?.state;
      throw new StoreError(
        'STORE_STATE',
        state === undefined
          ? `message ${id} is not in the inbox, so it must not be sent`
          : `message ${id} is ${state}, so it must not be sent`,
        {
          hint:
            state === 'held' || state === undefined
              ? undefined
              : 'An operator can queue a failed or dropped one again.',
        },
      );
    },
    settle(id, outcome, { merged, overtaken }, at) {
      if (settle.run(outcome, at, id).changes !== 1) return [];
      mergeInto(id, merged, at);
      return overtaken.filter(one => isGivenUp(one.id, giveUpFailing.run({ ...one, at }))).map(one => one.id);
    },
    note(id, at) {
      note.run(at, id);
    },
    revise(id, { body, merged }, at) {
      if (revise.run(body, at, id).changes !== 1) return false;
      mergeInto(id, merged, at);
      return true;
    },
    fail: (id, reason, run, at) =>
      isGivenUp(id, fail.run({ id, at, reason, open: Number(run?.mayStillRun === true), ...ofRun(run?.runKey) })),
    defer(id, { until, reason, counted, resend, runKey }, at) {
      const { changes } = defer.run({
        id,
        at,
        ...ofRun(runKey),
        reason,
        until: wholeMilliseconds(until, `the next attempt for ${id}`),
        counted: Number(counted),
        resend: Number(resend),
      });
      return changes === 1;
    },
    retry: (ids, options, at) =>
      ids.filter(id => retry.run({ id, at, force: Number(options?.force === true) }).changes === 1),
    drop: (ids, at) => ids.filter(id => isGivenUp(id, drop.run(at, id))),
    prune: (before, limit) => Number(prune.run({ before, limit }).changes),
    redate: (earliest, at, limit) => Number(redate.run({ earliest, at, limit }).changes),
  };
}

function ofRun(runKey: string | null | undefined): { anyRun: number; runKey: string | null } {
  return { anyRun: Number(runKey === undefined), runKey: runKey ?? null };
}
