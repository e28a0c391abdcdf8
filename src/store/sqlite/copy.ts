import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { toStateError } from '../../state/errors.ts';
import { StoreError } from '../errors.ts';
import { databasePath, missing, verifyKind } from './database.ts';
import { migrate, migrations } from './migrations.ts';

/**
 * Copies the inbox of a state directory, of this version or an older one, to a file that is empty or not there. The copy
 * is of one moment, has no log beside it, and no trace of what was deleted. A poller may write meanwhile and is not held
 * up. Throws `StateError`, also STORE_MISSING and STORE_NEWER.
 */
export function copyInbox(dir: string, to: string): void {
  const path = databasePath(dir);
  if (!existsSync(path)) throw missing(dir);
  reading(path, db => {
    verifyKind(db, path);
    try {
      db.prepare('VACUUM INTO ?').run(to);
    } catch (error) {
      // It is the copy that has no space.
      throw toStateError(error, to);
    }
  });
}

/**
 * Examines a copy whole, before anything writes to it, and returns the version of its tables. Throws `StateError`:
 * STORE_DAMAGED when anything contradicts itself, or has a trigger or a view that this program did not make in that
 * version: such a one could do as it likes with what is written; STORE_FOREIGN, STORE_NEWER.
 */
export function examineInbox(path: string): number {
  return reading(path, db => {
    const version = verifyKind(db, path);
    const known = new Set(programsOf(version));
    if (programsIn(db).some(one => !known.has(one))) {
      throw damaged(path, 'it has triggers or views that this program does not make');
    }
    const finding = db.prepare('PRAGMA integrity_check(1)').get()?.integrity_check;
    if (finding !== 'ok') throw damaged(path, String(finding));
    return version;
  });
}

/** The triggers and views that this program has made in a version. */
function programsOf(version: number): string[] {
  const own = new DatabaseSync(':memory:');
  try {
    migrate(own, migrations.slice(0, version));
    return programsIn(own);
  } finally {
    own.close();
  }
}

function programsIn(db: DatabaseSync): string[] {
  const rows = db.prepare(`SELECT name, tbl_name, sql FROM sqlite_schema WHERE type IN ('trigger', 'view')`).all();
  return rows.map(({ name, tbl_name: table, sql }) => JSON.stringify([name, table, sql]));
}

function damaged(path: string, what: string): StoreError {
  return new StoreError('STORE_DAMAGED', `the inbox ${path} is damaged: ${what}`);
}

function reading<T>(path: string, read: (db: DatabaseSync) => T): T {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    return read(db);
  } catch (error) {
    throw toStateError(error, path);
  } finally {
    db?.close();
  }
}
