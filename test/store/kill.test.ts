import { expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { heldClock, temporaryDirectory } from './fixtures.ts';
import { createAcknowledged, writeAndKill } from './killed-writer.ts';

const rounds = 30;

it('has everything that it acknowledged after any SIGKILL', { timeout: 120_000 }, async () => {
  await using dir = await temporaryDirectory();
  const acknowledged = createAcknowledged();
  for (let round = 0; round < rounds; round++) {
    // From within the first group of writes to some rounds later, never at the same place.
    acknowledged.add(await writeAndKill({ dir: dir.path }, `r${round}`, 1 + ((round * 17) % 61)));
    const store = await openStore({ dir: dir.path, clock: heldClock() });
    await acknowledged.expectIn(store, `in round ${round}`);
    await store.close();
  }
  expect(acknowledged.size).toBeGreaterThan(rounds * 5);
});
