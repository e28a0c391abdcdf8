import { StoreError } from '../errors.ts';
import type { Store } from '../store.ts';
import type { ClaimSteps } from './claims.ts';
import type { Driver, Transaction } from './driver.ts';
import { createForget } from './forget.ts';
import type { KnownSenders } from './known-senders.ts';
import type { Outgoings } from './outbox.ts';
import { queries } from './queries.ts';
import type { Step } from './step.ts';
import { wholeMilliseconds } from './time.ts';
import type { Transactions } from './transactions.ts';

/** Entries that one transaction of `prune` forgets, so that the event loop turns between them. */
const pruneChunk = 200;
/** Milliseconds for which a contact is remembered beyond its messages. */
const contactsKept = 365 * 86_400_000;
/** No entry was touched before this program was written. */
const earliestTouch = Date.UTC(2026, 0, 1);

type Upkeep = Pick<Store, 'prune' | 'changedElsewhere' | 'operations' | 'probe'>;

interface UpkeepParts {
  driver: Driver;
  transactions: Transactions;
  claims: Pick<ClaimSteps, 'prune'>;
  outgoings: Pick<Outgoings, 'prune'>;
  senders: Pick<KnownSenders, 'forget'>;
}

/** Creates the upkeep of the store. Rejects when its database cannot be read. */
export async function createUpkeep({ driver, transactions, claims, outgoings, senders }: UpkeepParts): Promise<Upkeep> {
  const { read, write } = transactions;
  const forget = createForget(driver.prepareAll);
  function* forgetContacts(before: number, transaction: Transaction): Step<number> {
    const count = yield* forget.contacts(before, pruneChunk);
    if (count > 0) senders.forget(transaction);
    return count;
  }
  function* redate(at: number): Step<number> {
    return at < earliestTouch ? 0 : yield* forget.redate(earliestTouch, at, pruneChunk);
  }
  const sql = driver.prepareAll({
    writeProbe: 'UPDATE intake SET probes = probes + 1 RETURNING probes',
    operations: 'SELECT operations FROM intake',
    probed: queries.probed,
  });
  let version = await read(driver.version);
  return {
    async prune(before) {
      const limit = wholeMilliseconds(before, 'the time before which to forget');
      await write((_, __, now) => claims.prune(now));
      while ((await write(redate)) > 0);
      while ((await write(() => outgoings.prune(limit, pruneChunk))) === pruneChunk);
      while ((await write(() => forget.digests(limit, pruneChunk))) === pruneChunk);
      while ((await write((_, transaction) => forgetContacts(limit - contactsKept, transaction))) === pruneChunk);
      for (let forgotten = 0; ; ) {
        const count = await write(() => forget.prune(limit, pruneChunk));
        forgotten += count;
        if (count < pruneChunk) return forgotten;
      }
    },
    async changedElsewhere() {
      const before = version;
      version = await read(driver.version);
      return version !== before;
    },
    operations: () =>
      read(function* () {
        return Number((yield* sql.operations.get())?.operations);
      }),
    async probe() {
      const written = Number((await write(() => sql.writeProbe.get()))?.probes);
      const found = Number((await read(() => sql.probed.get()))?.probes);
      // Others probe too, so a higher number is as good.
      if (found < written) {
        throw new StoreError('STORE_IO', `${driver.name} does not keep what is written to it`, {
          hint: driver.lossHint,
        });
      }
    },
  };
}
