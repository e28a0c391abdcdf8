import { schema, writersLock } from './schema.ts';

/**
 * Milliseconds for which a process that stopped in the middle of a transaction, or that can no longer be reached, holds up
 * the others: then the server ends its connection, and its transaction is undone. One that stood still for a while makes it
 * once more.
 */
export const idleTimeout = 3000;
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

/**
 * What holds for all transactions. The plan of a statement is kept, and tables grow within seconds from a few rows to many
 * thousands: whatever has an index is looked up by it, also while the server takes the table for a small one.
 */
const settings = [
  `search_path = ${schema}`,
  'max_parallel_workers_per_gather = 0',
  'enable_seqscan = off',
  // Without this, what has no index would be compiled each time: the setting before makes it look expensive.
  'jit = off',
  `statement_timeout = ${statementTimeout}`,
  `idle_in_transaction_session_timeout = ${idleTimeout}`,
  `lock_timeout = ${lockTimeout}`,
];

/** Sets it for a connection whose process at the server nobody else uses. */
export const settingsOfConnection = settings.map(setting => `SET ${setting}`).join('; ');

/** Sets it for one transaction: a pooler gives the next one to another process. */
const settingsOfTransaction = settings.map(setting => `SET LOCAL ${setting}; `).join('');

const settingsFor = (isOwn: boolean) => (isOwn ? '' : settingsOfTransaction);

/**
 * Begins a transaction that changes something: it waits for its turn among all processes. `changeOf` comes after it.
 * `isOwn`: see `Session`. `durable`: whether the server would not wait for its disk by itself.
 */
export function beginWriting({ isOwn, durable }: { isOwn: boolean; durable: boolean }): string {
  return `${beginChanging}; ${settingsFor(isOwn)}${durable ? 'SET LOCAL synchronous_commit = on; ' : ''}
    SELECT pg_advisory_xact_lock(${writersLock})`;
}

/** Ends a transaction that changes something. `mayBeLost`: nobody needs to wait until it is on disk, which is under its lock. */
export function endWriting(mayBeLost: boolean): string {
  return mayBeLost ? 'SET LOCAL synchronous_commit = off; COMMIT' : 'COMMIT';
}

/** Begins a transaction that sees one moment. Its last row has the database's time as `now`. */
export function beginReading({ isOwn }: { isOwn: boolean }): string {
  return `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${settingsFor(isOwn)}SELECT clock_ms() AS now`;
}

/** Deletes rows of `changes` that nobody needs any more; null when it is not the time for it. */
export function tidyChanges(number: number): string | null {
  return number % changesKept === 0 ? `DELETE FROM changes WHERE number < ${number - changesKept}` : null;
}
