import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { createSqlStore } from '../../src/store/sql/sql-store.ts';
import { databasePath, openDatabase } from '../../src/store/sqlite/database.ts';
import { createSqliteDriver } from '../../src/store/sqlite/sqlite-driver.ts';
import type { Store } from '../../src/store/store.ts';
import { account, entry, heldClock, type TemporaryDirectory, temporaryDirectory } from './fixtures.ts';

let dir: TemporaryDirectory;

beforeEach(async () => {
  dir = await temporaryDirectory();
});

afterEach(() => dir[Symbol.asyncDispose]());

interface Filled {
  acknowledged: string[];
  refused: string;
  error: unknown;
}

/** Accepts entries one by one until the store refuses one. */
async function fill(store: Store, most = 10_000): Promise<Filled> {
  const acknowledged: string[] = [];
  for (let i = 0; i < most; i++) {
    const id = `m${i}`;
    try {
      await store.accept([entry(id, { body: 'x'.repeat(2000) })]);
    } catch (error) {
      return { acknowledged, refused: id, error };
    }
    acknowledged.push(id);
  }
  throw new Error(`${most} entries did not fill the disk`);
}

async function keeps(store: Store, ids: readonly string[]): Promise<void> {
  const kept = (await store.list({ limit: 100_000 })).map(({ id }) => id);
  expect(kept.sort()).toEqual([...ids].sort());
}

describe('a database that may not grow', () => {
  it('refuses with STORE_FULL, keeps what it acknowledged, and goes on when it may grow again', async () => {
    const db = openDatabase({ dir: dir.path });
    const options = { db, path: databasePath(dir.path), clock: heldClock() };
    const store = await createSqlStore(createSqliteDriver(options));
    db.exec('PRAGMA max_page_count = 100');
    const { acknowledged, refused, error } = await fill(store);
    expect(error).toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining(dir.path) });
    await keeps(store, acknowledged);

    const together = await Promise.allSettled([
      store.setCursor(account, 5),
      store.hold(account, [entry('h', { body: 'x'.repeat(9000) })]),
    ]);
    const kept = together[0].status === 'fulfilled' ? 5 : null;
    expect(together[1]).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FULL' } });
    expect(await store.cursor(account)).toBe(kept);

    db.exec('PRAGMA max_page_count = 100000');
    expect((await store.accept([entry(refused)])).inserted).toEqual([refused]);
    await keeps(store, [...acknowledged, refused]);
    await store.close();
  });
});

/** A file system of so many KiB of its own; says why where this user may not mount one. */
function mountSmall(at: string, kib: number): string | null {
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', at]);
  return status === 0 ? null : (error?.message ?? String(stderr).trim());
}

describe('a disk that fills up', () => {
  it('refuses new entries, keeps what it acknowledged, and goes on without a restart when there is space', async context => {
    const reason = mountSmall(dir.path, 1536);
    if (reason !== null) context.skip(`a small file system cannot be mounted here: ${reason}`);
    try {
      const ballast = join(dir.path, 'ballast');
      writeFileSync(ballast, Buffer.alloc(512 * 1024));
      const store = await openStore({ dir: dir.path, clock: heldClock() });
      try {
        const { acknowledged, refused, error } = await fill(store);
        expect(error).toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining(dir.path) });
        expect(acknowledged.length).toBeGreaterThan(10);
        await keeps(store, acknowledged);
        // A second refusal, of several at once, must not wedge it either.
        const more = ['n1', 'n2', 'n3'].map(id => store.accept([entry(id, { body: 'x'.repeat(100_000) })]));
        for (const result of await Promise.allSettled(more)) {
          expect(result).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FULL' } });
        }
        await keeps(store, acknowledged);

        rmSync(ballast);
        expect((await store.accept([entry(refused)])).inserted).toEqual([refused]);
        await store.probe();
        await keeps(store, [...acknowledged, refused]);
        await store.close();
        const again = await openStore({ dir: dir.path, clock: heldClock() });
        await keeps(again, [...acknowledged, refused]);
        await again.close();
      } finally {
        await store.close();
      }
    } finally {
      spawnSync('umount', [dir.path]);
    }
  });

  it('makes no half inbox when there is no space for one', async context => {
    const reason = mountSmall(dir.path, 64);
    if (reason !== null) context.skip(`a small file system cannot be mounted here: ${reason}`);
    try {
      const ballast = join(dir.path, 'ballast');
      writeFileSync(ballast, Buffer.alloc(32 * 1024));
      await expect(openStore({ dir: dir.path, clock: heldClock() })).rejects.toMatchObject({ code: 'STORE_FULL' });
      expect(readdirSync(dir.path)).toEqual(['ballast']);
    } finally {
      spawnSync('umount', [dir.path]);
    }
  });
});
