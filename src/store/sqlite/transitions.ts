import type { DatabaseSync } from 'node:sqlite';
import type { Holding, PairingOffer } from '../access.ts';
import { StoreError } from '../errors.ts';
import type { Settling, Store } from '../store.ts';
import type { Claims } from './claims.ts';
import type { ContactAccesses } from './contact-access.ts';
import { createGathered } from './gathered.ts';
import { createGivingUp, type GivingUp } from './giving-up.ts';
import type { Outgoings } from './outbox.ts';
import { prepareAll } from './prepare.ts';
import { sessionOf } from './queries.ts';
import { wholeMilliseconds } from './time.ts';

/** The changes of entries. Each method is a step to run inside a transaction. The methods of `Store` describe the rules. */
export interface Transitions {
  /** `now`: this machine's time, by which claims are measured. */
  begin(id: string, run: Parameters<Store['begin']>[1], time: { at: number; now: number }): void;
  settle(id: string, outcome: string, also: Settling, at: number): string[];
  note(id: string, at: number): void;
  revise(id: string, revision: Parameters<Store['revise']>[1], at: number): boolean;
  fail(id: string, reason: string, run: Parameters<Store['fail']>[2], at: number): boolean;
  refuse: GivingUp['refuse'];
  awaitApproval(id: string, offer: PairingOffer, at: number): Holding | null;
  defer(id: string, wait: Parameters<Store['defer']>[1], at: number): boolean;
  retry(ids: readonly string[], options: Parameters<Store['retry']>[1], at: number): string[];
  drop: GivingUp['drop'];
}

/** Whether it carries others. Asked along with what is done anyway: hardly any does. */
const carries = 'EXISTS (SELECT 1 FROM entries AS one WHERE one.carried_by = entries.id) AS carries';

const statements = {
  undelivered: `SELECT account, contact FROM entries
     WHERE id = ? AND state IN ('pending', 'sending') AND account IS NOT NULL AND contact IS NOT NULL`,
  known: `SELECT lane, ${sessionOf()} AS session, author, run_key AS runKey, state, ${carries} FROM entries WHERE id = ?`,
  begin: `UPDATE entries
     SET state = 'sending', begun_at = iif(run_key IS ?1, coalesce(begun_at, ?2), ?2), run_key = ?1,
       run_number = ?3, open_run = NULL, carried_by = NULL, retry_at = NULL, reason = NULL, updated_at = ?4
     WHERE id = ?5 AND state IN ('pending', 'sending')`,
  // Asked first: hardly any message has context, and this look costs a twentieth of taking it.
  freeContext: `SELECT 1 AS found FROM entries INDEXED BY entries_context
     WHERE lane = ? AND author = ? AND outcome = 'context' AND carried_by IS NULL LIMIT 1`,
  takeContext: `UPDATE entries SET carried_by = ? WHERE lane = ? AND author = ? AND outcome = 'context' AND carried_by IS NULL`,
  takeAllContext: `UPDATE entries SET carried_by = ? WHERE lane = ? AND outcome = 'context' AND carried_by IS NULL`,
  note: `UPDATE entries SET state = 'settled', outcome = 'context', retry_at = NULL, reason = NULL, updated_at = ?
     WHERE id = ? AND state = 'pending'`,
  revise: `UPDATE entries SET body = ?, updated_at = ? WHERE id = ? AND state = 'pending' AND run_number = 0`,
  merge: `UPDATE entries SET state = 'settled', outcome = 'merged', carried_by = ?, retry_at = NULL, reason = NULL, updated_at = ?
     WHERE id = ?
       AND (state IN ('held', 'pending') AND run_number = 0 OR state = 'settled' AND outcome = 'context' AND carried_by IS NULL)`,
  settle: `UPDATE entries SET state = 'settled', outcome = ?1, open_run = NULL, retry_at = NULL, reason = ?2, updated_at = ?3
     WHERE id = ?4 AND (state IN ('pending', 'sending') OR ?5 AND state = 'dropped')`,
  defer: `UPDATE entries SET
       state = iif(:resend, 'pending', state), retry_at = :until, reason = :reason, attempts = attempts + :counted,
       first_attempt_at = iif(:counted, coalesce(first_attempt_at, :at), first_attempt_at), updated_at = :at
     WHERE id = :id AND state IN ('pending', 'sending') AND (:anyRun OR run_key IS :runKey)`,
  retry: `UPDATE entries SET
       state = 'pending', attempts = 0, first_attempt_at = NULL, retry_at = NULL, run_key = NULL, reason = NULL, outcome = NULL,
       run_number = run_number + (outcome IS 'context'),
       open_run = iif(:force, NULL, open_run), updated_at = :at
     WHERE id = :id AND (state IN ('failed', 'dropped', 'denied', 'limited')
       OR (:force AND state = 'settled' AND outcome IS NOT 'command'))`,
};

interface Known {
  lane: string;
  session: string;
  author: string | null;
  runKey: string | null;
  state: string;
  carries: number;
}

/** Throws STORE_STATE with why the entry must not be sent. */
function refuseToBegin(id: string, state: string | undefined): never {
  const what = state ?? 'not in the inbox';
  const hint =
    state === 'held' || state === undefined ? undefined : 'An operator can queue a failed or dropped one again.';
  throw new StoreError('STORE_STATE', `message ${id} is ${what}, so it must not be sent`, { hint });
}

export function createTransitions(
  db: DatabaseSync,
  { claims, outgoings, accesses }: { claims: Claims; outgoings: Outgoings; accesses: ContactAccesses },
): Transitions {
  const sql = prepareAll(db, statements);
  const gathered = createGathered(db);
  const { giveUpOvertaken, fail, refuse, drop } = createGivingUp(db, gathered);

  function mergeInto(id: string, merged: readonly string[], at: number): void {
    for (const one of merged) sql.merge.run(id, at, one);
  }

  return {
    begin(id, { runKey, runNumber, claim, contextOf = 'author', gathers = [], ...found }, { at, now }) {
      const entry = sql.known.get(id) as Known | undefined;
      if (entry === undefined) return refuseToBegin(id, undefined);
      const { lane, author, runKey: before, state, carries } = entry;
      const { lane: place = lane, session = entry.session } = found;
      if (place !== lane || session !== entry.session) {
        throw new StoreError('STORE_CLAIMED', `message ${id} belongs to the conversation ${lane} by now`);
      }
      claims.ensure(lane, claim, now);
      if (before === null && contextOf === 'lane') sql.takeAllContext.run(id, lane);
      else if (before === null && sql.freeContext.get(lane, author)) sql.takeContext.run(id, lane, author);
      if (sql.begin.run(runKey, now, runNumber, at, id).changes !== 1) refuseToBegin(id, state);
      if (carries) gathered.goOn(id, runKey, at);
      gathered.take(id, gathers, { lane, runKey, at });
    },
    settle(id, outcome, { merged = [], overtaken = [], outgoing = [], reason = null }, at) {
      // What an operator has dropped is not answered any more. What was answered already must be visible.
      const anyway = Number(outgoing.every(({ sentId }) => sentId !== undefined));
      const end = { outcome, reason, anyway, at };
      const isSettled = sql.settle.run(outcome, reason, at, id, anyway).changes === 1;
      // The answer of a dropped message's run is for those that were gathered into it all the same.
      const others = gathered.settle(id, end);
      if (!isSettled && others === 0) return [];
      mergeInto(id, merged, at);
      outgoings.add(outgoing, at);
      return giveUpOvertaken(overtaken, at);
    },
    note: (id, at) => void sql.note.run(at, id),
    revise(id, { body, merged }, at) {
      if (sql.revise.run(body, at, id).changes !== 1) return false;
      mergeInto(id, merged, at);
      return true;
    },
    fail(id, reason, run, at) {
      const end = { at, reason, open: Number(run?.mayStillRun === true), ...ofRun(run?.runKey) };
      const isFailed = fail(id, end);
      if (isFailed) outgoings.add(run?.outgoing ?? [], at);
      return isFailed;
    },
    refuse,
    awaitApproval(id, offer, at) {
      const entry = sql.undelivered.get(id) as { account: string; contact: string } | undefined;
      if (entry === undefined) return null;
      const { account, contact } = entry;
      const held = accesses.hold({ account, contact }, offer, at);
      if (held.state === 'unpaired') refuse({ id, state: held.state, reason: null }, at);
      if (held.state === 'denied' || held.state === 'limited') refuse({ id, ...held }, at);
      return held;
    },
    defer(id, { until, reason, counted, resend, runKey }, at) {
      const end = { at, reason, resend: Number(resend), ...ofRun(runKey) };
      const time = { until: wholeMilliseconds(until, `the next attempt for ${id}`), counted: Number(counted) };
      const isBack = sql.defer.run({ id, ...end, ...time }).changes === 1;
      gathered.defer(id, end);
      if (!isBack) gathered.release(id, at);
      return isBack;
    },
    retry: (ids, options, at) =>
      ids.filter(id => sql.retry.run({ id, at, force: Number(options?.force === true) }).changes === 1),
    drop,
  };
}

function ofRun(runKey: string | null | undefined): { anyRun: number; runKey: string | null } {
  return { anyRun: Number(runKey === undefined), runKey: runKey ?? null };
}
