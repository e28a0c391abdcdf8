import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { describeAccess } from './conformance-access.ts';
import { describeAccounts } from './conformance-accounts.ts';
import { describeArrivals } from './conformance-arrivals.ts';
import { describeClaims } from './conformance-claims.ts';
import { describeCommands } from './conformance-commands.ts';
import { describeCompanions } from './conformance-companions.ts';
import { describeContacts } from './conformance-contacts.ts';
import { describeLinks } from './conformance-links.ts';
import { describeOutbox } from './conformance-outbox.ts';
import { describePairing } from './conformance-pairing.ts';
import { describeProgress } from './conformance-progress.ts';
import { describeRefile } from './conformance-refile.ts';
import { describeRestored } from './conformance-restored.ts';
import { type HeldClock, heldClock } from './fixtures.ts';
import { describeProperties } from './properties.ts';

export interface StoreHarness {
  /**
   * Opens the harness's one inbox. Several stores may have it open at once. `delivers`: as a process that works on its
   * lanes, as others may.
   */
  open(options?: { delivers: boolean }): Promise<Store>;
  /** Removes the inbox. Every store on it has been closed. */
  dispose(): Promise<void>;
}

/** The inbox of the running test, empty and open at its beginning. */
export interface OpenInbox {
  clock: HeldClock;
  store: Store;
  /** Opens one more store on the same inbox; see `StoreHarness`. It is closed after the test. */
  open(options?: { delivers: boolean }): Promise<Store>;
  /** Closes `store` and opens the inbox again, as a restart does. */
  reopen(): Promise<void>;
  /** Takes a lane's entries as delivery does, until it is empty. */
  drain(lane?: string): Promise<string[]>;
}

async function createInbox(clock: HeldClock, open: OpenInbox['open']): Promise<OpenInbox> {
  const inbox: OpenInbox = {
    clock,
    store: await open(),
    open,
    async reopen() {
      await this.store.close();
      this.store = await open();
    },
    async drain(lane = 'lane') {
      const ids: string[] = [];
      for (let head = await this.store.head(lane); head; head = await this.store.head(lane)) {
        ids.push(head.id);
        await this.store.settle(head.id, 'done');
      }
      return ids;
    },
  };
  return inbox;
}

/**
 * The tests that every implementation of `Store` must pass. `create` makes an empty inbox. `sequences`: how many random
 * sequences of calls are compared with a model of the store: 200 take some 8 seconds of SQLite on an idle machine. Each run
 * makes others; none is exhaustive.
 */
export function describeStore(
  name: string,
  create: (clock: HeldClock) => Promise<StoreHarness>,
  { sequences } = { sequences: 200 },
): void {
  describe(name, () => {
    const inbox = {} as OpenInbox;
    const opened: Store[] = [];
    let harness: StoreHarness;

    beforeEach(async () => {
      const clock = heldClock();
      harness = await create(clock);
      Object.assign(
        inbox,
        await createInbox(clock, async options => {
          const store = await harness.open(options);
          opened.push(store);
          return store;
        }),
      );
    });

    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
      await harness.dispose();
    });

    describeArrivals(inbox);
    describeAccounts(inbox);
    describeClaims(inbox);
    describeProgress(inbox);
    describeCompanions(inbox);
    describeContacts(inbox);
    describeRefile(inbox);
    describeRestored(inbox);
    describeLinks(inbox);
    describeOutbox(inbox);
    describeCommands(inbox);
    describeAccess(inbox);
    describePairing(inbox);
    describeProperties(create, sequences);
  });
}
