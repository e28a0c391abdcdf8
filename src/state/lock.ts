import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { assertRegularFile, readTextFile } from '../text-file.ts';
import { prepareDirectory } from './directory.ts';
import { StateError, toStateError } from './errors.ts';
import { stateFiles } from './files.ts';
import { type PlaceCheck, rememberPlaces } from './place.ts';

/** How long, in milliseconds, to wait for someone who only looks whether the lock is held. */
const lookTimeout = 500;

export interface Lock {
  /** Of the file that is locked. */
  readonly path: string;
  /** Whether others still find that file: without it nothing keeps a second poller from the directory. */
  displaced: PlaceCheck;
  /** Gives the directory free; calling it again does nothing. */
  release(): void;
}

const lockPath = (dir: string): string => join(dir, stateFiles.lock);
const pidPath = (dir: string): string => join(dir, stateFiles.pid);

/** As STORE_BUSY when somebody has the lock. */
function lockError(error: unknown, path: string): unknown {
  const known = toStateError(error, path);
  if (!(known instanceof StateError) || known.code !== 'STORE_DAMAGED') return known;
  return new StateError('STORE_DAMAGED', `${path} should be empty and is not`, {
    hint: 'Move it away while no poller runs: it holds nothing.',
    cause: error,
  });
}

function isBusy(error: unknown): boolean {
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
 * Makes this process the only poller on the state directory, which is created when it is missing. The lock is SQLite's
 * exclusive lock on an empty database: the kernel drops it with the process, however that ends, so nothing stale is
 * ever left. `poller.pid` beside it is for people and for the message below; it decides nothing.
 *
 * Keep the returned object for as long as the lock is to last: it goes when the object is collected.
 *
 * Throws `StateError`: STORE_LOCKED when another process, or this one, has it; STORE_FULL, STORE_IO, STORE_DAMAGED.
 */
export function acquireLock(dir: string): Lock {
  const path = lockPath(dir);
  let db: DatabaseSync | undefined;
  try {
    prepareDirectory(dir);
    // Only when it is missing: to open and close it by hand would drop a lock that this process has on it.
    if (!statSync(path, { throwIfNoEntry: false })) createLockFile(path);
    db = new DatabaseSync(path, { timeout: lookTimeout });
    // The change, which is never committed: a file that may only be read is opened for reading, and then BEGIN locks nothing.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; PRAGMA user_version = 1');
    rmSync(pidPath(dir), { force: true });
    // Exclusively: a link of that name must not lead the writing elsewhere.
    writeFileSync(pidPath(dir), `${process.pid}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    db?.close();
    const error = lockError(cause, path);
    if (!isBusy(error)) throw error;
    const pid = readPid(dir);
    throw new StateError(
      'STORE_LOCKED',
      `another poller${pid === null ? '' : ` (process ${pid})`} is using the state directory ${dir}`,
      {
        hint: 'Stop it first, or give this one a state directory of its own (state.dir, KAPSO_STATE_DIR).',
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
      // Else it is another poller's.
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
 * Whether a poller works on the state directory, this process included. Looks without taking the lock. Throws
 * `StateError` STORE_IO when the lock file is there but cannot be read.
 */
export function isLocked(dir: string): boolean {
  const path = lockPath(dir);
  let db: DatabaseSync | undefined;
  try {
    if (!statSync(path, { throwIfNoEntry: false })) return false;
    // SQLite would wait for a pipe's writer.
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
