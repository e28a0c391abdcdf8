import { expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { entry } from '../fixtures.ts';
import { createAcknowledged, writeAndKill } from '../killed-writer.ts';
import { describeOnPostgres } from './stage.ts';

describeOnPostgres(
  'a store on PostgreSQL has everything that it acknowledged',
  stage => {
    const place = () => ({ dir: stage.postgres.socketDirectory, database: stage.postgres.url(stage.database) });
    const open = () => openStore({ ...place(), clock: systemClock });

    it('after any SIGKILL of a process that writes', { timeout: 120_000 }, async () => {
      const acknowledged = createAcknowledged();
      const rounds = 15;
      for (let round = 0; round < rounds; round++) {
        acknowledged.add(await writeAndKill(place(), `r${round}`, 1 + ((round * 17) % 61)));
        const store = await open();
        await acknowledged.expectIn(store, `in round ${round}`);
        await store.close();
      }
      expect(acknowledged.size).toBeGreaterThan(rounds * 5);
    });

    it('after SIGKILLs of two processes that write at once', { timeout: 120_000 }, async () => {
      const acknowledged = createAcknowledged();
      for (let round = 0; round < 5; round++) {
        const both = [writeAndKill(place(), `a${round}`, 20 + round * 7), writeAndKill(place(), `b${round}`, 30)];
        for (const lines of await Promise.all(both))
          acknowledged.add(lines.filter(line => !line.startsWith('cursor ')));
        const store = await open();
        await acknowledged.expectIn(store, `in round ${round}`);
        await store.close();
      }
    });

    it('after a loss of power of its server, and takes on by itself', { timeout: 120_000 }, async () => {
      const store = await open();
      const acknowledged: string[] = [];
      for (let round = 0; round < 4; round++) {
        const kept = await acceptUntilRefused(store, `r${round}`, () => stage.postgres.stop('immediate'));
        acknowledged.push(...kept);
        await stage.postgres.start();
        await untilTaken(() => store.counts());
        const ids = new Set((await store.list({ limit: 1_000_000 })).map(({ id }) => id));
        expect(acknowledged.filter(id => !ids.has(id))).toEqual([]);
      }
      expect(acknowledged.length).toBeGreaterThan(100);
      await store.close();
    });
  },
  { durable: true },
);

/** Accepts entries, several at a time, until one is refused. After the first fifty `strike` is called. */
async function acceptUntilRefused(store: Store, prefix: string, strike: () => Promise<void>): Promise<string[]> {
  const kept: string[] = [];
  let struck: Promise<void> | null = null;
  for (let n = 0; ; n += 8) {
    const ids = Array.from({ length: 8 }, (_, at) => `${prefix}-${n + at}`);
    const results = await Promise.allSettled(ids.map(id => store.accept([entry(id, { lane: `lane ${id}` })])));
    for (const [at, { status }] of results.entries()) if (status === 'fulfilled') kept.push(ids[at] ?? '');
    if (kept.length > 50) struck ??= strike();
    const refused = results.find(result => result.status === 'rejected');
    if (refused === undefined) continue;
    expect(refused.reason).toMatchObject({ code: 'STORE_UNREACHABLE' });
    await struck;
    return kept;
  }
}

/** Asks again until there is an answer. The pause between two attempts to connect is the connection's own. */
async function untilTaken(ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORE_UNREACHABLE' });
      await new Promise(resolve => setImmediate(resolve));
    }
  }
}
