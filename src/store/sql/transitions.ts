import { maskLane } from '../../mask.ts';
import type { Holding, PairingOffer } from '../access.ts';
import { StoreError } from '../errors.ts';
import type { Settling, Store } from '../store.ts';
import type { ClaimSteps } from './claims.ts';
import type { ContactAccesses } from './contact-access.ts';
import { createGathered } from './gathered.ts';
import { createGivingUp, type GivingUp } from './giving-up.ts';
import type { Outgoings } from './outbox.ts';
import { provided } from './provided.ts';
import { sessionOf, undelivered } from './queries.ts';
import type { PrepareAll, Step } from './step.ts';
import { wholeMilliseconds } from './time.ts';

/** The changes of entries. Each method is a step to run inside a transaction. The methods of `Store` describe the rules. */
export interface Transitions {
  /** `now`: the database's time, by which claims and runs are measured. */
  begin(id: string, run: Parameters<Store['begin']>[1], time: { at: number; now: number }): Step<void>;
  settle(id: string, outcome: string, also: Settling, at: number): Step<string[]>;
  note(id: string, at: number): Step<void>;
  revise(id: string, revision: Parameters<Store['revise']>[1], at: number): Step<boolean>;
  fail(id: string, reason: string, run: Parameters<Store['fail']>[2], at: number): Step<boolean>;
  refuse: GivingUp['refuse'];
  awaitApproval(id: string, offer: PairingOffer, at: number): Step<Holding | null>;
  defer(id: string, wait: Parameters<Store['defer']>[1], at: number): Step<boolean>;
  retry(ids: readonly string[], options: Parameters<Store['retry']>[1], at: number): Step<string[]>;
  drop: GivingUp['drop'];
}

/** Whether it carries others. Asked along with what is done anyway: hardly any does. */
const carries =
  'EXISTS (SELECT 1 FROM entries AS one INDEXED BY entries_carried WHERE one.carried_by = entries.id) AS carries';
/** Whether there is context for it that no message carries. Asked along for the same reason. */
const hasContext = `EXISTS (SELECT 1 FROM entries AS one INDEXED BY entries_context WHERE one.lane = entries.lane
  AND one.author = entries.author AND one.outcome = 'context' AND one.carried_by IS NULL) AS hasContext`;

const statements = {
  undelivered: `SELECT account, contact FROM entries
     WHERE id = ? AND ${provided(undelivered)} AND account IS NOT NULL AND contact IS NOT NULL`,
  known: `SELECT lane, ${sessionOf()} AS session, author, run_key AS runKey, state, ${carries}, ${hasContext}
     FROM entries WHERE id = ?`,
  begin: `UPDATE entries
     SET state = 'sending', run_key = ?1,
       begun_at = CASE WHEN run_key IS NOT DISTINCT FROM ?1 THEN coalesce(begun_at, ?2) ELSE ?2 END,
       run_number = ?3, open_run = NULL, carried_by = NULL, retry_at = NULL, reason = NULL, updated_at = ?4
     WHERE id = ?5 AND ${provided(undelivered)}`,
  takeContext: `UPDATE entries SET carried_by = ? WHERE lane = ? AND author = ? AND outcome = 'context' AND carried_by IS NULL`,
  takeAllContext: `UPDATE entries SET carried_by = ? WHERE lane = ? AND outcome = 'context' AND carried_by IS NULL`,
  note: `UPDATE entries SET state = 'settled', outcome = 'context', retry_at = NULL, reason = NULL, updated_at = ?
     WHERE id = ? AND ${provided(`state = 'pending'`)}`,
  revise: `UPDATE entries SET body = ?, updated_at = ? WHERE id = ? AND ${provided(`state = 'pending'`)} AND run_number = 0`,
  merge: `UPDATE entries SET state = 'settled', outcome = 'merged', carried_by = ?, retry_at = NULL, reason = NULL, updated_at = ?
     WHERE id = ? AND ${provided(
       `state IN ('held', 'pending') AND run_number = 0 OR state = 'settled' AND outcome = 'context' AND carried_by IS NULL`,
     )}`,
  settle: `UPDATE entries SET state = 'settled', outcome = ?1, open_run = NULL, retry_at = NULL, reason = ?2, updated_at = ?3,
       settled_at = ?3
     WHERE id = ?4 AND ${provided(`${undelivered} OR ?5 <> 0 AND state = 'dropped'`)} RETURNING ${carries}`,
  defer: `UPDATE entries SET
       state = CASE WHEN :resend <> 0 THEN 'pending' ELSE state END, retry_at = :until, reason = :reason,
       attempts = attempts + :counted,
       first_attempt_at = CASE WHEN :counted <> 0 THEN coalesce(first_attempt_at, :at) ELSE first_attempt_at END, updated_at = :at
     WHERE id = :id AND ${provided(undelivered)} AND (:anyRun <> 0 OR run_key IS NOT DISTINCT FROM :runKey)`,
  retry: `UPDATE entries SET
       state = 'pending', attempts = 0, first_attempt_at = NULL, retry_at = NULL, run_key = NULL, reason = NULL, outcome = NULL,
       run_number = CASE WHEN outcome = 'context' THEN run_number + 1 ELSE run_number END, settled_at = NULL,
       open_run = CASE WHEN :force <> 0 THEN NULL ELSE open_run END, updated_at = :at
     WHERE id = :id AND ${provided(`state IN ('failed', 'dropped', 'denied', 'limited')
       OR (:force <> 0 AND state = 'settled' AND outcome IS DISTINCT FROM 'command')`)}`,
};

interface Known {
  lane: string;
  session: string;
  author: string | null;
  runKey: string | null;
  state: string;
  carries: number | boolean;
  hasContext: number | boolean;
}

/** Throws STORE_STATE with why the entry must not be sent. */
function refuseToBegin(id: string, state: string | undefined): never {
  const what = state ?? 'not in the inbox';
  const hint =
    state === 'held' || state === undefined ? undefined : 'An operator can queue a failed or dropped one again.';
  throw new StoreError('STORE_STATE', `message ${id} is ${what}, so it must not be sent`, { hint });
}

export function createTransitions(
  prepareAll: PrepareAll,
  { claims, outgoings, accesses }: { claims: ClaimSteps; outgoings: Outgoings; accesses: ContactAccesses },
): Transitions {
  const sql = prepareAll(statements);
  const gathered = createGathered(prepareAll);
  const { giveUpOvertaken, fail, refuse, drop } = createGivingUp(prepareAll, gathered);

  function* mergeInto(id: string, merged: readonly string[], at: number): Step<void> {
    for (const one of merged) yield* sql.merge.send(id, at, one);
  }

  return {
    *begin(id, { runKey, runNumber, contextOf = 'author', gathers = [], ...found }, { at, now }) {
      const entry = (yield* sql.known.get(id)) as Known | undefined;
      if (entry === undefined) return refuseToBegin(id, undefined);
      const { lane, author, runKey: before, state, carries, hasContext } = entry;
      const { lane: place = lane, session = entry.session } = found;
      if (place !== lane || session !== entry.session) {
        throw new StoreError('STORE_CLAIMED', `message ${id} belongs to the conversation ${maskLane(lane)} by now`);
      }
      yield* claims.assertFree(lane, now);
      if (state !== 'pending' && state !== 'sending') refuseToBegin(id, state);
      if (before === null && contextOf === 'lane') yield* sql.takeAllContext.send(id, lane);
      else if (before === null && hasContext) yield* sql.takeContext.send(id, lane, author);
      yield* sql.begin.send(runKey, now, runNumber, at, id);
      if (carries) yield* gathered.goOn(id, runKey, at);
      if (gathers.length > 0) yield* gathered.take(id, gathers, { lane, runKey, at });
    },
    *settle(id, outcome, { merged = [], overtaken = [], outgoing = [], reason = null }, at) {
      // What an operator has dropped is not answered any more. What was answered already must be visible.
      const anyway = Number(outgoing.every(({ sentId }) => sentId !== undefined));
      const end = { outcome, reason, anyway, at };
      const settled = yield* sql.settle.get(outcome, reason, at, id, anyway);
      // The answer of a dropped message's run is for those that were gathered into it all the same.
      const others = settled === undefined || settled.carries ? yield* gathered.settle(id, end) : 0;
      if (settled === undefined && others === 0) return [];
      if (merged.length > 0) yield* mergeInto(id, merged, at);
      if (outgoing.length > 0) yield* outgoings.add(outgoing, at);
      return overtaken.length === 0 ? [] : yield* giveUpOvertaken(overtaken, at);
    },
    *note(id, at) {
      yield* sql.note.send(at, id);
    },
    *revise(id, { body, merged }, at) {
      if ((yield* sql.revise.run(body, at, id)) !== 1) return false;
      yield* mergeInto(id, merged, at);
      return true;
    },
    *fail(id, reason, run, at) {
      const end = { at, reason, open: Number(run?.mayStillRun === true), ...ofRun(run?.runKey) };
      const isFailed = yield* fail(id, end);
      if (isFailed) yield* outgoings.add(run?.outgoing ?? [], at);
      return isFailed;
    },
    refuse,
    *awaitApproval(id, offer, at) {
      const entry = (yield* sql.undelivered.get(id)) as { account: string; contact: string } | undefined;
      if (entry === undefined) return null;
      const { account, contact } = entry;
      const held = yield* accesses.hold({ account, contact }, offer, at);
      if (held.state === 'unpaired') yield* refuse({ id, state: held.state, reason: null }, at);
      if (held.state === 'denied' || held.state === 'limited') yield* refuse({ id, ...held }, at);
      return held;
    },
    *defer(id, { until, reason, counted, resend, runKey }, at) {
      const end = { at, reason, resend: Number(resend), ...ofRun(runKey) };
      const time = { until: wholeMilliseconds(until, `the next attempt for ${id}`), counted: Number(counted) };
      const isBack = (yield* sql.defer.run({ id, ...end, ...time })) === 1;
      yield* gathered.defer(id, end);
      if (!isBack) yield* gathered.release(id, at);
      return isBack;
    },
    *retry(ids, options, at) {
      const force = Number(options?.force === true);
      const queued: string[] = [];
      for (const id of ids) if ((yield* sql.retry.run({ id, at, force })) === 1) queued.push(id);
      return queued;
    },
    drop,
  };
}

function ofRun(runKey: string | null | undefined): { anyRun: number; runKey: string | null } {
  return { anyRun: Number(runKey === undefined), runKey: runKey ?? null };
}
