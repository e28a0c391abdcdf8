import type { DatabaseSync } from 'node:sqlite';
import { addMark, assertHere, clearMark, type MoveMark, makeMark, markTable, readMark, toMark } from '../moving.ts';
import { migrations } from './migrations.ts';

/**
 * Added to the version of the tables (`PRAGMA user_version`) of an inbox that must not be used here. A version of this
 * program that knows no marks refuses it too: as one of a newer version.
 */
const withheld = 1_000_000;

/** Reads the mark of an inbox; null where it was never moved. */
export function markIn(db: DatabaseSync): MoveMark | null {
  const table = db.prepare('SELECT 1 FROM main.sqlite_schema WHERE name = ?').get(markTable);
  return table === undefined ? null : toMark(db.prepare(readMark('main')).get());
}

/** Within a transaction. */
export function setMark(db: DatabaseSync, { id, phase, other, at }: MoveMark): void {
  db.exec(`${makeMark('main')}; ${clearMark('main')}`);
  db.prepare(addMark('main')).run(id, phase, other, at);
  db.exec(`PRAGMA user_version = ${migrations.length + (phase === 'here' ? 0 : withheld)}`);
}

/** Returns the version of the tables that is in the header, without the mark. Throws STORE_MOVED unless `marked` is allowed. */
export function unmarkedVersion(
  db: DatabaseSync,
  version: number,
  { path, marked }: { path: string; marked: boolean },
): number {
  if (version < withheld) return version;
  if (!marked) {
    const elsewhere =
      'Name that database in state.database (KAPSO_STATE_DATABASE). It comes back with kapso-whatsapp-cli state migrate ' +
      '--to sqlite. Nothing was changed.';
    assertHere(markIn(db), { name: `the inbox ${path}`, elsewhere });
  }
  return version - withheld;
}
