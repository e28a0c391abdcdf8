import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { type DriverOptions, openDriver, type PostgresDriver } from '../../../src/store/postgres/driver.ts';
import { noPostgres, type Postgres, startPostgres } from '../../postgres.ts';

export interface Stage {
  postgres: Postgres;
  /** The empty database of this test. */
  database: string;
  /** Opens a driver on it, or by another address. It is closed after the test. */
  open(options?: { url?: string } & Partial<Omit<DriverOptions, 'url'>>): Promise<PostgresDriver>;
}

/** Tests on a PostgreSQL that runs for all of them, each with a database of its own. */
export function describeOnPostgres(
  title: string,
  tests: (stage: Stage) => void,
  options: Parameters<typeof startPostgres>[0] = {},
): void {
  describe.skipIf(noPostgres !== null)(noPostgres === null ? title : `${title}: ${noPostgres}`, () => {
    const opened: PostgresDriver[] = [];
    const stage: Stage = {
      postgres: undefined as unknown as Postgres,
      database: '',
      async open({ url = stage.postgres.url(stage.database), ...rest } = {}) {
        const driver = await openDriver({
          url,
          readOnly: false,
          clock: systemClock,
          random: Math.random,
          ...rest,
        });
        opened.push(driver);
        return driver;
      },
    };
    beforeAll(async () => {
      stage.postgres = await startPostgres(options);
    });
    beforeEach(async () => {
      stage.database = await stage.postgres.createDatabase();
    });
    afterEach(async () => {
      for (const driver of opened.splice(0)) await driver.close();
      await stage.postgres.dropDatabase(stage.database);
    });
    afterAll(() => stage.postgres[Symbol.asyncDispose]());
    tests(stage);
  });
}

/** The statements of these tests, on a table that every database has. */
export function counterOf(driver: PostgresDriver) {
  return driver.prepareAll({
    add: 'UPDATE intake SET probes = probes + ?',
    addOne: 'UPDATE intake SET probes = probes + 1 RETURNING probes',
    read: 'SELECT probes FROM intake',
    fail: 'INSERT INTO intake (one, last_batch, pass_batch, pass_length, probes) VALUES (2, 0, 0, 0, 0)',
    sleep: 'SELECT pg_sleep(?)',
    waitFor: 'SELECT pg_advisory_xact_lock_shared(?)',
  });
}

/** A lock in a database that steps wait for, with the statement `waitFor` of `counterOf`. */
export interface HeldLock {
  readonly number: number;
  /** Resolves when somebody waits for it, or for another one. */
  isWaitedFor(other?: number): Promise<void>;
  release(): Promise<void>;
}

/** Holds a lock in the database of the test, so that a step stops at a statement until the test lets it go on. */
export async function holdLock({ postgres, database }: Stage): Promise<HeldLock> {
  const number = 41;
  const client = new pg.Client({ host: postgres.socketDirectory, port: postgres.port, user: 'postgres', database });
  await client.connect();
  await client.query('SELECT pg_advisory_lock($1)', [number]);
  return {
    number,
    async isWaitedFor(other = number) {
      const waiting = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = ${other} AND NOT granted`;
      while ((await client.query(waiting)).rows.length === 0);
    },
    release: () => client.end(),
  };
}
