import { afterAll, beforeAll, describe } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { moveState } from '../../../src/store/move/part.ts';
import { openStore } from '../../../src/store/open.ts';
import { noPostgres, type Postgres, startPostgres } from '../../postgres.ts';
import type { StoreHarness } from '../conformance.ts';
import { type HeldClock, temporaryDirectory } from '../fixtures.ts';
import { type HeldDatabase, holdDatabase } from '../postgres/held-database.ts';
import { describeProperties } from '../properties.ts';

describe.skipIf(noPostgres !== null)(noPostgres ?? 'an inbox that is moved at each restart', () => {
  let postgres: Postgres;
  let held: HeldDatabase;

  beforeAll(async () => {
    postgres = await startPostgres();
    held = await holdDatabase(postgres);
  });
  afterAll(async () => {
    await held[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  /** An inbox that begins in a directory. Whenever it is opened again, it is in the other database. */
  async function create(clock: HeldClock): Promise<StoreHarness> {
    await held.create(clock);
    const directory = await temporaryDirectory();
    const place = { dir: directory.path, database: postgres.url(held.name) };
    let to: 'sqlite' | 'postgresql' | null = null;
    return {
      async open() {
        if (to !== null) {
          // Who has claimed what does not go along: it is over by then.
          clock.set(clock.now() + 1000);
          const options = { ...place, to, clock: systemClock, random: Math.random, onProgress: () => {} };
          await moveState({ ...options, signal: new AbortController().signal });
        }
        const { dir, database } = place;
        // The database has a clock of its own, which goes with the test's.
        const where = to === 'postgresql' ? { dir, database, clock: systemClock } : { dir, clock };
        const store = await openStore(where);
        to = to === 'postgresql' ? 'sqlite' : 'postgresql';
        return store;
      },
      async dispose() {
        await directory[Symbol.asyncDispose]();
        await postgres.query(
          held.name,
          'DROP TABLE IF EXISTS kapso_whatsapp.moves; DROP FUNCTION IF EXISTS kapso_whatsapp.refuse_change() CASCADE',
        );
      },
    };
  }

  describeProperties(create, 20);
});
