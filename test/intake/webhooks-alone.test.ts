import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSqlStore } from '../../src/store/sql/sql-store.ts';
import { databasePath, openDatabase } from '../../src/store/sqlite/database.ts';
import { createSqliteDriver } from '../../src/store/sqlite/sqlite-driver.ts';
import { hour, minute, receiverScene, second, start } from './receiver-scene.ts';

const scene = receiverScene();
const { begin, deliver, end, list, lists, ran, runs, until } = scene;

describe('webhooks alone', () => {
  /** A process that has learnt Kapso's time. */
  const liveOnce = async (): Promise<void> => {
    const life = await begin();
    await life.ran;
    await end(life);
    await scene.kapso.sim('DELETE', 'requests');
  };
  const cursorOf = async (): Promise<number | null> => {
    const db = openDatabase({ dir: scene.dir });
    const store = await createSqlStore(createSqliteDriver({ db, path: databasePath(scene.dir), clock: scene.clock }));
    const cursor = await store.cursor(scene.sim.phoneNumberId);
    await store.close();
    return cursor;
  };

  it('deliver nothing from before the first start, and note the start for the next', async () => {
    await list({ id: 'wamid.PAST' });
    scene.clock.advance(hour);
    let life = await begin();
    await life.ran;
    expect(await life.store.cursor(scene.sim.phoneNumberId)).toBe(start + hour);
    await end(life);
    scene.clock.advance(hour);
    await list({ id: 'wamid.MISSED' });
    scene.clock.advance(hour);
    life = await begin();
    await ran('wamid.MISSED');
    expect(runs()).toEqual(['wamid.MISSED']);
  });

  it('note the start by the time of Kapso, so that a clock set right later brings no history', async () => {
    await list({ id: 'wamid.HISTORY', at: start });
    const month = 30 * 24 * hour;
    scene.clock.advance(month);
    await scene.kapso.sim('POST', 'config', { clockOffset: month });
    await liveOnce();
    expect(await cursorOf()).toBe(start + 2 * month);
    scene.clock.advance(month);
    await scene.kapso.sim('POST', 'config', { clockOffset: 0 });
    await list({ id: 'wamid.MISSED' });
    scene.clock.advance(hour);
    await (await begin()).ran;
    await ran('wamid.MISSED');
    expect(runs()).toEqual(['wamid.MISSED']);
  });

  it('fetch after days what came since the first start, as its time was confirmed', async () => {
    await liveOnce();
    scene.clock.advance(hour);
    await list({ id: 'wamid.MISSED' });
    scene.clock.advance(72 * hour);
    await begin();
    await ran('wamid.MISSED');
  });

  it('keep neither the order nor the position by a clock that is wrong', async () => {
    const life = await begin();
    await life.ran;
    scene.clock.set(-30 * 24 * hour);
    const truly = (at: number) => at + 30 * 24 * hour;
    await deliver(life, { id: 'wamid.LATER', at: truly(scene.clock.now() + minute) });
    await deliver(life, { id: 'wamid.EARLIER', at: truly(scene.clock.now()) });
    expect((await life.store.get('wamid.LATER'))?.occurredAt).toBe(truly(scene.clock.now() + minute));
    expect((await life.store.get('wamid.EARLIER'))?.occurredAt).toBe(truly(scene.clock.now()));
    scene.clock.set(60 * 24 * hour);
    scene.clock.advance(9 * hour);
    await deliver(life, { id: 'wamid.AHEAD' });
    await life.receiver.tick();
    await life.receiver.tick();
    expect(await life.store.cursor(scene.sim.phoneNumberId)).toBe(start + 8 * hour);
  });

  it('say nothing of polling when they have caught up', async () => {
    const life = await begin();
    await life.ran;
    expect(life.status.polling).toBeNull();
    await scene.kapso.sim('POST', 'faults', { kind: 'list', status: 503, body: {} });
    life.receiver.catchUp();
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(life.status.polling?.lastError).toContain('503');
    expect(life.status.polling?.catchUp).toBe(true);
    scene.clock.advance(5 * minute);
    await until(() => life.status.polling === null);
  });

  it('go on from where an earlier program left off', async () => {
    await list({ id: 'wamid.MISSED', at: start });
    scene.clock.advance(hour);
    writeFileSync(join(scene.dir, 'last-poll'), `${new Date(start - minute).toISOString()}\n`);
    await begin();
    await ran('wamid.MISSED');
  });

  it('catch up after an outage before anything else is delivered, so that the order is kept', async () => {
    await liveOnce();
    scene.clock.advance(hour);
    await list({ id: 'wamid.1' });
    scene.clock.advance(minute);
    await list({ id: 'wamid.2' });
    scene.clock.advance(minute);
    await scene.kapso.sim('POST', 'faults', { kind: 'list', delay: 3000, do: 'pass' });
    const life = await begin();
    await expect.poll(() => scene.clock.pending()).toContain(scene.clock.now() + 3000);
    expect(await deliver(life, { id: 'wamid.3' })).toBe(200);
    expect(runs()).toEqual([]);
    scene.clock.advance(3000);
    await ran('wamid.1', 'wamid.2', 'wamid.3');
    expect(runs()).toEqual(['wamid.1', 'wamid.2', 'wamid.3']);
    expect(await lists()).toBe(1);
  });

  it('do not wait for a Kapso that cannot be asked, and catch up when it can', async () => {
    await liveOnce();
    scene.clock.advance(hour);
    await list({ id: 'wamid.MISSED' });
    await scene.kapso.sim('POST', 'faults', { kind: 'list', status: 503, body: {} });
    const life = await begin();
    expect(await deliver(life, { id: 'wamid.NEW' })).toBe(200);
    await ran('wamid.NEW');
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(life.status.polling?.lastError).toContain('503');
    scene.clock.advance(5 * minute);
    await ran('wamid.MISSED');
    await life.ran;
  });

  it('do not ask Kapso at all where polling.catchUp is false', async () => {
    await liveOnce();
    scene.clock.advance(hour);
    await list({ id: 'wamid.MISSED' });
    const life = await begin({ KAPSO_POLL_CATCH_UP: 'false' });
    await life.ran;
    expect(await deliver(life, { id: 'wamid.NEW' })).toBe(200);
    await ran('wamid.NEW');
    expect(runs()).toEqual(['wamid.NEW']);
    expect(await lists()).toBe(0);
  });

  it('fetch what is missing when they are told that the way in was closed', async () => {
    const life = await begin();
    await life.ran;
    scene.clock.advance(hour);
    await list({ id: 'wamid.MISSED' });
    life.receiver.catchUp();
    await ran('wamid.MISSED');
    await list({ id: 'wamid.MISSED2' });
    life.receiver.pollNow();
    await ran('wamid.MISSED2');
  });

  it('keep the start of the next catch-up an hour behind the last delivery, not behind the present', async () => {
    const life = await begin();
    await life.ran;
    scene.clock.advance(9 * hour);
    expect(await deliver(life, { id: 'wamid.LAST' })).toBe(200);
    const lastDelivery = scene.clock.now();
    scene.clock.advance(30 * second);
    await life.receiver.tick();
    await life.receiver.tick();
    expect(await life.store.cursor(scene.sim.phoneNumberId)).toBe(lastDelivery - hour);
    // The proxy in front of it is down. Nothing reports that, but nothing is skipped either.
    scene.clock.advance(48 * hour);
    await life.receiver.tick();
    expect(await life.store.cursor(scene.sim.phoneNumberId)).toBe(lastDelivery - hour);
    await ran('wamid.LAST');
    await end(life);
    await list({ id: 'wamid.LAST', at: lastDelivery });
    await list({ id: 'wamid.KEPTAWAY' });
    await begin();
    await ran('wamid.KEPTAWAY');
    expect(runs()).toEqual(['wamid.LAST', 'wamid.KEPTAWAY']);
  });
});
