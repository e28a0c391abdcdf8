import { DatabaseSync } from 'node:sqlite';
import { toStateError } from '../../state/errors.ts';
import { databasePath } from './database.ts';

/**
 * Returns what SQLite finds wrong with an inbox, or null. A poller may work with it meanwhile. It reads the whole file, a
 * gigabyte in some seconds. Throws `StateError` when the file cannot be read.
 */
export function checkInbox(dir: string): string | null {
  const path = databasePath(dir);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    const finding = String(db.prepare('PRAGMA quick_check(1)').get()?.quick_check);
    return finding === 'ok' ? null : finding;
  } catch (error) {
    throw toStateError(error, path);
  } finally {
    db?.close();
  }
}
