import { StoreError } from '../errors.ts';
import { migrations } from './migrations.ts';
import { program, schema, writersLock } from './schema.ts';
import { beginChanging, idleTimeout } from './scripts.ts';
import type { Session } from './session.ts';

/** Milliseconds to wait for another process that migrates, or for a long change. */
const lockTimeout = 60_000;

/** Whose the schema is, and how far its tables are. `version`: null where it has none of this program's. */
const state = `SELECT to_regclass('${schema}.schema_version') IS NOT NULL AS known,
  (SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = '${schema}') AS relations`;

async function versionIn(session: Session, name: string): Promise<number> {
  const [found] = await session.script(state);
  const { known, relations } = found?.rows[0] ?? {};
  if (Number(known) !== 1) {
    if (Number(relations) === 0) return 0;
    throw foreign(name);
  }
  const [said] = await session.script(`SELECT program, version FROM ${schema}.schema_version`);
  const { program: whose, version } = said?.rows[0] ?? {};
  if (whose !== program) throw foreign(name);
  if (Number(version) > migrations.length) {
    throw new StoreError(
      'STORE_NEWER',
      `${name} was written by a newer version (its schema is ${version}, this program knows ${migrations.length})`,
      { hint: 'Use that version or a later one. Nothing was changed.' },
    );
  }
  return Number(version);
}

function foreign(name: string): StoreError {
  return new StoreError('STORE_FOREIGN', `${name} has a schema ${schema} of another program`, {
    hint: 'Choose another database, or rename that schema. Nothing was changed.',
  });
}

/**
 * Brings the tables up to date; makes them where there are none. Several processes may do so at once: all writers of
 * the database wait for it. Rejects with STORE_FOREIGN, STORE_NEWER, STORE_REFUSED and what `Session` rejects with.
 */
export async function migrate(session: Session, name: string): Promise<void> {
  if ((await versionIn(session, name)) === migrations.length) return;
  await session.script(`${beginChanging}; SET LOCAL lock_timeout = ${lockTimeout}; SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = ${idleTimeout}; SELECT pg_advisory_xact_lock(${writersLock})`);
  try {
    // Another process may have done it during the wait for the lock.
    const version = await versionIn(session, name);
    if (version === 0) {
      const existing = await session.script(`SELECT to_regnamespace('${schema}') IS NOT NULL AS there`);
      // Whoever may make no schema in the database may have got one.
      if (Number(existing[0]?.rows[0]?.there) !== 1) await session.script(`CREATE SCHEMA ${schema}`);
      await session.script(`
        CREATE TABLE ${schema}.schema_version (program text NOT NULL, version bigint NOT NULL);
        INSERT INTO ${schema}.schema_version VALUES ('${program}', 0)`);
    }
    await session.script(`SET LOCAL search_path = ${schema}`);
    for (const step of migrations.slice(version)) await session.script(step);
    await session.script(`UPDATE schema_version SET version = ${migrations.length}; COMMIT`);
  } catch (error) {
    if (session.broken() === null) await session.script('ROLLBACK');
    throw error;
  }
}

/** For a look without a change. Rejects with STORE_MISSING or STORE_OLDER where there is nothing, or not yet all. */
export async function assertMigrated(session: Session, name: string): Promise<void> {
  const version = await versionIn(session, name);
  if (version === migrations.length) return;
  if (version === 0) {
    throw new StoreError('STORE_MISSING', `there is no inbox in ${name} yet`, {
      hint: 'Start the poller once, or name the database that it uses.',
    });
  }
  throw new StoreError(
    'STORE_OLDER',
    `${name} was written by an older version (its schema is ${version}, this program needs ${migrations.length})`,
    { hint: 'Start the poller of this version once: it brings the inbox up to date.' },
  );
}
