import { expect, it } from 'vitest';
import { rolePrefix } from '../../../src/store/claims.ts';
import { writersLock } from '../../../src/store/postgres/schema.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { counterOf, describeOnPostgres, holdLock } from './stage.ts';

describeOnPostgres('changes of a PostgreSQL', stage => {
  it('are visible to others when they are confirmed', async () => {
    const [driver, other] = [await stage.open(), await stage.open()];
    const { addOne, read } = counterOf(driver);
    expect(await driver.write(() => addOne.get())).toEqual({ probes: 1 });
    expect(await other.read(() => read.all())).toEqual([{ probes: 1 }]);
  });

  it('are one transaction, when they are requested in one turn of the event loop', async () => {
    const driver = await stage.open();
    const { addOne } = counterOf(driver);
    const groups = new Set<object>();
    const note = (_: number, { group }: { group: object }) => {
      groups.add(group);
      return addOne.get();
    };
    await Promise.all([driver.write(note), driver.write(note), driver.write(note)]);
    expect(groups.size).toBe(1);
    await driver.write(note);
    expect(groups.size).toBe(2);
  });

  it('that come while one is under way are one transaction', async () => {
    const driver = await stage.open();
    const { addOne } = counterOf(driver);
    const groups: object[] = [];
    const coming: Promise<unknown>[] = [];
    const note = (_: number, { group }: { group: object }) => {
      groups.push(group);
      return addOne.get();
    };
    await driver.write((now, transaction) => {
      coming.push(driver.write(note), driver.write(note));
      return note(now, transaction);
    });
    await Promise.all(coming);
    expect(groups[1]).toBe(groups[2]);
    expect(groups[0]).not.toBe(groups[1]);
  });

  it('that come while it waits for its turn among all processes are in the same transaction', async () => {
    const [driver, other] = [await stage.open(), await stage.open()];
    const { addOne, read } = counterOf(driver);
    const lock = await holdLock(stage);
    const before = other.write(() => counterOf(other).waitFor.get(lock.number));
    await lock.isWaitedFor();
    const groups = new Set<object>();
    const note = (_: number, { group }: { group: object }) => {
      groups.add(group);
      return addOne.get();
    };
    const first = driver.write(note);
    await lock.isWaitedFor(writersLock);
    const refused = driver.write(function* (now, transaction) {
      yield* note(now, transaction);
      throw new RangeError('no');
    });
    const refusal = expect(refused).rejects.toBeInstanceOf(RangeError);
    const coming = Array.from({ length: 300 }, () => driver.write(note));
    await lock.release();
    await refusal;
    await Promise.all([before, first, ...coming]);
    expect(await driver.read(() => read.get())).toEqual({ probes: 301 });
    // Two hundred together, the same once more since one of them fails, and those that were too many.
    expect(groups.size).toBe(3);
  });

  it('whose time must not be before they were requested wait for the next transaction, with what comes after them', async () => {
    const [driver, other] = [await stage.open(), await stage.open()];
    const { addOne } = counterOf(driver);
    const lock = await holdLock(stage);
    const before = other.write(() => counterOf(other).waitFor.get(lock.number));
    await lock.isWaitedFor();
    const groups: object[] = [];
    const note = (_: number, { group }: { group: object }) => {
      groups.push(group);
      return addOne.get();
    };
    const changes = [driver.write(note)];
    await lock.isWaitedFor(writersLock);
    changes.push(driver.write(note), driver.write(note, { timed: true }), driver.write(note));
    await lock.release();
    await Promise.all([before, ...changes]);
    expect(groups.map(group => groups.indexOf(group))).toEqual([0, 0, 2, 2]);
  });

  it('that insert a row each are one statement where they follow each other, and keep their order and their text', async () => {
    const driver = await stage.open();
    const query = (text: string) => stage.postgres.query(stage.database, text);
    await query(
      `CREATE TABLE statements (rows bigint); GRANT ALL ON statements TO kapso;
       CREATE FUNCTION note_rows() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN INSERT INTO public.statements SELECT count(*) FROM added; RETURN NULL; END $$;
       CREATE TRIGGER noted AFTER INSERT ON kapso_whatsapp.entries REFERENCING NEW TABLE AS added FOR EACH STATEMENT
         EXECUTE FUNCTION note_rows()`,
    );
    const { insert, count } = driver.prepareAll({
      insert: `INSERT INTO entries (id, lane, state, occurred_at, batch, position, received_at, updated_at, body, reason)
        VALUES (?1, ?2, ?3, ?4, ?7, ?7, ?4, ?4, ?5, ?6)`,
      count: 'SELECT count(*) AS rows FROM entries',
    });
    const texts = [
      'plain',
      '{"a":"\\u0000\\ud800 \\\\ "}',
      `null \0, half \ud800, "quotes" 'and' \\ \n ü🙂`,
      '',
      '1',
      'null',
    ];
    const add = (id: string, text: string, at = 1) => insert.send(id, 'lane', 'pending', at, text, null, 1);
    const results = await Promise.allSettled([
      ...texts.map((text, i) => driver.write(() => add(`b${i}`, text, 9_007_199_254_740_991 - i))),
      driver.write(function* () {
        yield* add('a1', 'counted');
        yield* insert.send('a2', 'lane', 'held', 2, 'counted', 'with a reason', 1);
        const { rows } = (yield* count.get()) as { rows: number };
        yield* add('a3', `after ${rows}`);
        return rows;
      }),
      driver.write(() => add('a4', 'joins what was before it')),
    ]);
    expect(results.filter(({ status }) => status !== 'fulfilled')).toEqual([]);
    expect(results[texts.length]).toMatchObject({ value: 8 });
    expect(await query('SELECT rows::int FROM statements')).toEqual([{ rows: 8 }, { rows: 2 }]);
    const rows = await query(
      'SELECT id, body, reason, occurred_at::text AS at FROM kapso_whatsapp.entries ORDER BY rowid',
    );
    expect(rows.map(({ id }) => id)).toEqual([...texts.map((_, i) => `b${i}`), 'a1', 'a2', 'a3', 'a4']);
    const kept = texts.map(text => text.replaceAll('\0', '\ufffd').toWellFormed());
    expect(rows.map(({ body }) => body)).toEqual([
      ...kept,
      'counted',
      'counted',
      'after 8',
      'joins what was before it',
    ]);
    expect(rows.map(({ reason }) => reason)).toEqual(rows.map(({ id }) => (id === 'a2' ? 'with a reason' : null)));
    expect(rows[0]?.at).toBe('9007199254740991');

    // One that is refused takes no other with it.
    const again = ['a5', 'b1', 'a6'].map(id => driver.write(() => add(id, 'once more')));
    expect(await Promise.allSettled(again)).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { message: expect.stringContaining('entries_pkey') } },
      { status: 'fulfilled' },
    ]);
    expect(await driver.read(() => count.get())).toEqual({ rows: texts.length + 6 });
  });

  it('are undone alone where they fail, by a statement or by themselves', async () => {
    const driver = await stage.open();
    const { add, fail, read } = counterOf(driver);
    const results = await Promise.allSettled([
      driver.write(() => add.run(1)),
      driver.write(function* () {
        yield* add.run(10);
        yield* fail.run();
      }),
      driver.write(function* () {
        yield* add.run(100);
        throw new RangeError('no');
      }),
      driver.write(() => add.run(1000)),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: { code: 'STORE_INVALID', message: expect.stringContaining('intake_one_check') } },
      { status: 'rejected', reason: { name: 'RangeError' } },
      { status: 'fulfilled', value: 1 },
    ]);
    expect(await driver.read(() => read.get())).toEqual({ probes: 1001 });
  });

  it('that fail alone in a transaction are undone, and the next ones work', async () => {
    const driver = await stage.open();
    const { add, fail, read } = counterOf(driver);
    const failing = driver.write(function* () {
      yield* add.run(1);
      yield* fail.run();
    });
    await expect(failing).rejects.toMatchObject({ code: 'STORE_INVALID' });
    await driver.write(() => add.run(10));
    expect(await driver.read(() => read.get())).toEqual({ probes: 10 });
  });

  it('whose answer nobody needs are not waited for, and are seen by what follows', async () => {
    const driver = await stage.open();
    const { add, read } = counterOf(driver);
    const { promise: wentOn, resolve: goesOn } = Promise.withResolvers<void>();
    const seen = driver.write(function* () {
      yield* read.get();
      stage.postgres.freeze();
      for (let round = 0; round < 3; round += 1) yield* add.send(1);
      goesOn();
      return yield* read.get();
    });
    await wentOn.finally(() => stage.postgres.resume());
    expect(await seen).toEqual({ probes: 3 });
  });

  it('whose answer nobody needs are undone alone where they fail, and say why', async () => {
    const driver = await stage.open();
    const { add, fail, read } = counterOf(driver);
    const failing = [
      function* () {
        yield* add.send(10);
        yield* fail.send();
      },
      function* () {
        yield* fail.send();
        yield* read.get();
      },
      function* () {
        yield* fail.send();
        yield* add.send(100);
        throw new RangeError('after the failure');
      },
    ];
    const refused = { code: 'STORE_INVALID', message: expect.stringContaining('intake_one_check') };
    for (const step of failing) await expect(driver.write(step)).rejects.toMatchObject(refused);
    const results = await Promise.allSettled([
      driver.write(() => add.send(1)),
      ...failing.map(step => driver.write(step)),
      driver.write(() => add.send(1000)),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      ...failing.map(() => ({ status: 'rejected', reason: refused })),
      { status: 'fulfilled' },
    ]);
    expect(await driver.read(() => read.get())).toEqual({ probes: 1001 });
  });

  it('have what they ask ahead asked once, and once more when something was changed before', async () => {
    const driver = await stage.open();
    const { add, read, next } = {
      ...counterOf(driver),
      ...driver.prepareAll({ next: "SELECT nextval('entries_rowid_seq') AS number" }),
    };
    const number = async () =>
      Number(
        (await stage.postgres.query(stage.database, "SELECT nextval('kapso_whatsapp.entries_rowid_seq')"))[0]?.nextval,
      );
    const before = await number();
    const ahead = [() => next.get(), () => read.get()];
    const asked = await Promise.all([
      driver.write(
        function* () {
          return [yield* next.get(), yield* read.get()];
        },
        { ahead },
      ),
      driver.write(
        function* () {
          yield* add.send(1);
          return yield* read.get();
        },
        { ahead },
      ),
      driver.write(
        function* () {
          yield* add.run(1);
          return yield* read.get();
        },
        { ahead },
      ),
    ]);
    expect(asked).toEqual([[{ number: before + 1 }, { probes: 0 }], { probes: 1 }, { probes: 2 }]);
    expect(await number()).toBe(before + 2);
  });

  it('of a step that goes on after a failed statement are not taken for done', async () => {
    const driver = await stage.open();
    const { add, fail, read } = counterOf(driver);
    const careless = driver.write(function* () {
      yield* add.run(1);
      try {
        yield* fail.run();
      } catch {
        return 'well';
      }
      return 'never';
    });
    await expect(careless).rejects.toThrow('a step went on after a statement had failed');
    expect(await driver.read(() => read.get())).toEqual({ probes: 0 });
  });

  it('are made one after the other, by how many processes ever', async () => {
    const drivers = [await stage.open(), await stage.open(), await stage.open()];
    await Promise.all(
      drivers.flatMap(driver => {
        const { read, add } = counterOf(driver);
        // Without turns, two would read the same number.
        return Array.from({ length: 20 }, () =>
          driver.write(function* () {
            const { probes } = (yield* read.get()) as { probes: number };
            yield* add.run(probes === 0 ? 1 : 1);
            return probes;
          }),
        );
      }),
    );
    const [driver] = drivers;
    expect(await driver?.read(() => counterOf(drivers[0] as never).read.get())).toEqual({ probes: 60 });
  });

  it('have the time of the database', async () => {
    const driver = await stage.open();
    await stage.postgres.query(
      stage.database,
      'CREATE OR REPLACE FUNCTION kapso_whatsapp.clock_ms() RETURNS bigint LANGUAGE sql AS $$ SELECT 1234567890123 $$',
    );
    const { read } = counterOf(driver);
    let seen = 0;
    await driver.write(now => {
      seen = now;
      return read.get();
    });
    expect(seen).toBe(1_234_567_890_123);
    await driver.read(now => {
      seen = now + 1;
      return read.get();
    });
    expect(seen).toBe(1_234_567_890_124);
  });

  it('are on disk when they are confirmed, but for those that may be lost, where nothing else comes with them', async () => {
    const driver = await stage.open();
    await stage.postgres.query(
      stage.database,
      `CREATE TABLE ends (number serial, waits text); GRANT ALL ON ends, ends_number_seq TO kapso;
       CREATE FUNCTION note_end() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN INSERT INTO public.ends (waits) VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
       CREATE CONSTRAINT TRIGGER ends AFTER INSERT ON kapso_whatsapp.changes DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION note_end()`,
    );
    const { addOne } = counterOf(driver);
    const loseable = () => driver.write(() => addOne.get(), { mayBeLost: true });
    await driver.write(() => addOne.get());
    await Promise.all([loseable(), loseable()]);
    await Promise.all([loseable(), driver.write(() => addOne.get())]);
    // A claim on a lane is followed by a change before anything leaves. What is done under a role may not be.
    const { claims } = await createSqlStore(driver, { delivers: true });
    await claims.claim(['lane'], 1000);
    await claims.claim([`${rolePrefix}upkeep`], 1000);
    await claims.renew(1000);
    await claims.release(['lane']);
    const ends = await stage.postgres.query(stage.database, 'SELECT waits FROM ends ORDER BY number');
    expect(ends.map(({ waits }) => waits)).toEqual(['on', 'off', 'on', 'off', 'on', 'on', 'off']);
  });

  it('are refused by one that was opened to look, and by one that was closed', async () => {
    await stage.open();
    const reader = await stage.open({ readOnly: true });
    const { read, addOne } = counterOf(reader);
    await expect(reader.write(() => addOne.get())).rejects.toMatchObject({ code: 'STORE_READONLY' });
    expect(await reader.read(() => read.get())).toEqual({ probes: 0 });
    await reader.close();
    await expect(reader.read(() => read.get())).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(reader.write(() => read.get())).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  it('that were requested before it is closed are committed', async () => {
    const [driver, other] = [await stage.open(), await stage.open()];
    const { addOne, read } = counterOf(driver);
    const requested = driver.write(() => addOne.get());
    await driver.close();
    expect(await requested).toEqual({ probes: 1 });
    expect(await other.read(() => read.get())).toEqual({ probes: 1 });
  });

  it('leave nothing behind but a bounded trace of their numbers', async () => {
    const driver = await stage.open();
    const { read } = counterOf(driver);
    const numbers = async () =>
      (await stage.postgres.query(stage.database, 'SELECT count(*)::int AS count FROM kapso_whatsapp.changes'))[0]
        ?.count;
    for (let round = 0; round < 2100; round += 1) await driver.write(() => read.get());
    expect(await numbers()).toBeLessThan(2001);
  });
});
