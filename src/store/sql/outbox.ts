import { claimOfOutbox } from '../claims.ts';
import { StoreError } from '../errors.ts';
import {
  type DeliveryStatus,
  deliveryStatuses,
  type NewOutgoing,
  type Outbox,
  type Outgoing,
  type OutgoingState,
  outgoingStates,
  type Refusal,
  type StatusReport,
} from '../outbox.ts';
import type { ClaimSteps } from './claims.ts';
import { provided } from './provided.ts';
import type { PrepareAll, Row, Statement, Statements, Step } from './step.ts';
import { wholeMilliseconds } from './time.ts';
import type { Transactions } from './transactions.ts';

const undelivered = `state IN ('pending', 'sending')`;

/** A row, under the names of the interface. */
export const row = `id, message, answer, account, lane, recipient, via, part, parts, body, send_before AS sendBefore, state,
  created_at AS createdAt, attempts, retry_at AS retryAt, mark, begun_at AS begunAt, sent_id AS sentId, status,
  status_at AS statusAt, sent_at AS sentAt, delivered_at AS deliveredAt, read_at AS readAt, code, reason,
  updated_at AS updatedAt`;

const statements = {
  add: `INSERT INTO outbox (id, message, answer, account, lane, recipient, via, part, parts, body, send_before, state,
       sent_id, reason, created_at, updated_at)
     VALUES (:id, :message, :answer, :account, :lane, :recipient, :via, :part, :parts, :body, :sendBefore, :state,
       :sentId, :failure, :at, :at)
     ON CONFLICT DO NOTHING`,
  lanes: `SELECT DISTINCT lane FROM outbox INDEXED BY outbox_queue WHERE ${undelivered}`,
  lanesOf: `SELECT DISTINCT lane FROM outbox INDEXED BY outbox_queue WHERE ${undelivered} AND account = +?`,
  waitingIn: `SELECT value AS lane FROM json_each(?) WHERE EXISTS (SELECT 1 FROM outbox INDEXED BY outbox_queue
    WHERE lane = value AND ${undelivered} AND account = +?)`,
  head: `SELECT ${row} FROM outbox INDEXED BY outbox_queue WHERE lane = +? AND ${undelivered} ORDER BY seq LIMIT 1`,
  get: `SELECT ${row} FROM outbox WHERE id = ?`,
  of: `SELECT ${row} FROM outbox INDEXED BY outbox_by_message WHERE message = +? ORDER BY seq`,
  ofAll: `SELECT ${row} FROM outbox INDEXED BY outbox_by_message WHERE message IN (SELECT value FROM json_each(?)) ORDER BY seq`,
  waiting: `SELECT ${row} FROM (
       SELECT * FROM (SELECT * FROM outbox INDEXED BY outbox_by_state WHERE state = 'pending' ORDER BY seq LIMIT +:limit) AS pending
       UNION ALL
       SELECT * FROM (SELECT * FROM outbox INDEXED BY outbox_by_state WHERE state = 'sending' ORDER BY seq LIMIT +:limit) AS sending
     ) AS waiting ORDER BY seq LIMIT +:limit`,
  knows: 'SELECT 1 AS found FROM outbox INDEXED BY outbox_sent WHERE sent_id = ? LIMIT 1',
  reported: `SELECT ${row} FROM outbox INDEXED BY outbox_sent WHERE sent_id = ? LIMIT 1`,
  marked: `SELECT ${row} FROM outbox INDEXED BY outbox_marks WHERE mark = ? LIMIT 1`,
  awaiting: `SELECT ${row} FROM outbox INDEXED BY outbox_by_state WHERE state = 'sent' AND account = +:account
     AND updated_at >= +:since AND (status IS NULL OR status <> 'read') ORDER BY seq LIMIT +:limit`,
  begin: `UPDATE outbox SET state = 'sending', mark = :mark, recipient = :recipient, body = :body, begun_at = :at,
       retry_at = NULL, reason = NULL, code = NULL, updated_at = :at
     WHERE id = :id AND ${provided(`state = 'pending'`)} AND (lane = :lane OR :lane IS NULL)`,
  revise: `UPDATE outbox SET body = :body, updated_at = :at WHERE id = :id AND ${provided(`state = 'pending'`)}`,
  sent: `UPDATE outbox SET state = 'sent', sent_id = :sentId, sent_at = :at, retry_at = NULL, reason = NULL, code = NULL,
       updated_at = :at
     WHERE id = :id AND ${provided(`state IN ('pending', 'sending', 'failed', 'dropped')`)}`,
  defer: `UPDATE outbox SET state = CASE WHEN :resend <> 0 THEN 'pending' ELSE state END, retry_at = :until, reason = :reason,
       attempts = attempts + :counted, updated_at = :at
     WHERE id = :id AND ${provided(undelivered)}`,
  fail: `UPDATE outbox SET state = 'failed', body = coalesce(:body, body), reason = :reason, code = :code, retry_at = NULL,
       updated_at = :at
     WHERE id = :id AND ${provided(undelivered)}`,
  failLater: `UPDATE outbox SET state = 'failed', reason = :reason, retry_at = NULL, updated_at = :at
     WHERE answer = :answer AND message = :message AND part > :part AND state = 'pending' RETURNING id`,
  status: `UPDATE outbox SET status = :status, status_at = :statusAt,
       state = CASE WHEN :status = 'failed' THEN 'failed' ELSE state END,
       body = coalesce(:body, body), code = coalesce(:code, code), reason = coalesce(:reason, reason), updated_at = :at,
       delivered_at = CASE WHEN :status = 'delivered' THEN :statusAt ELSE delivered_at END,
       read_at = CASE WHEN :status = 'read' THEN :statusAt ELSE read_at END
     WHERE id = :id`,
  retry: `UPDATE outbox SET state = 'pending', attempts = 0, retry_at = NULL, mark = NULL, begun_at = NULL, sent_id = NULL,
       status = NULL, status_at = NULL, sent_at = NULL, delivered_at = NULL, read_at = NULL, code = NULL, reason = NULL,
       updated_at = :at
     WHERE id = :id AND ${provided(`state IN ('failed', 'dropped')`)} RETURNING message`,
  drop: `UPDATE outbox SET state = 'dropped', retry_at = NULL, updated_at = :at
     WHERE id = :id AND ${provided(`state IN ('pending', 'sending', 'failed')`)} RETURNING message`,
  counts: 'SELECT state, messages FROM outbox_tallies',
  countOf: 'SELECT count(*) AS messages FROM outbox INDEXED BY outbox_by_state WHERE state = ? AND via = ?',
  // What the customer got for a message, and for those in the same run, is read from its last answer.
  reflect: `UPDATE entries SET updated_at = :at, outcome = (
       SELECT CASE WHEN count(*) FILTER (WHERE state IN ('failed', 'dropped')) > 0 THEN 'failed'
         WHEN count(*) FILTER (WHERE state = 'sent') = count(*) THEN 'answered' ELSE 'answering' END
       FROM outbox INDEXED BY outbox_by_message WHERE message = +:message
         AND answer = (SELECT answer FROM outbox INDEXED BY outbox_by_message WHERE message = +:message ORDER BY seq DESC LIMIT 1))
     WHERE (id = +:message OR carried_by = +:message) AND state = 'settled' AND outcome IN ('answering', 'answered', 'failed')`,
  // Few rows: those of a state that happened since a time.
  heard: `SELECT max(occurred_at) AS newest FROM entries INDEXED BY entries_by_state
     WHERE state = +:state AND occurred_at > +:after AND account = +:account AND contact IS NOT NULL
       AND coalesce(conversation, lane) = +:conversation`,
  prune: `DELETE FROM outbox WHERE seq IN (
       SELECT seq FROM outbox WHERE state IN ('sent', 'dropped') AND updated_at < +:before AND created_at < +:before
       LIMIT +:limit)`,
};

/** The writing of outgoing messages. Each method is a step to run inside a transaction. */
export interface Outgoings {
  add(rows: readonly NewOutgoing[], at: number): Step<string[]>;
  /** Forgets at most `limit` rows that were sent or dropped before the time. Returns how many. */
  prune(before: number, limit: number): Step<number>;
}

type Sql = Statements<keyof typeof statements>;

/** Creates the outbox on an open database: its steps for others' transactions, and the part of the store. */
export function createOutbox(
  prepareAll: PrepareAll,
  { read, write, operate }: Transactions,
  { ofOutgoing, withoutOthers, abandoned }: Pick<ClaimSteps, 'ofOutgoing' | 'withoutOthers' | 'abandoned'>,
): { steps: Outgoings; outbox: Outbox } {
  const sql = prepareAll(statements);
  const steps = createSteps(sql);
  return {
    steps,
    outbox: {
      lanes: account =>
        read(function* (now) {
          const rows = yield* account === undefined ? sql.lanes.all() : sql.lanesOf.all(account);
          return yield* withoutOthers(rows.map(laneOf), now, claimOfOutbox);
        }),
      abandoned: account =>
        read(function* (now) {
          const { outbox } = yield* abandoned(now);
          return outbox.length === 0 ? [] : (yield* sql.waitingIn.all(JSON.stringify(outbox), account)).map(laneOf);
        }),
      head: lane => read(() => toRow(sql.head.get(lane))),
      find: report => read(() => reported(sql, report)),
      knows: sentId =>
        read(function* () {
          return (yield* sql.knows.get(sentId)) !== undefined;
        }),
      awaiting: (account, { since, limit }) =>
        read(() => toRows(sql.awaiting.all({ account, since: wholeMilliseconds(since, 'the time since'), limit }))),
      lastHeard: query => read(() => lastHeard(sql, query)),
      counts: () =>
        read(function* () {
          return toCounts(yield* sql.counts.all());
        }),
      countOf: (state, via) =>
        read(function* () {
          return Number((yield* sql.countOf.get(state, via))?.messages);
        }),
      list: ({ states = outgoingStates, limit }) =>
        read(function* () {
          const wanted = [...new Set(states)];
          if (wanted.length === 0) return [];
          const parameters = wanted.flatMap(state => [state, limit]);
          return yield* toRows(prepareAll({ list: listQuery(wanted.length) }).list.all(...parameters, limit));
        }),
      get: id => read(() => toRow(sql.get.get(id))),
      of: message => read(() => toRows(sql.of.all(message))),
      ofAll: messages => read(() => toRows(sql.ofAll.all(JSON.stringify(messages)))),
      waiting: limit => read(() => toRows(sql.waiting.all({ limit }))),
      add: rows => write(at => steps.add(rows, at)),
      begin: (id, attempt) => write(at => ofOutgoing(id, steps.begin(id, attempt, at))),
      revise: (id, body) => write(at => ofOutgoing(id, steps.revise(id, body, at))),
      sent: (id, sentId) => write(at => ofOutgoing(id, steps.sent(id, sentId, at))),
      defer: (id, wait) => write(at => ofOutgoing(id, steps.defer(id, wait, at))),
      fail: (id, refusal) => write(at => ofOutgoing(id, steps.fail(id, refusal, at))),
      report: report => write(at => steps.report(report, at)),
      retry: ids => operate(at => steps.each(sql.retry, ids, at)),
      drop: ids => operate(at => steps.each(sql.drop, ids, at)),
    },
  };
}

function createSteps(sql: Sql) {
  const reflect = (message: unknown, at: number) => sql.reflect.send({ message: String(message), at });
  const find = (id: string) => toRow(sql.get.get(id));

  const steps = {
    *add(rows: readonly NewOutgoing[], at: number): Step<string[]> {
      const lanes = new Set<string>();
      for (const { sentId = null, failure = null, sendBefore, ...one } of rows) {
        const state: OutgoingState = sentId !== null ? 'sent' : failure !== null ? 'failed' : 'pending';
        const before = sendBefore === null ? null : wholeMilliseconds(sendBefore, `the end of the time for ${one.id}`);
        const changes = yield* sql.add.run({ ...one, sentId, failure, sendBefore: before, state, at });
        if (changes === 1 && state === 'pending') lanes.add(one.lane);
      }
      return [...lanes];
    },

    *begin(
      id: string,
      attempt: { lane?: string; mark: string; recipient: string; body: string },
      at: number,
    ): Step<void> {
      if ((yield* sql.begin.run({ id, lane: null, ...attempt, at })) === 1) return;
      const state = (yield* find(id))?.state ?? 'not in the outbox';
      throw new StoreError('STORE_STATE', `the outgoing message ${id} is ${state}, so it must not be sent`);
    },

    *revise(id: string, body: string, at: number): Step<void> {
      yield* sql.revise.send({ id, body, at });
    },

    *sent(id: string, sentId: string, at: number): Step<void> {
      if ((yield* sql.sent.run({ id, sentId, at })) === 1) yield* reflect((yield* find(id))?.message, at);
    },

    *defer(
      id: string,
      { until, reason, counted, resend }: { until: number; reason: string; counted: boolean; resend: boolean },
      at: number,
    ): Step<void> {
      const time = wholeMilliseconds(until, `the next attempt for ${id}`);
      yield* sql.defer.send({ id, until: time, reason, counted: Number(counted), resend: Number(resend), at });
    },

    *fail(id: string, { reason, code, alone = false, instead = [], body }: Refusal, at: number): Step<string[]> {
      if ((yield* sql.fail.run({ id, reason, code, body: body ?? null, at })) !== 1) return [];
      yield* steps.add(instead, at);
      const failed = yield* find(id);
      if (!alone) return [id, ...(yield* failLater(sql, failed, at))];
      yield* reflect(failed?.message, at);
      return [id];
    },

    *report(
      { sentId, mark, status, at: statusAt, code, reason, instead }: StatusReport,
      at: number,
    ): Step<Outgoing | null> {
      const known = yield* reported(sql, { sentId, mark });
      if (known === null || !isLater(known.status, status)) return null;
      if (known.sentId === null) yield* sql.sent.send({ id: known.id, sentId, at });
      const time = wholeMilliseconds(statusAt, `the time of the status of ${known.id}`);
      yield* sql.status.send({ id: known.id, status, statusAt: time, code, reason, body: instead?.body ?? null, at });
      yield* steps.add(instead?.rows ?? [], at);
      if (status === 'failed') yield* failLater(sql, known, at);
      yield* reflect(known.message, at);
      return yield* find(known.id);
    },

    /** Runs an operator's change for each id. Returns the ids that it changed. */
    *each(change: Statement, ids: readonly string[], at: number): Step<string[]> {
      const changed: string[] = [];
      for (const id of ids) {
        const found = yield* change.get({ id, at });
        if (found === undefined) continue;
        yield* reflect(found.message, at);
        changed.push(id);
      }
      return changed;
    },

    prune: (before: number, limit: number) => sql.prune.run({ before, limit }),
  };
  return steps;

  /** The parts after one that failed make no sense without it. */
  function* failLater({ failLater: statement }: Sql, failed: Outgoing | null, at: number): Step<string[]> {
    if (failed === null) return [];
    const { answer, message, part } = failed;
    const reason = `Part ${part} of the answer could not be sent, so this one was not`;
    const later = (yield* statement.all({ answer, message, part, reason, at })).map(({ id }) => String(id));
    yield* reflect(message, at);
    return later;
  }
}

function* reported(sql: Sql, { sentId, mark }: Pick<StatusReport, 'sentId' | 'mark'>): Step<Outgoing | null> {
  const found = yield* toRow(sql.reported.get(sentId));
  return found ?? (mark === null ? null : yield* toRow(sql.marked.get(mark)));
}

function isLater(before: DeliveryStatus | null, status: DeliveryStatus): boolean {
  return before === null || deliveryStatuses.indexOf(status) > deliveryStatuses.indexOf(before);
}

/** Whatever became of it, WhatsApp has it. */
const heardStates = ['pending', 'sending', 'settled', 'failed', 'dropped', 'unpaired', 'denied', 'limited'];

function* lastHeard({ heard }: Sql, query: Parameters<Outbox['lastHeard']>[0]): Step<number | null> {
  const times: number[] = [];
  for (const state of heardStates) {
    const newest = (yield* heard.get({ ...query, state }))?.newest;
    if (typeof newest === 'number') times.push(newest);
  }
  return times.length === 0 ? null : Math.max(...times);
}

/** Reads the newest rows of `states` states: a state and the limit for each, and the limit again. */
function listQuery(states: number): string {
  const one =
    'SELECT * FROM (SELECT * FROM outbox INDEXED BY outbox_by_state WHERE state = ? ORDER BY seq DESC LIMIT ?) AS one';
  const all = Array.from({ length: states }, () => one).join(' UNION ALL ');
  return `SELECT ${row} FROM (${all}) AS listed ORDER BY seq DESC LIMIT ?`;
}

function laneOf({ lane }: Record<string, unknown>): string {
  return String(lane);
}

function toRows(rows: Step<Row[]>): Step<Outgoing[]> {
  return rows as unknown as Step<Outgoing[]>;
}

function* toRow(one: Step<Row | undefined>): Step<Outgoing | null> {
  return ((yield* one) as unknown as Outgoing | undefined) ?? null;
}

function toCounts(rows: readonly Record<string, unknown>[]): Record<OutgoingState, number> {
  const counts = Object.fromEntries(outgoingStates.map(state => [state, 0])) as Record<OutgoingState, number>;
  for (const { state, messages } of rows) counts[state as OutgoingState] = Number(messages);
  return counts;
}
