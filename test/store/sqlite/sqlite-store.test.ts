import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, type StatementSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/store/open.ts';
import { queries } from '../../../src/store/sql/queries.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { databasePath, openDatabase } from '../../../src/store/sqlite/database.ts';
import { createSqliteDriver } from '../../../src/store/sqlite/sqlite-driver.ts';
import type { Store } from '../../../src/store/store.ts';
import { describeStore } from '../conformance.ts';
import { account, entry, heldClock, type TemporaryDirectory, temporaryDirectory } from '../fixtures.ts';

describeStore('the SQLite store', async clock => {
  const dir = await temporaryDirectory();
  const open = ({ delivers } = { delivers: false }) => openStore({ dir: dir.path, clock, delivers, shared: delivers });
  return { open, dispose: async () => dir[Symbol.asyncDispose]() };
});

/**
 * The transactions in a write-ahead log: each ends with a frame that names the database's size
 * (sqlite.org/fileformat2.html, 4.1).
 */
function transactionsIn(log: string): number {
  const bytes = readFileSync(log);
  if (bytes.length === 0) return 0;
  const frame = 24 + bytes.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frame <= bytes.length; at += frame) if (bytes.readUInt32BE(at + 4) !== 0) commits++;
  return commits;
}

/** Runs a statement with this value for all parameters. What it must not write is compiled all the same. */
function runWith(statement: StatementSync, value: number): void {
  const sourceSQL = statement.sourceSQL.replaceAll(/'[^']*'/g, "''");
  const names = [...sourceSQL.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const numbered = [...sourceSQL.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
  const count = numbered.length > 0 ? Math.max(...numbered) : sourceSQL.split('?').length - 1;
  try {
    if (names.length > 0) statement.all(Object.fromEntries(names.map(name => [name, value])));
    else statement.all(...Array.from({ length: count }, () => value));
  } catch (error) {
    expect(String(error)).toMatch(/constraint failed/);
  }
}

describe('on disk', () => {
  let dir: TemporaryDirectory;
  let path: string;
  let store: Store;
  const clock = heldClock();

  beforeEach(async () => {
    dir = await temporaryDirectory();
    path = join(dir.path, 'state', 'inbox');
    store = await openStore({ dir: path, clock });
  });

  afterEach(async () => {
    await store.close();
    await dir[Symbol.asyncDispose]();
  });

  it('shares one transaction between all writes of a turn', async () => {
    const log = `${databasePath(path)}-wal`;
    const before = transactionsIn(log);
    await Promise.all(Array.from({ length: 100 }, (_, i) => store.accept([entry(`a${i}`)])));
    expect(transactionsIn(log) - before).toBe(1);
    await store.accept([entry('next turn')]);
    expect(transactionsIn(log) - before).toBe(2);
  });

  it('writes nothing for a call that brings only known ids', async () => {
    await store.accept([entry('a')]);
    const log = `${databasePath(path)}-wal`;
    const before = transactionsIn(log);
    await store.accept([entry('a')]);
    expect(transactionsIn(log)).toBe(before);
  });

  it('writes only the position for a pass that found nothing', async () => {
    const db = openDatabase({ dir: path });
    const batches = () => db.prepare('SELECT last_batch FROM intake').get()?.last_batch;
    await store.endPass(account, { entries: [], newestFirst: true, cursor: 5000 });
    expect(batches()).toBe(0);
    expect(await store.cursor(account)).toBe(5000);
    await store.endPass(account, { entries: [entry('a')], newestFirst: true, cursor: 6000 });
    expect(batches()).toBeGreaterThan(0);
    db.close();
  });

  it('numbers the claims on a lane, also over their end, and takes a claim with another number for no claim', async () => {
    const owner = await openStore({ dir: path, clock, delivers: true, shared: true });
    const db = openDatabase({ dir: path });
    const epoch = () => db.prepare(`SELECT epoch FROM claims WHERE lane = 'lane'`).get()?.epoch;
    await owner.claims.claim(['lane'], 1000);
    expect(epoch()).toBe(1);
    await owner.claims.renew(1000);
    await owner.claims.release(['lane']);
    expect(epoch()).toBe(1);
    await owner.claims.claim(['lane'], 1000);
    expect(epoch()).toBe(2);
    await owner.accept([entry('a')]);
    // As after a claim whose request came late.
    db.exec('UPDATE claims SET epoch = 3');
    await expect(owner.settle('a', 'silent')).rejects.toMatchObject({ code: 'STORE_CLAIMED' });
    expect(await owner.claims.renew(1000)).toEqual([]);
    await owner.claims.claim(['lane'], 1000);
    await owner.settle('a', 'silent');
    clock.set(clock.now() + 86_402_000);
    await owner.prune(0);
    expect(epoch()).toBeUndefined();
    db.close();
    await owner.close();
  });

  it('refuses one bad write of a turn alone', async () => {
    const [good, bad, other] = await Promise.allSettled([
      store.accept([entry('good')]),
      store.accept([entry('half'), entry('bad', { lane: '' })]),
      store.accept([entry('other')]),
    ]);
    expect(good).toMatchObject({ status: 'fulfilled', value: { inserted: ['good'] } });
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'STORE_INVALID' } });
    expect(other).toMatchObject({ status: 'fulfilled', value: { inserted: ['other'] } });
    expect((await store.list({ limit: 10 })).map(({ id }) => id).sort()).toEqual(['good', 'other']);
  });

  it('keeps the order of what two processes take in turn, and of what is taken after a failure', async () => {
    const other = await openStore({ dir: path, clock });
    await store.accept([entry('a')]);
    await other.accept([entry('b')]);
    await store.accept([entry('c')]);
    await expect(other.accept([entry('d'), entry('bad', { lane: '' })])).rejects.toMatchObject({
      code: 'STORE_INVALID',
    });
    await store.accept([entry('e')]);
    await other.accept([entry('f')]);
    await other.close();
    await store.close();
    store = await openStore({ dir: path, clock });
    await store.accept([entry('g')]);
    expect((await store.waiting('lane', 10)).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'e', 'f', 'g']);
  });

  it('is only for its owner', async () => {
    await store.accept([entry('a')]);
    expect((await stat(join(dir.path, 'state'))).mode & 0o777).toBe(0o700);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    for (const suffix of ['', '-wal', '-shm']) {
      expect((await stat(databasePath(path) + suffix)).mode & 0o777, suffix).toBe(0o600);
    }
  });

  it('commits with an fsync: the connection runs in WAL with synchronous=FULL', () => {
    const db = openDatabase({ dir: path });
    expect(db.prepare('PRAGMA journal_mode').get()?.journal_mode).toBe('wal');
    expect(db.prepare('PRAGMA synchronous').get()?.synchronous).toBe(2);
    db.close();
  });

  it('reads through indexes, without sorting, however much is waiting', () => {
    const db = openDatabase({ dir: path });
    const plan = (sql: string) => {
      const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
      return rows.map(row => String(row.detail));
    };
    expect(plan(queries.head)).toEqual([
      'SEARCH entries USING INDEX entries_queue (lane=?)',
      // Only for an entry that was gathered into another one's run.
      expect.stringContaining('CORRELATED'),
      'SEARCH carrier USING INDEX sqlite_autoindex_entries_1 (id=?)',
    ]);
    expect(plan(queries.lanes)).toEqual(['SCAN entries USING INDEX entries_queue']);
    expect(plan(queries.counts).filter(detail => /entries|TEMP/.test(detail))).toEqual([
      'SEARCH entries USING COVERING INDEX entries_by_state (state=?)',
      'SEARCH entries USING COVERING INDEX entries_by_state (state=?)',
    ]);
    db.close();
  });

  it('compiles no statement again for other values', async () => {
    const db = openDatabase({ dir: path });
    const driver = createSqliteDriver({ db, path, clock });
    const texts: string[] = [];
    await createSqlStore({
      ...driver,
      prepareAll: all => {
        texts.push(...Object.values<string>(all));
        return driver.prepareAll(all);
      },
    });
    const statements = texts.map(text => db.prepare(text));
    // It is asked whenever a statement is compiled. To set it has all of them compiled once more.
    let asked = 0;
    db.setAuthorizer(() => {
      asked += 1;
      return constants.SQLITE_OK;
    });
    const compiledAgain = statements.filter(statement => {
      const { sourceSQL } = statement;
      if (!/[?:]/.test(sourceSQL)) return false;
      db.exec('BEGIN');
      runWith(statement, 1);
      asked = 0;
      runWith(statement, 2);
      const again = asked > 0;
      db.exec('ROLLBACK');
      return again;
    });
    expect(statements.length).toBeGreaterThan(80);
    expect(compiledAgain.map(({ sourceSQL }) => sourceSQL)).toEqual([]);
    db.close();
  });

  it('can be read while another process writes, and changed by none but the writer', async () => {
    await store.accept([entry('a')]);
    const reader = await openStore({ dir: path, clock, readOnly: true });
    expect((await reader.list({ limit: 1 })).map(({ id }) => id)).toEqual(['a']);
    await store.accept([entry('b')]);
    expect((await reader.counts()).byState.pending).toBe(2);
    expect(await reader.changedElsewhere()).toBe(true);
    await expect(reader.drop(['a'])).rejects.toMatchObject({ code: 'STORE_READONLY' });
    await expect(reader.probe()).rejects.toMatchObject({ code: 'STORE_READONLY' });
    await reader.close();
  });

  it('waits for another process only so long, and works again after', { timeout: 30_000 }, async () => {
    const other = openDatabase({ dir: path });
    other.exec('BEGIN IMMEDIATE');
    const refused = store.accept([entry('a')]);
    await expect(refused).rejects.toMatchObject({ code: 'STORE_BUSY' });
    other.exec('ROLLBACK');
    other.close();
    expect((await store.accept([entry('a')])).inserted).toEqual(['a']);
  });
});
