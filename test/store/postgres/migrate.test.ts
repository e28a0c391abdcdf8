import { expect, it } from 'vitest';
import { migrations } from '../../../src/store/postgres/migrations.ts';
import { columns } from '../../../src/store/sqlite/columns.ts';
import { counterOf, describeOnPostgres } from './stage.ts';

describeOnPostgres('the tables of a PostgreSQL', stage => {
  const query = (text: string) => stage.postgres.query(stage.database, text);

  it('are those of SQLite, and a few of its own', async () => {
    await stage.open();
    const rows = await query(
      `SELECT table_name AS name, string_agg(column_name, ' ' ORDER BY ordinal_position) AS columns
       FROM information_schema.columns WHERE table_schema = 'kapso_whatsapp' GROUP BY table_name`,
    );
    const sorted = (list: string) => list.split(' ').sort().join(' ');
    const found = Object.fromEntries(rows.map(({ name, columns }) => [name, sorted(String(columns))]));
    const own = {
      changes: 'contacts number owner',
      outbox_tallies_changes: 'change number state',
      schema_version: 'program version',
      tallies_changes: 'change number state',
    };
    const wanted = Object.fromEntries(Object.entries(columns).map(([name, list]) => [name, sorted(list)]));
    expect(found).toEqual({ ...wanted, ...own, entries: sorted(`${columns.entries} rowid`) });
  });

  it('compare text byte by byte, and keep whole numbers of SQLite', async () => {
    await stage.open();
    const rows = await query(
      `SELECT DISTINCT data_type AS type, collation_name AS collation FROM information_schema.columns
       WHERE table_schema = 'kapso_whatsapp' AND table_name <> 'schema_version' ORDER BY 1`,
    );
    expect(rows).toEqual([
      { type: 'bigint', collation: null },
      { type: 'text', collation: 'C' },
    ]);
  });

  it('are made once, by how many processes ever that start at the same moment', async () => {
    const drivers = await Promise.all([stage.open(), stage.open(), stage.open(), stage.open()]);
    for (const driver of drivers) await driver.write(() => counterOf(driver).addOne.get());
    expect(await query('SELECT probes FROM kapso_whatsapp.intake')).toEqual([{ probes: '4' }]);
    expect(await query('SELECT * FROM kapso_whatsapp.schema_version')).toEqual([
      { program: 'kapso-whatsapp', version: String(migrations.length) },
    ]);
  });

  it('are left alone by a start that finds them up to date', async () => {
    const driver = await stage.open();
    await driver.write(() => counterOf(driver).addOne.get());
    const again = await stage.open();
    expect(await again.read(() => counterOf(again).read.get())).toEqual({ probes: 1 });
  });

  it('of a newer version are refused, and not changed', async () => {
    await stage.open();
    await query('UPDATE kapso_whatsapp.schema_version SET version = 99');
    for (const readOnly of [false, true]) {
      await expect(stage.open({ readOnly })).rejects.toMatchObject({
        code: 'STORE_NEWER',
        message: expect.stringContaining(`its schema is 99, this program knows ${migrations.length}`),
      });
    }
    expect(await query('SELECT version FROM kapso_whatsapp.schema_version')).toEqual([{ version: '99' }]);
  });

  it('of another program under the same name are refused, and not changed', async () => {
    await query('CREATE SCHEMA kapso_whatsapp AUTHORIZATION kapso; CREATE TABLE kapso_whatsapp.entries (theirs text)');
    await expect(stage.open()).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
    await query('CREATE TABLE kapso_whatsapp.schema_version (program text, version bigint)');
    await query('GRANT SELECT ON kapso_whatsapp.schema_version TO kapso');
    await expect(stage.open()).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
    await query("INSERT INTO kapso_whatsapp.schema_version VALUES ('another', 1)");
    await expect(stage.open()).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
    expect(await query("SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'kapso_whatsapp'")).toEqual([
      { tables: 2 },
    ]);
  });

  it('are missed, or are too old, where they are only looked at', async () => {
    await expect(stage.open({ readOnly: true })).rejects.toMatchObject({ code: 'STORE_MISSING' });
    await stage.open();
    await query('UPDATE kapso_whatsapp.schema_version SET version = 0');
    await expect(stage.open({ readOnly: true })).rejects.toMatchObject({ code: 'STORE_MISSING' });
  });

  it('are all or none when their making fails', async () => {
    // Something is in the way of the last table.
    await query('CREATE SCHEMA kapso_whatsapp AUTHORIZATION kapso');
    await query(
      `CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
       CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION refuse()`,
    );
    await expect(stage.open()).rejects.toThrow('no');
    expect(await query("SELECT 1 FROM pg_class WHERE relnamespace = 'kapso_whatsapp'::regnamespace")).toEqual([]);
    await query('DROP EVENT TRIGGER refuse');
    const driver = await stage.open();
    expect(await driver.read(() => counterOf(driver).read.get())).toEqual({ probes: 0 });
  });
});

describeOnPostgres('the counts of a PostgreSQL', stage => {
  const query = (text: string) => stage.postgres.query(stage.database, `SET search_path = kapso_whatsapp; ${text}`);
  const byState = `SELECT string_agg(state || ' ' || entries, ', ' ORDER BY state) AS by FROM tallies WHERE entries <> 0`;
  const insert = (from: number, to: number) =>
    query(
      `INSERT INTO entries (id, lane, state, occurred_at, batch, position, received_at, updated_at, body)
       SELECT 'm' || n, 'lane', CASE WHEN n % 3 = 0 THEN 'held' ELSE 'pending' END, n, 1, n, 1, 1, 'x'
       FROM generate_series(${from}, ${to}) n`,
    );

  it('go on from those of an older version', async () => {
    await stage.postgres.query(
      stage.database,
      `SET ROLE kapso; CREATE SCHEMA kapso_whatsapp; SET search_path = kapso_whatsapp;
       CREATE TABLE schema_version (program text NOT NULL, version bigint NOT NULL);
       INSERT INTO schema_version VALUES ('kapso-whatsapp', 4); ${migrations.slice(0, 4).join(';')}`,
    );
    await insert(1, 10);
    await stage.open();
    await insert(11, 11);
    await insert(12, 20);
    await query("UPDATE entries SET state = 'settled' WHERE id = 'm3'");
    await query("DELETE FROM entries WHERE id IN ('m1', 'm6')");
    expect(await query(byState)).toEqual([{ by: 'held 4, pending 13, settled 1' }]);
  });

  it('are those of the rows, whatever was done to them', async () => {
    await stage.open();
    const counted =
      "SELECT coalesce(sum(entries), 0)::int AS n, string_agg(state || ' ' || entries, ', ' ORDER BY state) AS by FROM tallies";
    const insert = (from: number, to: number, state: string) =>
      query(
        `INSERT INTO entries (id, lane, state, occurred_at, batch, position, received_at, updated_at, body)
         SELECT 'm' || n, 'lane', '${state}', n, 1, n, 1, 1, 'x' FROM generate_series(${from}, ${to}) n`,
      );
    await insert(1, 2000, 'held');
    await insert(2001, 2010, 'pending');
    expect(await query(counted)).toEqual([{ n: 2010, by: 'held 2000, pending 10' }]);
    await query("UPDATE entries SET state = 'pending' WHERE state = 'held'");
    await query("UPDATE entries SET state = 'settled' WHERE position <= 1500");
    await query("UPDATE entries SET state = state, reason = 'x'");
    expect(await query(counted)).toEqual([{ n: 2010, by: expect.stringContaining('pending 510, settled 1500') }]);
    await query('DELETE FROM entries WHERE position <= 700');
    expect(await query(counted)).toEqual([{ n: 1310, by: expect.stringContaining('pending 510, settled 800') }]);
    // They are added up every now and then.
    const [{ rows } = { rows: 0 }] = await query('SELECT count(*)::int AS rows FROM tallies_changes');
    expect(rows).toBeLessThan(1100);
  });
});
