import pg from 'pg';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { moveState } from '../../../src/store/move/part.ts';
import { readEntries } from '../../../src/store/open.ts';
import { writersLock } from '../../../src/store/postgres/schema.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { startPostgres } from '../../postgres.ts';
import { entry, temporaryDirectory } from '../fixtures.ts';
import { fill } from '../move/filled.ts';
import { counterOf, describeOnPostgres } from './stage.ts';

describeOnPostgres('a PostgreSQL with settings of its own', stage => {
  const query = (text: string) => stage.postgres.query(stage.database, text);
  const set = (setting: string) => stage.postgres.query('postgres', `ALTER DATABASE ${stage.database} SET ${setting}`);

  /** Has every change wait, until the returned function is called. */
  async function holdUp(): Promise<() => Promise<void>> {
    const { socketDirectory: host, port } = stage.postgres;
    const client = new pg.Client({ host, port, user: 'postgres', database: stage.database });
    await client.connect();
    await client.query(`SELECT pg_advisory_lock(${writersLock})`);
    return () => client.end();
  }

  /** Resolves when so many changes wait for their turn. */
  async function areWaiting(number: number): Promise<void> {
    const waiting = "SELECT count(*)::int AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while ((await query(waiting))[0]?.waiting !== number) await new Promise(resolve => setImmediate(resolve));
  }

  const open = async () => createSqlStore(await stage.open(), { delivers: true });

  it.each(['repeatable read', 'serializable'])('sees what others did before its turn, where it is %s', async level => {
    await set(`default_transaction_isolation = '${level}'`);
    const [former, next] = [await open(), await open()];
    await former.accept([entry('m', { lane: 'lane' })]);
    expect(await former.claims.claim(['lane'], 1)).toEqual(['lane']);
    const goOn = await holdUp();
    const taken = next.claims.claim(['lane'], 60_000);
    await areWaiting(1);
    const late = former.settle('m', 'answered').catch((error: unknown) => error);
    await areWaiting(2);
    await goOn();
    expect(await taken).toEqual(['lane']);
    expect(await late).toMatchObject({ code: 'STORE_CLAIMED' });
    expect(await next.get('m')).toMatchObject({ state: 'pending' });
  });

  it('makes its tables once, where each transaction sees one moment', async () => {
    await set("default_transaction_isolation = 'repeatable read'");
    const goOn = await holdUp();
    const starts = [stage.open(), stage.open()];
    await areWaiting(2);
    await goOn();
    for (const driver of await Promise.all(starts)) await driver.write(() => counterOf(driver).addOne.get());
    expect(await query('SELECT probes FROM kapso_whatsapp.intake')).toEqual([{ probes: '2' }]);
  });

  it('has the time that it needs to make its tables, and does not hold up others when it stands still meanwhile', async () => {
    await query(`CREATE TABLE public.seen (statement text, idle text); GRANT ALL ON public.seen TO PUBLIC;
      CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES
        (current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')); END $$;
      CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION note()`);
    await set("statement_timeout = '5min'");
    await stage.open();
    expect(await query('SELECT DISTINCT * FROM public.seen')).toEqual([{ statement: '0', idle: '3s' }]);
  });

  it.each(['off', 'local', 'remote_write'])(
    'has on disk what it confirms, where synchronous_commit is %s',
    async how => {
      await set(`synchronous_commit = ${how}`);
      const driver = await stage.open();
      const { show } = driver.prepareAll({ show: "SELECT current_setting('synchronous_commit') AS how" });
      expect(await driver.write(() => show.get())).toEqual({ how: 'on' });
    },
  );

  it('is asked anew where a statement that it keeps has become another', async () => {
    const driver = await stage.open();
    const { all } = driver.prepareAll({ all: 'SELECT * FROM intake' });
    for (const ask of [driver.read, driver.write]) await ask(() => all.get());
    await query('ALTER TABLE kapso_whatsapp.intake ADD COLUMN later bigint');
    for (const ask of [driver.read, driver.write]) expect(await ask(() => all.get())).toMatchObject({ later: null });
  });
});

describeOnPostgres('a PostgreSQL with hostile neighbours', stage => {
  const query = (text: string) => stage.postgres.query(stage.database, text);

  /** Functions and operators that suit the calls of this program better than the server's own. */
  const traps = `
    CREATE TABLE public.caught (what text);
    GRANT ALL ON public.caught TO PUBLIC;
    CREATE FUNCTION public.json_populate_recordset(anyelement, text) RETURNS SETOF anyelement LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO public.caught VALUES ('json_populate_recordset');
        RETURN QUERY SELECT * FROM pg_catalog.json_populate_recordset($1, $2::json); END $$;
    CREATE FUNCTION public.setval(text, integer, boolean) RETURNS bigint LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO public.caught VALUES ('setval'); RETURN pg_catalog.setval($1::regclass, $2::bigint, $3); END $$;
    CREATE FUNCTION public.remainder(bigint, integer) RETURNS bigint LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO public.caught VALUES ('%'); RETURN $1 OPERATOR(pg_catalog.%) $2::bigint; END $$;
    CREATE OPERATOR public.% (FUNCTION = public.remainder, LEFTARG = bigint, RIGHTARG = integer);
    CREATE FUNCTION public.times(numeric, integer) RETURNS numeric LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO public.caught VALUES ('*'); RETURN $1 OPERATOR(pg_catalog.*) $2::numeric; END $$;
    CREATE OPERATOR public.* (FUNCTION = public.times, LEFTARG = numeric, RIGHTARG = integer);
    GRANT CREATE ON SCHEMA public TO PUBLIC`;

  it('runs nothing of theirs, whatever is done with the inbox', async () => {
    const everything = { since: null, until: null, account: null, contact: null };
    await query(traps);
    await using directory = await temporaryDirectory();
    const dir = directory.path;
    const database = stage.postgres.url(stage.database);
    await fill(dir);
    const move = (to: 'sqlite' | 'postgresql') =>
      moveState({
        ...{ dir, database, to, clock: systemClock, random: Math.random },
        ...{ signal: new AbortController().signal, onProgress: () => {} },
      });
    await move('postgresql');
    const store = await createSqlStore(await stage.open(), { delivers: true });
    await store.accept([entry('late')]);
    await store.counts();
    await store.claims.claim(['lane'], 1);
    await store.close();
    for await (const _ of readEntries({ dir, database }, everything, systemClock));
    await query('UPDATE kapso_whatsapp.claims SET until = 1');
    await move('sqlite');
    expect(await query('SELECT DISTINCT what FROM public.caught')).toEqual([]);
  });
});

describeOnPostgres('a PostgreSQL that is handed over to another host', stage => {
  it('is used there as soon as the former one can only be read', async () => {
    const former = stage.postgres;
    await using next = await startPostgres();
    await next.query('postgres', `CREATE DATABASE ${stage.database} OWNER kapso`);
    const url = former
      .url(stage.database, { host: '127.0.0.1' })
      .replace(`:${former.port}/`, `:${former.port},127.0.0.1:${next.port}/`);
    await using _ = { [Symbol.asyncDispose]: () => readOnly('off') };
    async function readOnly(value: 'on' | 'off'): Promise<void> {
      await former.query('postgres', `ALTER SYSTEM SET default_transaction_read_only = ${value}`).catch(() => {});
      await former.query('postgres', `SET default_transaction_read_only = off; SELECT pg_reload_conf()`);
    }
    // Both have the tables, as a standby would.
    await (await stage.open({ url: next.url(stage.database) })).close();
    const driver = await stage.open({ url });
    const { addOne } = counterOf(driver);
    expect(driver.server().at).toBe(`127.0.0.1:${former.port}`);
    await driver.write(() => addOne.get());
    await readOnly('on');
    const isReadOnly = "SELECT current_setting('default_transaction_read_only') AS value";
    while ((await former.query(stage.database, isReadOnly))[0]?.value !== 'on');
    expect(await driver.write(() => addOne.get())).toEqual({ probes: 1 });
    expect(driver.server().at).toBe(`127.0.0.1:${next.port}`);
    const again = await stage.open({ url });
    expect(again.server().at).toBe(`127.0.0.1:${next.port}`);
  });
});
