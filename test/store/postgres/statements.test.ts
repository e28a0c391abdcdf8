import { expect, it } from 'vitest';
import { writersLock } from '../../../src/store/postgres/schema.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import type { Statement, Statements } from '../../../src/store/sql/step.ts';
import { received } from '../received.ts';
import { counterOf, describeOnPostgres, holdLock } from './stage.ts';

describeOnPostgres('the ways to a PostgreSQL and back', stage => {
  /** A store on the test's database, and how many statements it makes whose answers it needs. */
  async function openCounted() {
    const driver = await stage.open();
    let waits = 0;
    const counted = ({ send, ...statement }: Statement): Statement => {
      const waiting = <T extends (typeof statement)[keyof typeof statement]>(ask: T) =>
        ((...parameters: Parameters<T>) => {
          waits += 1;
          return (ask as (...all: Parameters<T>) => unknown)(...parameters);
        }) as unknown as T;
      return { run: waiting(statement.run), get: waiting(statement.get), all: waiting(statement.all), send };
    };
    const prepareAll: typeof driver.prepareAll = <Name extends string>(statements: Readonly<Record<Name, string>>) =>
      Object.fromEntries(
        Object.entries<Statement>(driver.prepareAll(statements)).map(([name, one]) => [name, counted(one)]),
      ) as Statements<Name>;
    const store = await createSqlStore({ ...driver, prepareAll }, { delivers: true });
    const during = async (work: () => Promise<unknown>) => {
      waits = 0;
      await work();
      return waits;
    };
    return { driver, store, during };
  }

  const messages = (prefix: string, senders: number) =>
    Array.from({ length: 20 }, (_, i) =>
      received(`${prefix}${i}`, { phone: `1555010${1000 + (i % senders)}` }, { occurredAt: 1000 + i }),
    );

  it('are as many for many known senders as for one, also when another process works on the inbox', async () => {
    const [here, there] = [await openCounted(), await openCounted()];
    const accept = (prefix: string, by = here) =>
      by.during(() => Promise.all(messages(prefix, 5).map(message => by.store.accept([message]))));
    // The first ones make the senders known, and the second ones find them so.
    for (const by of [here, there]) for (const round of [1, 2]) await accept(`${round} ${by.store.claims.owner} `, by);
    const one = await here.during(() => here.store.accept(messages('one', 1).slice(0, 1)));
    await there.during(() => there.store.claims.claim(['lane'], 1000));
    await accept('between', there);
    expect(await accept('many')).toBe(one);
    // Four are asked when the transaction begins, and found when the steps come to them.
    expect(one).toBeLessThanOrEqual(8);

    // Those that come while others have their turn are looked for together, too.
    const lock = await holdLock(stage);
    const turn = there.driver.write(() => counterOf(there.driver).waitFor.get(lock.number));
    await lock.isWaitedFor();
    const late = await here.during(async () => {
      const [first, ...more] = messages('late', 5);
      const accepted = [here.store.accept(first === undefined ? [] : [first])];
      await lock.isWaitedFor(writersLock);
      accepted.push(...more.map(message => here.store.accept([message])));
      await lock.release();
      await Promise.all([turn, ...accepted]);
    });
    expect(late).toBe(one + 1);
  });
});
