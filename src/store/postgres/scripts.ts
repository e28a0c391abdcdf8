import { schema, writersLock } from './schema.ts';

/**
 * Milliseconds for which a process that stopped in the middle of a transaction, or that can no longer be reached, holds up
 * the others: then the server ends its connection, and its transaction is undone.
 */
export const idleTimeout = 5000;
/** Milliseconds to wait for the transactions of others. More than a stopped one is given. */
const lockTimeout = 10_000;
/** Milliseconds for one statement. The longest is the end of a pass over a large backlog. */
const statementTimeout = 60_000;

/** Rows of `changes` that stay. Whoever has not looked for longer takes it that there were changes. */
export const changesKept = 1000;

/**
 * Begins a transaction in which each statement sees what is there when it begins, also where the server, the database or the
 * user has another default. Else it would see what was there before the wait for its turn.
 */
export const beginChanging = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** Everything for one transaction alone: a pooler gives the next one to another process of the server. */
const local = `SET LOCAL search_path = ${schema}; SET LOCAL max_parallel_workers_per_gather = 0;
  SET LOCAL statement_timeout = ${statementTimeout};
  SET LOCAL idle_in_transaction_session_timeout = ${idleTimeout}; SET LOCAL lock_timeout = ${lockTimeout}`;

/** What is known when a transaction that changes something has begun. */
export type Begun = { number: number; now: number; others: number | null; contacts: number | null };

/**
 * Begins a transaction that changes something: it waits for its turn among all processes. Its last row has the database's
 * time as `now`, the `number` of the change, and in `others` that of the change before it, or null when that was made by the
 * same owner; in `contacts` that of the last change of contacts before it, or null for the same reason. `durable`: whether
 * the server would not wait for its disk by itself.
 */
export function beginWriting(owner: string, durable: boolean): string {
  const newest = (where: string) =>
    `(SELECT CASE WHEN owner <> '${owner}' THEN number END FROM changes ${where} ORDER BY number DESC LIMIT 1)`;
  return `${beginChanging}; ${local}${durable ? '; SET LOCAL synchronous_commit = on' : ''};
    SELECT pg_advisory_xact_lock(${writersLock});
    INSERT INTO changes (owner) VALUES ('${owner}') RETURNING number, clock_ms() AS now,
      ${newest('')} AS others, ${newest('WHERE contacts <> 0')} AS contacts`;
}

/** Ends a transaction that changes something. `mayBeLost`: nobody needs to wait until it is on disk, which is under its lock. */
export function endWriting(mayBeLost: boolean): string {
  return mayBeLost ? 'SET LOCAL synchronous_commit = off; COMMIT' : 'COMMIT';
}

/** Begins a transaction that sees one moment. Its last row has the database's time as `now`. */
export const beginReading = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${local}; SELECT clock_ms() AS now`;

/** Deletes rows of `changes` that nobody needs any more; null when it is not the time for it. */
export function tidyChanges(number: number): string | null {
  return number % changesKept === 0 ? `DELETE FROM changes WHERE number < ${number - changesKept}` : null;
}
