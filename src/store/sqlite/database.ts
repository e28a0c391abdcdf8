import { randomUUID } from 'node:crypto';
import { linkSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { prepareDirectory, syncDirectory } from '../../state/directory.ts';
import { moveAwayHint, toStateError } from '../../state/errors.ts';
import { stateFiles } from '../../state/files.ts';
import { StoreError } from '../errors.ts';
import { unmarkedVersion } from './mark.ts';
import { applicationId, migrate, migrations, schemaVersion } from './migrations.ts';

/**
 * Milliseconds to wait for another process's transaction. The longest is the end of a pass over a large backlog, about
 * half a second for 50,000 entries. The wait blocks the event loop, so it is not much longer.
 */
const busyTimeout = 2_000;

/** Up to this size in bytes, the whole database is checked at the start: about a millisecond per megabyte. */
const checkedUpTo = 256 * 1024 * 1024;

/** After a large backlog, the write-ahead log is cut to this size in bytes. */
const logKept = 16 * 1024 * 1024;

/**
 * Pages of the log are moved into the database at this size, not at SQLite's 1,000 pages. Under load the same pages are
 * written repeatedly, and each move writes them once more. The larger size gives a fourteenth more webhooks a second.
 */
const movedAtPages = logKept / 4096;

export function databasePath(dir: string): string {
  return join(dir, stateFiles.inbox);
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function configure(db: DatabaseSync): void {
  db.exec('PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL');
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal') {
    throw new StoreError('STORE_IO', `the file system of ${db.location()} does not support a write-ahead log`, {
      hint: 'Put the state directory on a local disk.',
    });
  }
  db.exec(`PRAGMA journal_size_limit = ${logKept}; PRAGMA wal_autocheckpoint = ${movedAtPages}`);
}

/**
 * Makes the file under another name and links it into place when it is complete. So a file of that name is never
 * incomplete, and an empty one is damaged.
 */
function create(path: string): void {
  const draft = `${path}.${randomUUID()}.new`;
  try {
    writeFileSync(draft, '', { flag: 'wx', mode: 0o600 });
    const db = new DatabaseSync(draft);
    try {
      configure(db);
      migrate(db);
    } finally {
      db.close();
    }
    linkSync(draft, path);
    syncDirectory(dirname(path));
  } catch (error) {
    // Another process made it at the same moment, and may have removed this draft as a leftover. Its file is as good.
    if (sizeOf(path) === null) throw error;
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(draft + suffix, { force: true });
  }
}

/** Removes drafts of processes that were killed while they made the database, which has been made since. */
function removeDrafts(path: string): void {
  const ours = new RegExp(`^${basename(path).replaceAll('.', '\\.')}\\.[0-9a-f-]{36}\\.new(-wal|-shm|-journal)?$`);
  for (const name of readdirSync(dirname(path)))
    if (ours.test(name)) rmSync(join(dirname(path), name), { force: true });
}

/**
 * Refuses a database of another program or of a newer version, and an inbox that was moved, unless `marked`. Returns the
 * version of its tables.
 */
export function verifyKind(db: DatabaseSync, path: string, marked = false): number {
  const id = Number(db.prepare('PRAGMA application_id').get()?.application_id);
  if (id !== applicationId) {
    throw new StoreError('STORE_FOREIGN', `${path} is a SQLite database of another program`, {
      hint: 'Choose another state directory, or move that file away. Nothing was changed.',
    });
  }
  const version = unmarkedVersion(db, schemaVersion(db), { path, marked });
  if (version > migrations.length) {
    throw new StoreError(
      'STORE_NEWER',
      `the inbox ${path} was written by a newer version (its schema is ${version}, this program knows ${migrations.length})`,
      { hint: 'Use that version or a later one, or restore the backup made before the upgrade. Nothing was changed.' },
    );
  }
  return version;
}

/** Refuses a file that this version must not touch, before anything is written. */
function verify(db: DatabaseSync, path: string, { readOnly, marked }: { readOnly: boolean; marked: boolean }): void {
  const version = verifyKind(db, path, marked);
  if (readOnly && version < migrations.length) {
    throw new StoreError(
      'STORE_OLDER',
      `the inbox ${path} was written by an older version (its schema is ${version}, this program needs ${migrations.length})`,
      { hint: 'Start the poller of this version once: it brings the inbox up to date.' },
    );
  }
  if (readOnly || (sizeOf(path) ?? 0) > checkedUpTo) return;
  const finding = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (finding !== 'ok') {
    throw new StoreError('STORE_DAMAGED', `the inbox ${path} is damaged: ${finding}`, { hint: moveAwayHint(path) });
  }
}

export function missing(dir: string): StoreError {
  return new StoreError('STORE_MISSING', `there is no inbox in ${dir} yet`, {
    hint: 'Start the poller once, or name the state directory that it uses.',
  });
}

/**
 * Opens the inbox database of a state directory and migrates it. Missing ones are created (directory 0700, files 0600).
 * Existing ones are never overwritten or recreated. Writers check the whole file up to 256 MB; in a larger one, damage
 * appears as STORE_DAMAGED when it is met. `marked`: also one that was moved, or is not whole.
 *
 * Throws `StateError`: STORE_MISSING (read only), STORE_MOVED, STORE_NEWER, STORE_OLDER (read only), STORE_FOREIGN, STORE_DAMAGED,
 * STORE_FULL, STORE_IO, STORE_BUSY, STORE_READONLY.
 */
export function openDatabase(options: { dir: string; readOnly?: boolean; marked?: boolean }): DatabaseSync {
  const { dir, readOnly = false, marked = false } = options;
  const path = databasePath(dir);
  let db: DatabaseSync | undefined;
  try {
    const size = sizeOf(path);
    if (size === 0) {
      throw new StoreError('STORE_DAMAGED', `the inbox ${path} is empty: it was cut off`, { hint: moveAwayHint(path) });
    }
    if (size === null) {
      // SQLite would apply a leftover log to the new database.
      if (sizeOf(`${path}-wal`)) {
        throw new StoreError('STORE_DAMAGED', `${path} is missing, but its log ${path}-wal is there`, {
          hint: moveAwayHint(path),
        });
      }
      if (readOnly) {
        throw missing(dir);
      }
      prepareDirectory(dir);
      create(path);
    }
    db = new DatabaseSync(path, { readOnly, timeout: busyTimeout });
    verify(db, path, { readOnly, marked });
    if (!readOnly) {
      configure(db);
      migrate(db);
      // SQLite opens a read-only file for reading, and would refuse its first change long after the start.
      db.exec('BEGIN IMMEDIATE; UPDATE intake SET probes = probes; ROLLBACK');
      removeDrafts(path);
    }
    return db;
  } catch (error) {
    db?.close();
    throw toStateError(error, path);
  }
}
