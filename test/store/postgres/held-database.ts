import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { systemClock } from '../../../src/clock.ts';
import { openDriver } from '../../../src/store/postgres/driver.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import type { Postgres } from '../../postgres.ts';
import type { StoreHarness } from '../conformance.ts';
import type { HeldClock } from '../fixtures.ts';

/** A database that is emptied for each test, and whose clock is a test's clock. */
export interface HeldDatabase extends AsyncDisposable {
  /** An empty inbox on it, by this address. */
  create(clock: HeldClock, url?: string): Promise<StoreHarness>;
  readonly name: string;
}

const tables = [
  ...['accounts', 'claims', 'commands', 'contact_access', 'contact_conflicts', 'contact_identities', 'contacts'],
  ...['contacts_forgotten', 'entries', 'messages_forgotten', 'mutes', 'outbox', 'renewed_sessions', 'restores'],
  ...['wrong_codes', 'changes', 'tallies_changes', 'outbox_tallies_changes', 'intake'],
];

export async function holdDatabase(postgres: Postgres): Promise<HeldDatabase> {
  const name = await postgres.createDatabase();
  const open = (url = postgres.url(name)) =>
    openDriver({ url, readOnly: false, clock: systemClock, random: Math.random });
  await (await open()).close();
  const client = new pg.Client({
    host: postgres.socketDirectory,
    port: postgres.port,
    user: 'postgres',
    database: name,
  });
  await client.connect();
  const time = join(postgres.socketDirectory, `${name}.clock`);
  await client.query(`GRANT pg_read_server_files TO kapso; GRANT EXECUTE ON FUNCTION pg_read_file(text) TO kapso;
    SET search_path = kapso_whatsapp;
    CREATE OR REPLACE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql AS $$ SELECT pg_read_file('${time}')::bigint $$`);
  const empty = `${tables.map(table => `DELETE FROM ${table}`).join('; ')};
    INSERT INTO intake VALUES (1, NULL, 0, NULL, 0, 0, 0, NULL);
    ALTER SEQUENCE entries_rowid_seq RESTART; ALTER SEQUENCE outbox_seq_seq RESTART`;
  return {
    name,
    async create(clock, url) {
      await client.query(empty);
      const set = clock.set;
      clock.set = at => {
        set(at);
        writeFileSync(time, String(at));
      };
      clock.set(clock.now());
      return { open: async options => createSqlStore(await open(url), options), dispose: async () => {} };
    },
    async [Symbol.asyncDispose]() {
      await client.end();
      await postgres.dropDatabase(name);
    },
  };
}
