import { copyFileSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/store/open.ts';
import { columns, columnsIn } from '../../../src/store/sqlite/columns.ts';
import { databasePath, openDatabase } from '../../../src/store/sqlite/database.ts';
import { migrate, migrations, schemaVersion } from '../../../src/store/sqlite/migrations.ts';
import { entry, heldClock, type TemporaryDirectory, temporaryDirectory } from '../fixtures.ts';

let dir: TemporaryDirectory;
let path: string;

beforeEach(async () => {
  dir = await temporaryDirectory();
  path = databasePath(dir.path);
});

afterEach(() => dir[Symbol.asyncDispose]());

const open = (readOnly = false) => openStore({ dir: dir.path, clock: heldClock(), readOnly });

async function fill(count: number): Promise<void> {
  const store = await open();
  await store.accept(Array.from({ length: count }, (_, i) => entry(`m${i}`, { body: 'x'.repeat(500) })));
  await store.close();
}

/** What a refusal must show: the code, the path, a hint, and every file as it was. */
async function refuses(code: string, readOnly = false): Promise<void> {
  const content = () => readdirSync(dir.path).map(name => [name, readFileSync(join(dir.path, name), 'base64')]);
  const before = content();
  await expect(open(readOnly)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(dir.path),
    hint: expect.stringMatching(/\w/),
  });
  expect(content().filter(([name]) => !/-(wal|shm)$/.test(String(name)))).toEqual(
    before.filter(([name]) => !/-(wal|shm)$/.test(String(name))),
  );
}

describe('opening', () => {
  it('says that there is no inbox when it may only read, and makes none', async () => {
    await refuses('STORE_MISSING', true);
    expect(readdirSync(dir.path)).toEqual([]);
  });

  it('leaves one file behind when it makes an inbox and is closed', async () => {
    await fill(1);
    expect(readdirSync(dir.path)).toEqual(['inbox.sqlite']);
  });

  it('refuses a file that is not a database', async () => {
    writeFileSync(path, 'this is not a database, but somebody may need it\n'.repeat(100));
    await refuses('STORE_DAMAGED');
    await refuses('STORE_DAMAGED', true);
  });

  it('refuses an empty file: an inbox is never empty', async () => {
    writeFileSync(path, '');
    await refuses('STORE_DAMAGED');
    await refuses('STORE_DAMAGED', true);
  });

  it('refuses to start anew beside the log of an inbox that is gone', async () => {
    const store = await open();
    await store.accept([entry('a')]);
    copyFileSync(`${path}-wal`, join(dir.path, 'log'));
    await store.close();
    renameSync(path, join(dir.path, 'elsewhere'));
    renameSync(join(dir.path, 'log'), `${path}-wal`);
    await refuses('STORE_DAMAGED');
  });

  it('refuses a file that was cut off', async () => {
    await fill(200);
    truncateSync(path, 40_960);
    await refuses('STORE_DAMAGED');
  });

  it('refuses a file with a page overwritten', async () => {
    await fill(200);
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 10 * 4096, 11 * 4096);
    writeFileSync(path, bytes);
    await refuses('STORE_DAMAGED');
  });

  it("refuses another program's database", async () => {
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    await refuses('STORE_FOREIGN');
    await refuses('STORE_FOREIGN', true);
  });

  it('refuses a database of a newer version', async () => {
    await fill(1);
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    db.close();
    await refuses('STORE_NEWER');
    await refuses('STORE_NEWER', true);
  });

  it('refuses to read one of an older version, which only a writer can bring up to date', async () => {
    await fill(1);
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA user_version = ${migrations.length - 1}`);
    db.close();
    await refuses('STORE_OLDER', true);
  });

  it('refuses a database whose tables are not what its version says', async () => {
    await fill(1);
    const db = new DatabaseSync(path);
    db.exec('ALTER TABLE entries RENAME COLUMN run_key TO something_else');
    db.close();
    await refuses('STORE_DAMAGED');
    await refuses('STORE_DAMAGED', true);
    await expect(open()).rejects.toThrow(/is damaged: its table entries has no column run_key$/);
  });

  it('does not mind tables of other programs, such as those that replicate a database', async () => {
    await fill(1);
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)');
    db.close();
    await (await open()).close();
  });

  it('knows the columns that the migrations make', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db);
    expect(Object.fromEntries(columnsIn(db))).toEqual(columns);
    db.close();
  });

  it('says so when the state directory cannot be used', async () => {
    writeFileSync(join(dir.path, 'file'), '');
    const below = openStore({ dir: join(dir.path, 'file', 'state'), clock: heldClock() });
    await expect(below).rejects.toMatchObject({ code: 'STORE_IO', message: expect.stringContaining('file/state') });
  });
});

describe('migrations', () => {
  const steps = ['CREATE TABLE a (x)', 'ALTER TABLE a ADD COLUMN y', 'CREATE TABLE b (z)'];

  it('are applied once, in order, from where the database stands', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, steps.slice(0, 1));
    db.exec('INSERT INTO a (x) VALUES (1)');
    migrate(db, steps);
    migrate(db, steps);
    expect(schemaVersion(db)).toBe(3);
    expect({ ...db.prepare('SELECT * FROM a').get() }).toEqual({ x: 1, y: null });
    db.close();
  });

  it('leave the database as it was before the step that fails', () => {
    const db = new DatabaseSync(':memory:');
    expect(() => migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (y); CREATE TABLE a (x)'])).toThrow();
    expect(schemaVersion(db)).toBe(1);
    expect(
      db
        .prepare(`SELECT name FROM sqlite_schema`)
        .all()
        .map(row => row.name),
    ).toEqual(['a']);
    migrate(db, steps.slice(0, 2));
    expect(schemaVersion(db)).toBe(2);
    db.close();
  });

  it('give a new database its mark and version', () => {
    const db = openDatabase({ dir: dir.path });
    expect(schemaVersion(db)).toBe(migrations.length);
    expect(db.prepare('PRAGMA application_id').get()?.application_id).toBe(0x4b574942);
    db.close();
  });
});
