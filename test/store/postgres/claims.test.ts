import { expect, it } from 'vitest';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { account, entry } from '../fixtures.ts';
import { describeOnPostgres } from './stage.ts';

describeOnPostgres('claims in a PostgreSQL', stage => {
  it('that a process lost and could not give back are left by it, for others and for itself', async () => {
    const driver = await stage.open();
    const there = await createSqlStore(await stage.open(), { delivers: true });
    let away = false;
    const write: typeof driver.write = (step, about) =>
      away ? Promise.reject(new Error('away')) : driver.write(step, about);
    const here = await createSqlStore({ ...driver, write }, { delivers: true });
    await here.accept([entry('a'), entry('b', { lane: 'other' })]);
    await here.claims.claim(['lane', 'other'], 0);
    away = true;
    await expect(here.claims.release(['lane'])).rejects.toThrow('away');
    away = false;
    expect(await here.abandoned(account)).toEqual(['lane']);
    expect((await there.abandoned(account)).toSorted()).toEqual(['lane', 'other']);
  });
});
