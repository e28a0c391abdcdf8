import type { Clock } from '../clock.ts';
import { moveAwayHint, StateError, toStateError } from '../state/errors.ts';
import type { Lock } from '../state/lock.ts';
import { type DisplacedError, rememberPlaces } from '../state/place.ts';
import { StoreError } from './errors.ts';
import { databasePath, openDatabase } from './sqlite/database.ts';
import { createSqliteStore } from './sqlite/sqlite-store.ts';
import type { Store } from './store.ts';

/**
 * Opens the inbox in `dir` on `node:sqlite`: WAL, `synchronous=FULL`, one commit for all writes of an event-loop turn.
 * `readOnly` is for looking at it while the poller runs; every change is then refused with STORE_READONLY.
 * Several processes may have it open; that only one of them delivers is the business of `acquireLock`.
 *
 * Rejects with the `StateError`s of `openDatabase`. The store's methods reject with STORE_FULL, STORE_IO, STORE_BUSY,
 * STORE_DAMAGED, STORE_INVALID, STORE_READONLY, STORE_DISPLACED or STORE_CLOSED; nothing of a rejected call was applied (for
 * STORE_DISPLACED: nothing that others see), and after all but STORE_DAMAGED and STORE_CLOSED the same store may be used again.
 *
 * `lock`: what makes this process the only one to deliver; without its file at its place the store counts as displaced too.
 * `onDisplaced`: called when a change is refused for that reason. What was written in that very moment is there, unacknowledged,
 * when the files come back: their lanes may have work that nobody was told of.
 */
export async function openStore(options: {
  dir: string;
  clock: Clock;
  readOnly?: boolean;
  lock?: Pick<Lock, 'path'>;
  onDisplaced?: (error: DisplacedError) => void;
}): Promise<Store> {
  const { dir, clock, readOnly = false, lock, onDisplaced } = options;
  const path = databasePath(dir);
  const db = openDatabase({ dir, readOnly });
  try {
    // Of the log and its index too: whoever finds them gone begins others, and does not see what these hold.
    const displaced = rememberPlaces([path, `${path}-wal`, `${path}-shm`, ...(lock ? [lock.path] : [])]);
    return createSqliteStore({ db, path, clock, readOnly, displaced, ...(onDisplaced && { onDisplaced }) });
  } catch (error) {
    db.close();
    const known = toStateError(error, path);
    if (known instanceof StateError) throw known;
    // A statement that does not fit the tables: they are not what the version in the header says.
    throw new StoreError('STORE_DAMAGED', `the inbox ${path} is damaged: ${(error as Error).message}`, {
      hint: moveAwayHint(path),
      cause: error,
    });
  }
}
