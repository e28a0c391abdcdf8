import { chownSync, existsSync, statSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { toStateError } from '../../state/errors.ts';
import { countsQuery, insertInto, lastKeyQuery, type MovedRow, type MoveSide, pageQuery } from '../moving.ts';
import type { Value } from '../sql/step.ts';
import { assertColumns } from './columns.ts';
import { databasePath, missing, openDatabase } from './database.ts';
import { markIn, setMark } from './mark.ts';
import { migrations } from './migrations.ts';

/**
 * Opens the inbox of a state directory to move it. The caller has the lock of the directory, unless it is `readOnly`.
 *
 * Throws the `StateError`s of `openDatabase`: STORE_MISSING also where it must be there (`role: 'source'`).
 */
export function openFileSide(
  dir: string,
  { role, readOnly }: { role: 'source' | 'target'; readOnly: boolean },
): MoveSide {
  const path = databasePath(dir);
  const isNew = !existsSync(path);
  if (isNew && role === 'source') throw missing(dir);
  const db = openDatabase({ dir, readOnly, marked: true });
  try {
    if (isNew) giveToOwnerOf(dir, path);
    assertColumns(db);
    return createSide(db, path);
  } catch (error) {
    db.close();
    throw toStateError(error, path);
  }
}

/** When root moves an inbox, the poller must be able to write to it. */
function giveToOwnerOf(dir: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dir);
  chownSync(path, uid, gid);
}

function createSide(db: DatabaseSync, path: string): MoveSide {
  async function use<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw toStateError(error, path);
    }
  }
  const kept = new Map<string, StatementSync>();
  /** The same statements come again and again: those that were dropped would stay until they are collected. */
  const prepare = (text: string): StatementSync => {
    const statement = kept.get(text) ?? db.prepare(text);
    statement.setReturnArrays(true);
    kept.set(text, statement);
    return statement;
  };
  const all = (text: string, parameters: readonly Value[] = []) =>
    prepare(text).all(...(parameters as SQLInputValue[])) as unknown as MovedRow[];

  return {
    name: `the inbox ${path}`,
    lock: () => use(() => db.exec('BEGIN IMMEDIATE')),
    commit: () => use(() => db.exec('COMMIT')),
    mark: () => use(() => markIn(db)),
    setMark: mark => use(() => setMark(db, mark)),
    empty: () => use(() => makeAnew(db)),
    // Whoever works on it has the lock of the state directory.
    workers: async () => [],
    counts: table =>
      use(() => new Map(all(countsQuery(table, 'main')).map(([state, rows]) => [String(state), Number(rows)]))),
    rows: (table, range) =>
      use(() => {
        const { text, parameters } = pageQuery(table, range, 'main');
        return all(text, parameters);
      }),
    lastKey: table => use(() => all(lastKeyQuery(table, 'main'))[0] ?? null),
    insert: (table, rows) => use(() => insert(db, prepare(insertInto(table, 'main')), rows)),
    clear: table => use(() => db.exec(`DELETE FROM main."${table.name}"`)),
    lastNumber: () => use(() => Number(all("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")[0]?.[0] ?? 0)),
    goOnAfter: number =>
      use(() => {
        db.exec("BEGIN IMMEDIATE; DELETE FROM sqlite_sequence WHERE name = 'outbox'");
        db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?)").run(number);
        db.exec('COMMIT');
      }),
    close: async () => db.close(),
  };
}

function insert(db: DatabaseSync, add: StatementSync, rows: readonly MovedRow[]): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const row of rows) add.run(...(row as SQLInputValue[]));
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Makes the tables anew, of this version, in the present transaction: what was there may be of an older one. */
function makeAnew(db: DatabaseSync): void {
  const tables = db.prepare(
    "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
  );
  for (const { name } of tables.all()) db.exec(`DROP TABLE main."${name}"`);
  for (const step of migrations) db.exec(step);
  db.exec('DELETE FROM intake');
}
