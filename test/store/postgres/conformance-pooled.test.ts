import { afterAll, beforeAll, describe } from 'vitest';
import { noPgbouncer, type Pgbouncer, startPgbouncer } from '../../pgbouncer.ts';
import { noPostgres, type Postgres, startPostgres } from '../../postgres.ts';
import { describeStore } from '../conformance.ts';
import type { HeldClock } from '../fixtures.ts';
import { type HeldDatabase, holdDatabase } from './held-database.ts';

const missing = noPostgres ?? noPgbouncer;

describe.skipIf(missing !== null)(missing ?? 'behind a real pooler', () => {
  let postgres: Postgres;
  let pgbouncer: Pgbouncer;
  let database: HeldDatabase;

  beforeAll(async () => {
    postgres = await startPostgres();
    pgbouncer = await startPgbouncer(postgres);
    database = await holdDatabase(postgres);
  });
  afterAll(async () => {
    await pgbouncer[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  const create = (clock: HeldClock) => database.create(clock, pgbouncer.url(database.name));
  describeStore('the store on PostgreSQL through PgBouncer', create, { sequences: 10 });
});
