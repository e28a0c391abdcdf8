import { expect, it } from 'vitest';
import { counterOf, describeOnPostgres, holdLock } from './stage.ts';

describeOnPostgres('the version of a PostgreSQL', stage => {
  const versionIn = (driver: Awaited<ReturnType<typeof stage.open>>) => driver.write(() => driver.version());

  it('changes by the changes of others alone', async () => {
    const [driver, other] = [await stage.open(), await stage.open()];
    const { addOne } = counterOf(driver);
    const first = await versionIn(driver);
    await driver.write(() => addOne.get());
    expect(await versionIn(driver)).toBe(first);
    expect(await driver.read(() => driver.version())).toBe(first);

    await other.write(() => addOne.get());
    const second = await driver.read(() => driver.version());
    expect(second).not.toBe(first);
    expect(await versionIn(driver)).toBe(second);
    expect(await driver.read(() => driver.version())).toBe(second);
  });

  it('of contacts changes when others have changed some of them, and by nothing else', async () => {
    const [driver, other] = [await stage.open(), await stage.open()];
    const version = () => driver.write(() => driver.contactsVersion());
    const { addOne } = counterOf(other);
    const contacts = other.prepareAll({
      add: `INSERT INTO contacts (account, contact, address, seen, address_at, origin, created_at)
        VALUES ('a', ?, '+1', '+1', 1, '+1', 1)`,
      rename: 'UPDATE contacts SET name = ? WHERE contact = ?',
      remove: 'DELETE FROM contacts WHERE contact = ?',
      leave: 'UPDATE contacts SET name = name WHERE contact = ?',
    });
    const own = driver.prepareAll({ rename: 'UPDATE contacts SET name = ? WHERE contact = ?' });
    const changes = [
      () => contacts.add.run('ann'),
      () => contacts.rename.run('Ann', 'ann'),
      () => contacts.remove.run('ann'),
    ];
    await other.write(() => contacts.add.run('bob'));
    let last = await version();
    for (const change of changes) {
      await other.write(() => addOne.get());
      await other.write(() => contacts.rename.run('Nobody', 'nobody'));
      await other.write(() => contacts.leave.run('bob'));
      await driver.write(() => own.rename.run(`before ${last}`, 'bob'));
      expect(await version()).toBe(last);
      await other.write(change);
      await driver.write(() => own.rename.run(`after ${last}`, 'bob'));
      const next = await version();
      expect(next).not.toBe(last);
      last = next;
    }
  });

  it('of contacts counts as changed for who has not looked for so long that nothing tells of it any more', async () => {
    const [driver, other] = [await stage.open(), await stage.open()];
    const { read } = counterOf(other);
    const version = () => driver.write(() => driver.contactsVersion());
    const last = await version();
    for (let round = 0; round < 1001; round += 1) await other.write(() => read.get());
    expect(await version()).not.toBe(last);
  });

  it('does not change before the change of another can be seen', async () => {
    const [driver, other] = [await stage.open(), await stage.open()];
    const { addOne, waitFor } = counterOf(driver);
    const lock = await holdLock(stage);
    const before = await driver.read(() => driver.version());
    const changed = other.write(function* () {
      yield* addOne.get();
      yield* waitFor.get(lock.number);
    });
    await lock.isWaitedFor();
    expect(await driver.read(() => driver.version())).toBe(before);
    await lock.release();
    await changed;
    expect(await driver.read(() => driver.version())).not.toBe(before);
  });
});
