import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { acquireLock } from '../../../src/state/lock.ts';
import { moveState, planMove } from '../../../src/store/move/part.ts';
import { portions } from '../../../src/store/postgres/move-side.ts';
import { columns } from '../../../src/store/sqlite/columns.ts';
import { databasePath } from '../../../src/store/sqlite/database.ts';
import { movedTables } from '../../../src/store/sqlite/moved-tables.ts';
import { account, entry, temporaryDirectory } from '../fixtures.ts';
import { entries, fill } from './filled.ts';
import { describeMoves } from './move-stage.ts';

test('all tables go along but claims, and what triggers count', () => {
  const left = Object.keys(columns).filter(name => !movedTables().some(table => table.name === name));
  expect(left).toEqual(['claims', 'outbox_tallies', 'tallies']);
});

test('rows are sent in portions, however large they are', () => {
  const row = (size: number) => ['', 'x'.repeat(size), size, null];
  const sizes = (parts: ReturnType<typeof portions>) => parts.map(part => part.map(([, , size]) => size));
  expect(sizes(portions([]))).toEqual([]);
  expect(sizes(portions([0, 1, 2].map(row)))).toEqual([[0, 1, 2]]);
  const million = 1_000_000;
  expect(sizes(portions([9, 6, 9, 20, 1, 1].map(size => row(size * million))))).toEqual(
    [[9, 6], [9], [20], [1, 1]].map(part => part.map(size => size * million)),
  );
});

describeMoves('moving an inbox', at => {
  const { move, openFile, openShared, options } = at;
  const query = (text: string) => at.on.postgres.query(at.on.database, text);
  const refused = (code: string, message = /./) => ({ code, message: expect.stringMatching(message) });

  test('there and back, and there again, all has the same digests, and the former one is refused', async () => {
    await fill(at.dir);
    const there = await move('postgresql');
    expect(there).toMatchObject({ kept: 0 });
    expect(there.tables.get('entries')).toMatchObject({
      rows: entries,
      states: { dropped: 1, failed: 1, pending: entries - 11, settled: 9 },
    });
    for (const readOnly of [true, false]) {
      await expect(openFile(readOnly)).rejects.toMatchObject(refused('STORE_MOVED', /was moved to the database test_/));
    }
    const shared = await openShared();
    expect((await shared.counts()).byState).toMatchObject({ settled: 9, failed: 1, dropped: 1 });
    await shared.close();

    const back = await move('sqlite');
    expect([back.sha256, [...back.tables]]).toEqual([there.sha256, [...there.tables]]);
    await expect(openShared()).rejects.toMatchObject(refused('STORE_MOVED', /was moved to the inbox/));
    await expect(openShared(true)).rejects.toMatchObject({ code: 'STORE_MOVED' });
    const file = await openFile();
    expect((await file.counts()).byState).toMatchObject({ settled: 9, failed: 1, dropped: 1 });
    await file.settle('m9', 'answered');
    await file.close();

    expect((await move('postgresql')).tables.get('entries')).toMatchObject({ states: { settled: 10 } });
  });

  test('what comes next gets numbers that were not given before', async () => {
    await fill(at.dir);
    await move('postgresql');
    const [next] = await query(
      "SELECT nextval('kapso_whatsapp.outbox_seq_seq') AS outbox, nextval('kapso_whatsapp.entries_rowid_seq') AS entry",
    );
    expect([Number(next?.outbox), Number(next?.entry)]).toEqual([5, entries + 1]);
    await move('sqlite');
    const db = new DatabaseSync(databasePath(at.dir));
    expect(db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").get()).toEqual({ seq: 5 });
    db.close();
  });

  test('a version that knows no moves refuses the former inbox as a newer one', async () => {
    await fill(at.dir);
    await move('postgresql');
    const db = new DatabaseSync(databasePath(at.dir));
    expect(Number(db.prepare('PRAGMA user_version').get()?.user_version)).toBeGreaterThan(1_000_000);
    db.close();
  });

  test('a source that was used after an interrupted move begins again where it differs', async () => {
    await fill(at.dir);
    const stop = new AbortController();
    const began = moveState({
      ...{ ...options('postgresql'), signal: stop.signal },
      onProgress: ({ rows }) => rows > 600 && stop.abort(new Error('enough')),
    });
    await expect(began).rejects.toThrow('enough');
    await expect(openShared()).rejects.toMatchObject(refused('STORE_MOVED', /is not whole/));
    const file = await openFile();
    await file.settle('m10', 'answered');
    await file.accept([entry('late')]);
    await file.close();

    const moved = await move('postgresql');
    expect(moved.kept).toBe(0);
    expect(moved.tables.get('entries')).toMatchObject({ rows: entries + 1, states: { settled: 10 } });
    const shared = await openShared();
    expect((await shared.counts()).byState).toMatchObject({ settled: 10, pending: entries - 11 });
    await shared.close();
  });

  test('a broken connection in the middle leaves the source in use, and the move goes on later', async () => {
    await fill(at.dir);
    let killed = false;
    const cut = moveState({
      ...{ ...options('postgresql'), signal: new AbortController().signal },
      onProgress: ({ rows }) => {
        if (rows < 600 || killed) return;
        killed = true;
        at.on.postgres.breakConnections();
      },
    });
    await expect(cut).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    await (await openFile()).close();
    expect((await move('postgresql')).tables.get('entries')).toMatchObject({ rows: entries });
  });

  test('a poller on either side is refused', async () => {
    await fill(at.dir);
    const lock = acquireLock(at.dir);
    await expect(move('postgresql')).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await expect(planMove(options('postgresql'))).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    lock.release();

    await (await openShared()).close();
    await query(
      `INSERT INTO kapso_whatsapp.claims (lane, owner, until)
       VALUES ('role:polling:1', 'machine-b (pid 7)', kapso_whatsapp.clock_ms() + 60000)`,
    );
    await expect(move('postgresql')).rejects.toMatchObject(refused('STORE_BUSY', /machine-b \(pid 7\)/));
    await query('UPDATE kapso_whatsapp.claims SET until = 1');
    await move('postgresql');
    await query(`UPDATE kapso_whatsapp.claims SET until = kapso_whatsapp.clock_ms() + 60000`);
    await expect(move('sqlite')).rejects.toMatchObject(refused('STORE_BUSY', /machine-b/));
  });

  test('who has the database open when the inbox moves away can change nothing in it any more', async () => {
    await fill(at.dir);
    await move('postgresql');
    const left = await openShared();
    await move('sqlite');
    await expect(left.settle('m10', 'answered')).rejects.toMatchObject(refused('STORE_MOVED'));
    await left.close();
    await move('postgresql');
    const again = await openShared();
    await again.settle('m10', 'answered');
    await again.close();
  });

  test('a change during the move waits, and is refused', async () => {
    await fill(at.dir);
    await move('postgresql');
    const other = await openShared();
    let change: Promise<unknown> | null = null;
    const moved = await moveState({
      ...{ ...options('sqlite'), signal: new AbortController().signal },
      onProgress: () => {
        change ??= other.settle('m10', 'answered').catch((error: unknown) => error);
      },
    });
    expect(moved.tables.get('entries')).toMatchObject({ states: { settled: 9 } });
    expect(await change).toMatchObject({ code: 'STORE_MOVED' });
    await other.close();
  });

  test('a target with another inbox is refused, on either side, and stays as it is', async () => {
    await fill(at.dir);
    const shared = await openShared();
    await shared.accept([entry('own')]);
    await shared.close();
    await expect(move('postgresql')).rejects.toMatchObject(refused('STORE_OCCUPIED', /1 row in entries/));
    await expect(planMove(options('postgresql'))).rejects.toMatchObject({ code: 'STORE_OCCUPIED' });
    await expect(move('sqlite')).rejects.toMatchObject(
      refused('STORE_OCCUPIED', new RegExp(`${entries} rows in entries`)),
    );
    for (const open of [openFile, openShared]) await (await open()).close();
  });

  test('a part of another inbox is refused, and so is a former inbox that has become another', async () => {
    await fill(at.dir);
    await using elsewhere = await temporaryDirectory();
    await fill(elsewhere.path);
    const stop = new AbortController();
    const began = moveState({
      ...{ ...options('postgresql'), dir: elsewhere.path, signal: stop.signal },
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(began).rejects.toThrow('enough');
    await expect(move('postgresql')).rejects.toMatchObject(refused('STORE_OCCUPIED', /that is being moved there from/));
    await moveState({
      ...options('postgresql'),
      dir: elsewhere.path,
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    await expect(move('sqlite')).rejects.toMatchObject({ code: 'STORE_OCCUPIED' });
  });

  test('what was moved once is not moved again', async () => {
    await fill(at.dir);
    await move('postgresql');
    await expect(move('postgresql')).rejects.toMatchObject(refused('STORE_MOVED', /already/));
    const store = await openShared();
    expect((await store.counts()).byState.settled).toBe(9);
    await store.close();
  });

  test('an attempt that was left is not gone on with when the inbox has moved elsewhere since', async () => {
    await fill(at.dir);
    const stop = new AbortController();
    const left = move('postgresql', stop.signal, () => stop.abort(new Error('enough')));
    await expect(left).rejects.toThrow('enough');
    const elsewhere = await at.on.postgres.createDatabase();
    at.database = at.on.postgres.url(elsewhere);
    await move('postgresql');
    const inUse = await openShared();
    await inUse.settle('m10', 'answered');
    await inUse.close();
    at.database = at.on.postgres.url(at.on.database);
    for (const attempt of [() => move('postgresql'), () => planMove(options('postgresql'))]) {
      await expect(attempt()).rejects.toMatchObject(
        refused('STORE_MOVED', new RegExp(`moved to .*${elsewhere} .*already`)),
      );
    }
    await expect(openShared()).rejects.toMatchObject({ code: 'STORE_MOVED' });

    // The same on the way back: an attempt from the database is left in the directory, and another directory has the inbox.
    at.database = at.on.postgres.url(elsewhere);
    const stopped = new AbortController();
    await expect(move('sqlite', stopped.signal, () => stopped.abort(new Error('enough')))).rejects.toThrow('enough');
    await using other = await temporaryDirectory();
    const back = { ...options('sqlite'), dir: other.path, signal: new AbortController().signal, onProgress: () => {} };
    await moveState(back);
    await expect(move('sqlite')).rejects.toMatchObject(refused('STORE_MOVED', /already/));
    await expect(openFile()).rejects.toMatchObject({ code: 'STORE_MOVED' });
    await at.on.postgres.dropDatabase(elsewhere);
  });

  test('a plan says what there is, and makes nothing', async () => {
    await expect(planMove(options('postgresql'))).rejects.toMatchObject({ code: 'STORE_MISSING' });
    await fill(at.dir);
    const plan = await planMove(options('postgresql'));
    expect(plan).toMatchObject({ to: null, begun: false });
    expect(plan.tables.get('entries')?.get('settled')).toBe(9);
    expect(await query("SELECT to_regnamespace('kapso_whatsapp') AS there")).toEqual([{ there: null }]);
    await move('postgresql');
    rmSync(databasePath(at.dir));
    expect(await planMove(options('sqlite'))).toMatchObject({ to: null });
  });

  test('an inbox of contacts alone is not taken for an empty one', async () => {
    await fill(at.dir);
    const shared = await openShared();
    await shared.setCursor(account, 1);
    await shared.close();
    await expect(move('postgresql')).rejects.toMatchObject(refused('STORE_OCCUPIED', /1 row in accounts/));
  });
});
