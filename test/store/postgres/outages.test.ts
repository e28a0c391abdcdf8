import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { idleTimeout } from '../../../src/store/postgres/scripts.ts';
import type { DatabaseConnection } from '../../../src/store/shared-database.ts';
import { type CutProxy, startCutProxy } from '../../cut-proxy.ts';
import { mountSmallDisk } from '../../small-disk.ts';
import { counterOf, describeOnPostgres } from './stage.ts';

describeOnPostgres(
  'a PostgreSQL that goes away',
  stage => {
    const byProxy = (proxy: CutProxy) => stage.postgres.url(stage.database, { host: '127.0.0.1', port: proxy.port });
    const told: DatabaseConnection[] = [];
    const onConnection = (connection: DatabaseConnection) => told.push(connection);

    it('is connected to again, unnoticed, when the connections were closed meanwhile', async () => {
      const driver = await stage.open({ onConnection });
      const { addOne, read } = counterOf(driver);
      await driver.write(() => addOne.get());
      await driver.read(() => read.get());
      stage.postgres.breakConnections();
      expect(await driver.write(() => addOne.get())).toEqual({ probes: 2 });
      expect(await driver.read(() => read.get())).toEqual({ probes: 2 });
      expect(told).toMatchObject([{ works: true }]);
    });

    it('in the middle of a change has it done once, on the next connection', async () => {
      const driver = await stage.open();
      const { addOne, read } = counterOf(driver);
      let runs = 0;
      const result = await driver.write(function* () {
        runs += 1;
        yield* addOne.get();
        if (runs === 1) stage.postgres.breakConnections();
        return yield* read.get();
      });
      expect([result, runs]).toEqual([{ probes: 1 }, 2]);
    });

    it('at the commit rejects with the word that the outcome is not known', async () => {
      const proxy = await startCutProxy(stage.postgres.port);
      const driver = await stage.open({ url: byProxy(proxy) });
      const { addOne, read } = counterOf(driver);
      await driver.write(() => addOne.get());
      void proxy.cutAfter('COMMIT\0');
      await expect(driver.write(() => addOne.get())).rejects.toMatchObject({
        code: 'STORE_UNREACHABLE',
        message: expect.stringContaining('whether the change was kept is not known'),
      });
      // It was, here. The next one is not held up.
      expect(await driver.write(() => addOne.get())).toEqual({ probes: 3 });
      expect(await driver.read(() => read.get())).toEqual({ probes: 3 });
      await proxy[Symbol.asyncDispose]();
    });

    it('by a restart has lost nothing that was confirmed, and is used again when it is there', async () => {
      const driver = await stage.open({ onConnection });
      told.length = 0;
      const { addOne, read } = counterOf(driver);
      await driver.write(() => addOne.get());
      await stage.postgres.stop('immediate');
      await expect(driver.write(() => addOne.get())).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
      await expect(driver.read(() => read.get())).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
      await stage.postgres.start();
      const again = async (): Promise<unknown> => {
        for (;;) {
          try {
            return await driver.write(() => addOne.get());
          } catch (error) {
            expect(error).toMatchObject({ code: 'STORE_UNREACHABLE' });
            await new Promise(resolve => setImmediate(resolve));
          }
        }
      };
      expect(await again()).toEqual({ probes: 2 });
      expect(told[0]).toMatchObject({ works: false, error: { code: 'STORE_UNREACHABLE' } });
      expect(told.at(-1)).toMatchObject({ works: true, server: expect.stringMatching(/^PostgreSQL \d\d at /) });
    });

    it('without a word is noticed within seconds, and held up nobody else for longer', async () => {
      const proxy = await startCutProxy(stage.postgres.port);
      const driver = await stage.open({ url: byProxy(proxy) });
      const other = await stage.open();
      const { addOne } = counterOf(driver);
      const begun = Date.now();
      const cut = driver.write(function* () {
        yield* addOne.get();
        proxy.partition();
        yield* addOne.get();
      });
      const refused = expect(cut).rejects.toMatchObject({
        code: 'STORE_UNREACHABLE',
        message: expect.stringContaining('does not answer'),
      });
      // The server gives up the silent one, whose change is undone.
      expect(await other.write(() => counterOf(other).addOne.get())).toEqual({ probes: 1 });
      // Without the limits it would be minutes. A busy machine may take some seconds more than they say.
      expect(Date.now() - begun).toBeLessThan(30_000);
      await refused;
      expect(Date.now() - begun).toBeLessThan(30_000);
      await proxy[Symbol.asyncDispose]();
    });

    it('after a standstill of this program in the middle of a change: that is undone, and made once more', async () => {
      const driver = await stage.open();
      const { addOne } = counterOf(driver);
      let attempts = 0;
      const result = await driver.write(function* () {
        attempts += 1;
        yield* addOne.get();
        if (attempts === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * idleTimeout);
        return yield* addOne.get();
      });
      expect(result).toEqual({ probes: 2 });
      expect(attempts).toBe(2);
    });

    it('is not taken for gone while it works on a long statement', async () => {
      const proxy = await startCutProxy(stage.postgres.port);
      const driver = await stage.open({ url: byProxy(proxy) });
      const { sleep, addOne } = counterOf(driver);
      const result = await driver.write(function* () {
        yield* sleep.get(6);
        return yield* addOne.get();
      });
      expect(result).toEqual({ probes: 1 });
      await proxy[Symbol.asyncDispose]();
    });

    it('that is frozen by its machine is noticed too', async () => {
      const driver = await stage.open();
      const { addOne } = counterOf(driver);
      await driver.write(() => addOne.get());
      stage.postgres.freeze();
      try {
        await expect(driver.write(() => addOne.get())).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
      } finally {
        stage.postgres.resume();
      }
    });

    it('because its disk is full says so, keeps what was confirmed, and goes on when there is space', async context => {
      const { postgres } = stage;
      const disk = mkdtempSync(join(postgres.socketDirectory, 'disk-'));
      mountSmallDisk(context, disk, '24m');
      postgres.own(disk);
      await postgres.query('postgres', `CREATE TABLESPACE small LOCATION '${disk}'`);
      const ballast = join(disk, 'ballast');
      writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024));
      await postgres.query('postgres', 'CREATE DATABASE small OWNER kapso TABLESPACE small');
      const driver = await stage.open({ url: postgres.url('small') });
      const sql = driver.prepareAll({
        insert: `INSERT INTO entries (id, lane, state, occurred_at, batch, position, received_at, updated_at, body)
          VALUES (?, 'lane', 'pending', 1, 1, 1, 1, 1, ?)`,
        count: 'SELECT count(*) AS kept FROM entries',
      });
      // No two parts of it are alike, so that it cannot be compressed.
      const add = (id: number) => driver.write(() => sql.insert.run(`m${id}`, randomBytes(20_000).toString('base64')));
      let kept = 0;
      const refusal = await (async () => {
        for (;;) await add(kept).then(() => (kept += 1));
      })().catch(error => error);
      expect(refusal).toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining('has no space left') });
      expect(kept).toBeGreaterThan(10);
      expect(await driver.read(() => sql.count.get())).toEqual({ kept });
      rmSync(ballast);
      expect(await add(kept)).toBe(1);
      await driver.close();
      await postgres.dropDatabase('small');
      await postgres.query('postgres', 'DROP TABLESPACE small');
    });
  },
  { durable: true },
);
