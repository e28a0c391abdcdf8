import type { Clock } from '../clock.ts';
import type { SessionFor } from '../domain/conversation.ts';
import type { Normalised } from '../kapso/inbound/normalised.ts';
import type { Log } from '../observe/log.ts';
import type { Status } from '../observe/status.ts';
import type { Accepted, PassEnd, Store } from '../store/store.ts';
import { type KapsoTime, newestOwnTime } from './kapso-time.ts';
import { toEntries } from './to-entries.ts';

export interface IntakeDeps {
  store: Store;
  /** The number that receives it all. */
  account: string;
  sessionFor: SessionFor;
  kapsoTime: KapsoTime;
  /** Called when a message has told of the time; see `createClockCheck`. */
  checkClock: () => void;
  clock: Clock;
  log: Log;
  /** Called after the commit with the lanes that have work now. */
  wake: (lanes: readonly string[]) => void;
  onStatus: (change: Partial<Status>) => void;
}

/**
 * The one door of every source into the inbox: what was read from the wire becomes entries, is stored, and its lanes are woken. Each
 * method resolves when the items are on disk, with what the store made of them.
 */
export interface Intake {
  /** Takes items for delivery at once. */
  accept(items: readonly Normalised[]): Promise<Accepted>;
  /** Keeps a page of a polling pass until the pass ends. */
  hold(items: readonly Normalised[]): Promise<Accepted>;
  /** Takes the last page of a pass, and what the pass held. */
  endPass(items: readonly Normalised[], end: Omit<PassEnd, 'entries'>): Promise<Accepted>;
  /** Takes what a pass held that is not brought to its end. */
  releaseHeld(newestFirst: boolean): Promise<Accepted>;
}

export function createIntake(deps: IntakeDeps): Intake {
  const { account, store, kapsoTime, clock, log, onStatus } = deps;

  const entriesOf = (items: readonly Normalised[]) => {
    const newest = newestOwnTime(items);
    if (newest !== null) kapsoTime.observeMessage(newest);
    deps.checkClock();
    return toEntries(items, deps);
  };

  /** Says what is new, and what of it cannot be read. */
  const took = (accepted: Accepted): Accepted => {
    const { inserted, failed, lanes } = accepted;
    const at = clock.now();
    if (inserted.length > 0) onStatus({ lastMessageAt: at });
    for (const { id, reason } of failed) {
      log.error({ message: id, reason }, 'Something arrived that cannot be read; it is kept in the inbox as failed');
      onStatus({ lastError: { at, message: `Something arrived that cannot be read: ${reason}` } });
    }
    if (lanes.length > 0) deps.wake(lanes);
    return accepted;
  };

  return {
    accept: async items => took(await store.accept(entriesOf(items))),
    hold: async items => took(await store.hold(account, entriesOf(items))),
    endPass: async (items, end) => took(await store.endPass(account, { ...end, entries: entriesOf(items) })),
    releaseHeld: async newestFirst => took(await store.releaseHeld(account, newestFirst)),
  };
}
