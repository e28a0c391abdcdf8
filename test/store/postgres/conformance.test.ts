import { afterAll, beforeAll, describe } from 'vitest';
import { noPostgres, type Postgres, startPostgres } from '../../postgres.ts';
import { describeStore } from '../conformance.ts';
import { type HeldDatabase, holdDatabase } from './held-database.ts';

describe.skipIf(noPostgres !== null)(noPostgres ?? 'on a real server', () => {
  let postgres: Postgres;
  let database: HeldDatabase;

  beforeAll(async () => {
    postgres = await startPostgres();
    database = await holdDatabase(postgres);
  });
  afterAll(async () => {
    await database[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  describeStore('the store on PostgreSQL', clock => database.create(clock), { sequences: 50 });
});
