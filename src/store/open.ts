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
 * `readOnly` is for looking at it while the poller runs; every change is then refused with STORE_READONLY. Several
 * processes may have it open. `acquireLock` ensures that only one of them delivers.
 *
 * Rejects with the `StateError`s of `openDatabase`. The store's methods reject with STORE_FULL, STORE_IO, STORE_BUSY,
 * STORE_DAMAGED, STORE_INVALID, STORE_READONLY, STORE_DISPLACED or STORE_CLOSED. A rejected call has changed nothing
 * (for STORE_DISPLACED: nothing that others see). After all but STORE_DAMAGED and STORE_CLOSED the same store may be
 * used again.
 *
 * `lock` makes this process the only one to deliver. Without its file in place the store counts as displaced too.
 * `onDisplaced` is called when a change is refused for that reason. What was written at that moment is there,
 * unacknowledged, when the files come back: its lanes may have work that nobody was told of.
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
    // The log and its index too: a process that does not find them begins others, and does not see what these hold.
    const displaced = rememberPlaces([path, `${path}-wal`, `${path}-shm`, ...(lock ? [lock.path] : [])]);
    return createSqliteStore({ db, path, clock, readOnly, displaced, ...(onDisplaced && { onDisplaced }) });
  } catch (error) {
    db.close();
    const known = toStateError(error, path);
    if (known instanceof StateError) throw known;
    // A statement does not fit the tables, so they are not those of the version in the header.
    throw new StoreError('STORE_DAMAGED', `the inbox ${path} is damaged: ${(error as Error).message}`, {
      hint: moveAwayHint(path),
      cause: error,
    });
  }
}
