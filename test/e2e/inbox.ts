import { watch } from 'node:fs';
import { systemClock } from '../../src/clock.ts';
import type { EntryState } from '../../src/store/new-entry.ts';
import { openStore, type StorePlace } from '../../src/store/open.ts';
import type { Entry, Store } from '../../src/store/store.ts';
import { patience } from './program.ts';

/** The inbox of a state directory, as a process beside the poller sees it. The poller must have created it. */
export interface Inbox {
  /** Every entry, the oldest first. */
  inbox(): Promise<Entry[]>;
  counts(): Promise<Record<EntryState, number>>;
  /** Resolves when the condition holds. It checks after each change of the state directory. `limit` is in milliseconds. */
  until(what: string, isSo: () => boolean | Promise<boolean>, limit?: number): Promise<void>;
  /** The same for the inbox, on one connection for the whole wait: as root, SQLite touches the files whenever it opens them. */
  sees(what: string, isSo: (store: Store) => Promise<boolean>, limit?: number): Promise<void>;
  /** Resolves when the inbox has this many entries in the state. */
  holds(state: EntryState, count: number, limit?: number): Promise<void>;
}

export function createInbox(place: StorePlace, tails: () => string): Inbox {
  const { dir: stateDir } = place;
  const look = async <T>(at: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openStore({ ...place, clock: systemClock, readOnly: true });
    return at(store).finally(() => store.close());
  };
  const countsOf = async (store: Store) => (await store.counts()).byState;

  const until: Inbox['until'] = async (what, isSo, limit = patience) => {
    const late = AbortSignal.timeout(limit);
    let change = Promise.withResolvers<void>();
    const watcher = watch(stateDir, () => change.resolve());
    late.addEventListener('abort', () => change.resolve());
    try {
      for (;;) {
        change = Promise.withResolvers();
        if (await isSo()) return;
        if (late.aborted) {
          const found = JSON.stringify(await look(countsOf));
          throw new Error(`not so after ${limit / 1000} s: ${what}. The inbox: ${found}\n${tails()}`);
        }
        // Nothing tells a test of a change in a database.
        if (place.database !== undefined) setTimeout(change.resolve, 50);
        await change.promise;
        // A check may itself change the directory. It must not keep everything else from running.
        await new Promise(resolve => setImmediate(resolve));
      }
    } finally {
      watcher.close();
    }
  };

  const sees: Inbox['sees'] = (what, isSo, limit) => look(store => until(what, () => isSo(store), limit));

  return {
    inbox: () => look(async store => (await store.list({ limit: 1_000_000 })).reverse()),
    counts: () => look(countsOf),
    until,
    sees,
    holds: (state, count, limit) =>
      sees(`${count} entries are ${state}`, async store => (await countsOf(store))[state] === count, limit),
  };
}
