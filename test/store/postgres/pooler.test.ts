import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noPgbouncer, type Pgbouncer, startPgbouncer } from '../../pgbouncer.ts';
import { counterOf, describeOnPostgres } from './stage.ts';

describe.skipIf(noPgbouncer !== null)(noPgbouncer ?? 'with PgBouncer', () => {
  describeOnPostgres('a PostgreSQL behind a pooler in transaction mode', stage => {
    let bouncer: Pgbouncer;
    const url = () => bouncer.url(stage.database);

    beforeAll(async () => {
      bouncer = await startPgbouncer(stage.postgres, { connections: 2 });
    });
    afterAll(() => bouncer[Symbol.asyncDispose]());

    it('is known to be so', async () => {
      expect((await stage.open({ url: url() })).server().direct).toBe(false);
      expect((await stage.open()).server().direct).toBe(true);
    });

    it('does the same for more processes than it has connections', async () => {
      const drivers = await Promise.all([1, 2, 3, 4].map(() => stage.open({ url: url() })));
      const work = drivers.flatMap(driver => {
        const { addOne, read } = counterOf(driver);
        return Array.from({ length: 30 }, async () => {
          await driver.write(() => addOne.get());
          await driver.read(() => read.get());
        });
      });
      await Promise.all(work);
      const [driver] = drivers;
      expect(driver && (await driver.read(() => counterOf(driver).read.get()))).toEqual({ probes: 120 });
    });

    it('leaves nothing of a transaction to the next one on the same connection of the server', async () => {
      const driver = await stage.open({ url: url() });
      await driver.write(() => counterOf(driver).addOne.get());
      await driver.read(() => counterOf(driver).read.get());
      const other = await stage.open({ url: url() });
      const { look } = other.prepareAll({
        look: "SELECT count(*) AS kept FROM pg_prepared_statements WHERE name LIKE 'k%'",
      });
      expect(await other.read(() => look.get())).toEqual({ kept: 0 });
    });

    it('gives up a database that is gone with an error that says so', async () => {
      await expect(stage.open({ url: url().replace(stage.database, 'missing') })).rejects.toMatchObject({
        code: expect.stringMatching(/^STORE_(REFUSED|UNREACHABLE)$/),
        message: expect.stringContaining('missing'),
      });
    });

    it('is connected to again after it has ended', async () => {
      const driver = await stage.open({ url: url() });
      const { addOne } = counterOf(driver);
      await driver.write(() => addOne.get());
      await bouncer[Symbol.asyncDispose]();
      await expect(driver.write(() => addOne.get())).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
      bouncer = await startPgbouncer(stage.postgres, { connections: 2 });
    });
  });
});
