import type { Clock } from '../clock.ts';
import { moveAwayHint, StateError, toStateError } from '../state/errors.ts';
import type { Lock } from '../state/lock.ts';
import { type DisplacedError, rememberPlaces } from '../state/place.ts';
import { StoreError } from './errors.ts';
import type { Exported, ExportQuery } from './exported.ts';
import type { DatabaseConnection } from './shared-database.ts';
import { createSqlStore } from './sql/sql-store.ts';
import { assertColumns } from './sqlite/columns.ts';
import { databasePath, openDatabase } from './sqlite/database.ts';
import { readEntries as readFileEntries } from './sqlite/read-entries.ts';
import { createSqliteDriver } from './sqlite/sqlite-driver.ts';
import type { Store } from './store.ts';

export { copyInbox, examineInbox } from './sqlite/copy.ts';

/** Where an inbox is. */
export interface StorePlace {
  /** The state directory. */
  dir: string;
  /** The address of a PostgreSQL database that has the inbox in place of a file in the directory. */
  database?: string | undefined;
}

export interface StoreOptions extends StorePlace {
  clock: Clock;
  readOnly?: boolean;
  /** This process works on lanes. Where others do so too, it needs claims; see `Store.claims`. */
  delivers?: boolean;
  /** Others may work on the lanes of the inbox in `dir` at the same time. Pollers do not: each has a directory alone. */
  shared?: boolean;
  lock?: Pick<Lock, 'path'>;
  onDisplaced?: (error: DisplacedError) => void;
  /** Told how the connection to a database is. */
  onConnection?: (connection: DatabaseConnection) => void;
}

/**
 * Opens the inbox in `dir` on `node:sqlite`: WAL, `synchronous=FULL`, one commit for all writes of an event-loop turn; or
 * that in a PostgreSQL database. `readOnly` is for looking at it while the poller runs; every change is then refused with
 * STORE_READONLY. Several processes may have it open. `acquireLock` ensures that only one of them delivers from a directory.
 *
 * Rejects with the `StateError`s of `openDatabase`, or of `openDriver`. The store's methods reject with STORE_FULL,
 * STORE_IO, STORE_BUSY, STORE_DAMAGED, STORE_INVALID, STORE_READONLY, STORE_DISPLACED, STORE_UNREACHABLE, STORE_REFUSED or
 * STORE_CLOSED. A rejected call has changed nothing (for STORE_DISPLACED: nothing that others see), but for a
 * STORE_UNREACHABLE that says so: then it may be repeated. After all but STORE_DAMAGED and STORE_CLOSED the same store may
 * be used again.
 *
 * `lock` makes this process the only one to deliver. Without its file in place the store counts as displaced too.
 * `onDisplaced` is called when a change is refused for that reason. What was written at that moment is there,
 * unacknowledged, when the files come back: its lanes may have work that nobody was told of.
 */
export function openStore(options: StoreOptions): Promise<Store> {
  const { database, ...rest } = options;
  return database === undefined ? openFile(rest) : openShared(database, rest);
}

/**
 * Reads entries with their answers, the oldest first, as all of them are at one moment. It needs no more memory for many
 * than for few, and pollers go on meanwhile. Rejects with the `StateError`s of a store that is opened to look.
 */
export async function* readEntries(
  { dir, database }: StorePlace,
  query: ExportQuery,
  clock: Clock,
): AsyncGenerator<Exported, void, undefined> {
  if (database === undefined) return yield* readFileEntries(dir, query);
  const { readShared } = await import('#postgres');
  yield* readShared(database, query, { clock, random: Math.random });
}

async function openShared(url: string, options: StoreOptions): Promise<Store> {
  const { clock, readOnly = false, delivers = false, onConnection } = options;
  const { openDriver } = await import('#postgres');
  const driver = await openDriver({ url, readOnly, clock, random: Math.random, ...(onConnection && { onConnection }) });
  try {
    return await createSqlStore(driver, { delivers });
  } catch (error) {
    await driver.close();
    throw error;
  }
}

async function openFile(given: StoreOptions): Promise<Store> {
  const { dir, clock, readOnly = false, delivers = false, shared = false, lock, onDisplaced } = given;
  const path = databasePath(dir);
  const db = openDatabase({ dir, readOnly });
  try {
    assertColumns(db);
    // The log and its index too: a process that does not find them begins others, and does not see what these hold.
    const displaced = rememberPlaces([path, `${path}-wal`, `${path}-shm`, ...(lock ? [lock.path] : [])]);
    const options = { db, path, clock, readOnly, shared, displaced, ...(onDisplaced && { onDisplaced }) };
    return await createSqlStore(createSqliteDriver(options), { delivers });
  } catch (error) {
    db.close();
    const known = toStateError(error, path);
    if (known instanceof StateError) throw known;
    // The tables are not those of the version in the header.
    throw new StoreError('STORE_DAMAGED', `the inbox ${path} is damaged: ${(error as Error).message}`, {
      hint: moveAwayHint(path),
      cause: error,
    });
  }
}
