/** The order of a lane, and with the lane's name in front that of the index `entries_queue`. */
const laneOrder = 'occurred_at, batch, position';
const laneOrderReversed = 'occurred_at DESC, batch DESC, position DESC';

/** Word for word the condition of the index `entries_queue`: SQLite uses a partial index only then. */
const undelivered = `state IN ('pending', 'sending')`;

/** An entry's row under the names of the interface. */
const entry = `id, lane, occurred_at AS occurredAt, received_at AS receivedAt, body, state, attempts,
  first_attempt_at AS firstAttemptAt, retry_at AS retryAt, run_key AS runKey, run_number AS runNumber, open_run AS openRun, reason, outcome,
  updated_at AS updatedAt`;

/** The statements that only read. */
export const queries = {
  cursor: 'SELECT cursor FROM intake',
  // Left alone, SQLite prefers the index by state, and then reads every row for its lane.
  lanes: `SELECT DISTINCT lane FROM entries INDEXED BY entries_queue WHERE ${undelivered}`,
  head: `SELECT ${entry} FROM entries WHERE lane = ? AND ${undelivered} ORDER BY ${laneOrder} LIMIT 1`,
  get: `SELECT ${entry} FROM entries WHERE id = ?`,
  // One statement, so that the numbers are of one moment even while another process writes.
  counts: `SELECT state, entries,
    (SELECT min(first) FROM (
      SELECT min(occurred_at) AS first FROM entries WHERE state = 'pending'
      UNION ALL SELECT min(occurred_at) FROM entries WHERE state = 'sending'
    )) AS oldest FROM tallies`,
  dataVersion: 'PRAGMA data_version',
};

/**
 * The newest entries of so many states; takes a state and the limit for each, and the limit again. Each state is read
 * from its end of the index, so the cost depends on the limit and not on the number of entries.
 */
export function listQuery(states: number): string {
  const one = `SELECT * FROM (SELECT * FROM entries WHERE state = ? ORDER BY ${laneOrderReversed} LIMIT ?)`;
  const all = Array.from({ length: states }, () => one).join(' UNION ALL ');
  return `SELECT ${entry} FROM (${all}) ORDER BY ${laneOrderReversed} LIMIT ?`;
}
