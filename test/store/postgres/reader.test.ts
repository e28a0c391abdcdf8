import { expect, it } from 'vitest';
import { counterOf, describeOnPostgres, holdLock } from './stage.ts';

describeOnPostgres('reads of a PostgreSQL', stage => {
  it('see one moment, whatever is changed between their statements', async () => {
    const [driver, other] = [await stage.open(), await stage.open()];
    const { read, addOne, waitFor } = counterOf(driver);
    const lock = await holdLock(stage);
    const seen = driver.read(function* () {
      const first = yield* read.get();
      yield* waitFor.get(lock.number);
      return [first, yield* read.get()];
    });
    await lock.isWaitedFor();
    await other.write(() => addOne.get());
    await lock.release();
    expect(await seen).toEqual([{ probes: 0 }, { probes: 0 }]);
    expect(await driver.read(() => read.get())).toEqual({ probes: 1 });
  });

  it('go on after one that failed', async () => {
    const driver = await stage.open();
    const { read } = counterOf(driver);
    const { wrong } = driver.prepareAll({ wrong: 'SELECT nonsense FROM intake' });
    await expect(driver.read(() => wrong.get())).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    const all = await Promise.all(Array.from({ length: 10 }, () => driver.read(() => read.get())));
    expect(all).toEqual(Array.from({ length: 10 }, () => ({ probes: 0 })));
  });

  it('cannot change anything', async () => {
    const driver = await stage.open();
    const { addOne } = counterOf(driver);
    await expect(driver.read(() => addOne.get())).rejects.toMatchObject({ code: 'STORE_READONLY' });
  });

  it('give numbers as numbers, truth as 1 and 0, and text as it is', async () => {
    const driver = await stage.open();
    const { all } = driver.prepareAll({
      all: `SELECT 9007199254740991 AS theBig, count(*) AS counted, sum(probes) AS summed, 1 = 1 AS isTrue, 1 = 2 AS isFalse,
        NULL AS nothing, ? || 'ü🙂' AS said FROM intake`,
    });
    expect(await driver.read(() => all.get('é'))).toEqual({
      theBig: 9_007_199_254_740_991,
      counted: 1,
      summed: 0,
      isTrue: 1,
      isFalse: 0,
      nothing: null,
      said: 'éü🙂',
    });
  });
});
