import { entryStates } from '../new-entry.ts';

/** The order of a lane. With the lane's name before it, it is the order of the index `entries_queue`. */
const laneOrder = 'occurred_at, batch, position';
const laneOrderReversed = 'occurred_at DESC, batch DESC, position DESC';

/** Exactly the condition of the index `entries_queue`: SQLite uses a partial index only then. */
export const undelivered = `state IN ('pending', 'sending')`;

/** The agent's session of an entry: the one that it was filed under, or the one that a command has begun in its place. */
export function sessionOf(table?: string): string {
  const of = table === undefined ? '' : `${table}.`;
  return `coalesce(${of}session, ${of}lane) || coalesce(':session-' || ${of}session_number, '')`;
}

/** What commands have made of a session, as a part of a statement with the parameters `account` and `session`. */
export const numberOfSession =
  '(SELECT number FROM renewed_sessions AS renewed WHERE renewed.account = +:account AND renewed.session = +:session)';

/** An entry's row, under the names of the interface. */
export const entry = `id, account, lane, contact, coalesce(conversation, lane) AS conversation, ${sessionOf()} AS session,
  occurred_at AS occurredAt, received_at AS receivedAt, body, author, amends, state, attempts,
  first_attempt_at AS firstAttemptAt, retry_at AS retryAt, run_key AS runKey, run_number AS runNumber,
  open_run AS unresolvedRun, reason, outcome, carried_by AS carriedBy, begun_at AS begunAt,
  settled_at AS settledAt, arrived_by AS arrivedBy, updated_at AS updatedAt`;

/** The entries that an entry carries as context. */
const isContext = `outcome = 'context' AND state = 'settled'`;

/** The entries that an entry carries in its run. One that an operator has queued again has no key, and is none of them. */
export const isGathered = `run_key IS NOT NULL AND ${undelivered}`;

/** What waits its turn by itself: all but what was gathered into the run of another one that still waits. */
const hasTurn = `(carried_by IS NULL OR run_key IS NULL OR NOT EXISTS (
    SELECT 1 FROM entries AS carrier WHERE carrier.id = entries.carried_by AND carrier.state IN ('pending', 'sending')
  ))`;

const notMuted = `(state = 'sending' OR NOT EXISTS (
    SELECT 1 FROM mutes WHERE mutes.account = entries.account AND mutes.conversation = coalesce(entries.conversation, entries.lane)
      AND (until IS NULL OR until > +:now)
  ))`;

/** The statements that only read. */
export const queries = {
  position: 'SELECT cursor, proven, first_start AS own, first_listed AS listed FROM accounts WHERE account = ?',
  holding: `SELECT DISTINCT account FROM entries WHERE state = 'held' AND account IS NOT NULL`,
  // Without the hint, SQLite uses the index by state, and reads every row for its lane.
  lanes: `SELECT DISTINCT lane FROM entries INDEXED BY entries_queue WHERE ${undelivered}`,
  lanesOf: `SELECT DISTINCT lane FROM entries INDEXED BY entries_queue WHERE ${undelivered} AND account = +?`,
  waitingIn: `SELECT value AS lane FROM json_each(?) WHERE EXISTS (SELECT 1 FROM entries INDEXED BY entries_queue
    WHERE lane = value AND ${undelivered} AND account = +?)`,
  head: `SELECT ${entry} FROM entries WHERE lane = +? AND ${undelivered} AND ${hasTurn} ORDER BY ${laneOrder} LIMIT 1`,
  waiting: `SELECT ${entry} FROM entries WHERE lane = +? AND ${undelivered} AND ${hasTurn} ORDER BY ${laneOrder} LIMIT +?`,
  // The same without what waits in a muted conversation. What has begun is brought to its end.
  headUnmuted: `SELECT ${entry} FROM entries WHERE lane = +:lane AND ${undelivered} AND ${hasTurn} AND ${notMuted}
    ORDER BY ${laneOrder} LIMIT 1`,
  waitingUnmuted: `SELECT ${entry} FROM entries WHERE lane = +:lane AND ${undelivered} AND ${hasTurn} AND ${notMuted}
    ORDER BY ${laneOrder} LIMIT +:limit`,
  failing: `SELECT ${entry} FROM entries INDEXED BY entries_failing
    WHERE ${undelivered} AND attempts > 0 AND attempts >= +? ORDER BY first_attempt_at, ${laneOrder} LIMIT +?`,
  get: `SELECT ${entry} FROM entries WHERE id = ?`,
  // Without the hint, SQLite uses the index by state, for the order, and reads every settled row.
  context: `SELECT ${entry} FROM entries INDEXED BY entries_carried WHERE carried_by = +? AND ${isContext}
    ORDER BY ${laneOrderReversed} LIMIT +?`,
  gathered: `SELECT ${entry} FROM entries INDEXED BY entries_carried WHERE carried_by = +? AND ${isGathered} ORDER BY ${laneOrder}`,
  // Asked first, for both: hardly any message carries another one.
  carried: `SELECT count(*) FILTER (WHERE ${isContext}) AS context, count(*) FILTER (WHERE ${isGathered}) AS gathered
    FROM entries INDEXED BY entries_carried WHERE carried_by = ?`,
  // Asked first: hardly any message is amended, and this look costs a fiftieth of following the chain.
  amended: 'SELECT 1 AS found FROM entries INDEXED BY entries_amending WHERE amends = ? LIMIT 1',
  amending: `SELECT ${entry}, batch, position FROM entries INDEXED BY entries_amending
    WHERE amends = +:amended AND lane = +:lane AND author = +:author ORDER BY rowid LIMIT +:limit`,
  // One statement, so that the numbers are of one moment even while another process writes.
  counts: `SELECT state, entries,
    (SELECT min(first) FROM (
      SELECT min(occurred_at) AS first FROM entries WHERE state = 'pending'
      UNION ALL SELECT min(occurred_at) FROM entries WHERE state = 'sending'
    ) AS undelivered) AS oldest FROM tallies`,
  oldest: 'SELECT min(occurred_at) AS oldest FROM entries INDEXED BY entries_by_state WHERE state = +?',
  // Until an account takes it over, the previous version's cursor counts. The newest entry is read only without a
  // cursor, and by the index of each state: over all states at once SQLite would read every row.
  shown: `SELECT cursor, CASE WHEN cursor IS NULL THEN (SELECT max(newest) FROM (${entryStates
    .map(state => `SELECT max(occurred_at) AS newest FROM entries WHERE state = '${state}'`)
    .join(' UNION ALL ')}) AS states) END AS newest
    FROM (SELECT max(cursor) AS cursor FROM (SELECT cursor FROM accounts UNION ALL SELECT cursor FROM intake) AS positions)
      AS newest_position`,
  probed: 'SELECT probes FROM intake',
};

/**
 * Reads the newest entries of `states` states. It takes a state and the limit for each, and the limit again. Each state
 * is read from its end of the index, so the cost depends on the limit and not on the number of entries.
 */
export function listQuery(states: number): string {
  const one = `SELECT * FROM (SELECT * FROM entries WHERE state = ? ORDER BY ${laneOrderReversed} LIMIT ?) AS one`;
  const all = Array.from({ length: states }, () => one).join(' UNION ALL ');
  return `SELECT ${entry} FROM (${all}) AS listed ORDER BY ${laneOrderReversed} LIMIT ?`;
}
