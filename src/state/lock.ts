import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { assertRegularFile, readTextFile } from '../text-file.ts';
import { prepareDirectory } from './directory.ts';
import { StateError, toStateError } from './errors.ts';
import { stateFiles } from './files.ts';
import { type PlaceCheck, rememberPlaces } from './place.ts';

/** Milliseconds to wait for a process that only looks whether the lock is held. */
const lookTimeout = 500;

export interface Lock {
  /** The path of the locked file. */
  readonly path: string;
  /** Whether others still find that file. If not, nothing keeps a second poller out of the directory. */
  displaced: PlaceCheck;
  /** Releases the lock. A second call does nothing. */
  release(): void;
}

const lockPath = (dir: string): string => join(dir, stateFiles.lock);
const pidPath = (dir: string): string => join(dir, stateFiles.pid);

/** Turns an error into STORE_BUSY when another process has the lock. */
function lockError(error: unknown, path: string): unknown {
  const known = toStateError(error, path);
  if (!(known instanceof StateError) || known.code !== 'STORE_DAMAGED') return known;
  return new StateError('STORE_DAMAGED', `${path} should be empty and is not`, {
    hint: 'Move it away while no poller runs: it holds nothing.',
    cause: error,
  });
}

/** Whether another process uses the store, or has the lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof StateError && error.code === 'STORE_BUSY';
}

function readPid(dir: string): string | null {
  try {
    const text = readTextFile(pidPath(dir)).trim();
    return /^[0-9]+$/.test(text) ? text : null;
  } catch {
    return null;
  }
}

/**
 * Makes this process the only poller on the state directory, which is created when missing. The lock is SQLite's
 * exclusive lock on an empty database. The kernel releases it when the process ends in any way, so no stale lock is
 * left. `poller.pid` beside it is for people and for the message below; it decides nothing.
 *
 * `by` is for that message: a command holds the directory so that no poller begins beside it.
 *
 * Keep the returned object as long as the lock must last: the lock goes when the object is collected.
 *
 * Throws `StateError`: STORE_LOCKED when another process, or this one, has it; STORE_FULL, STORE_IO, STORE_DAMAGED.
 */
export function acquireLock(dir: string, by: 'poller' | 'command' = 'command'): Lock {
  const path = lockPath(dir);
  let db: DatabaseSync | undefined;
  try {
    prepareDirectory(dir);
    // Only when it is missing: opening and closing it by hand would release a lock that this process has on it.
    if (!statSync(path, { throwIfNoEntry: false })) createLockFile(path);
    db = new DatabaseSync(path, { timeout: lookTimeout });
    // The change is never committed. Without it, SQLite would open a read-only file for reading, and BEGIN would lock nothing.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; PRAGMA user_version = 1');
    rmSync(pidPath(dir), { force: true });
    // Exclusive: a link of that name must not redirect the write.
    writeFileSync(pidPath(dir), `${process.pid}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    db?.close();
    const error = lockError(cause, path);
    if (!isBusy(error)) throw error;
    const pid = readPid(dir);
    throw new StateError(
      'STORE_LOCKED',
      `${by === 'poller' ? 'another' : 'a'} poller${pid === null ? '' : ` (process ${pid})`} is using the state directory ${dir}`,
      {
        hint:
          by === 'poller'
            ? 'Stop it first, or give this one a state directory of its own (state.dir, KAPSO_STATE_DIR).'
            : 'Stop it first.',
        cause,
      },
    );
  }
  const displaced = rememberPlaces([path]);
  return {
    path,
    displaced,
    release() {
      if (!db?.isOpen) return;
      // Otherwise the file is another poller's.
      if (displaced() === null) rmSync(pidPath(dir), { force: true });
      db.close();
    },
  };
}

function createLockFile(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Whether a poller, this process included, works on the state directory. It does not take the lock. Throws `StateError`
 * STORE_IO when the lock file exists but cannot be read.
 */
export function isLocked(dir: string): boolean {
  const path = lockPath(dir);
  let db: DatabaseSync | undefined;
  try {
    if (!statSync(path, { throwIfNoEntry: false })) return false;
    // SQLite would wait for the writer of a pipe.
    assertRegularFile(path, Number.POSITIVE_INFINITY);
    db = new DatabaseSync(path, { readOnly: true });
    db.prepare('SELECT 1 FROM sqlite_schema').get();
    return false;
  } catch (cause) {
    const error = lockError(cause, path);
    if (isBusy(error)) return true;
    throw error;
  } finally {
    db?.close();
  }
}
