import type { Clock } from '../clock.ts';
import type { Normalised } from '../kapso/inbound/normalised.ts';
import type { Log } from '../observe/log.ts';
import type { Status } from '../observe/status.ts';
import type { Accepted, NewEntry } from '../store/store.ts';
import { type LaneOf, toEntries } from './to-entries.ts';

export interface Arrivals {
  entriesOf(items: readonly Normalised[]): NewEntry[];
  /** To be called with what the store made of them: says what is new, and what of it cannot be read. */
  arrived(accepted: Accepted): void;
}

/** What both ways in have in common on either side of the store. */
export function createArrivals(deps: {
  lane: LaneOf;
  clock: Clock;
  log: Log;
  onAccepted: (lanes: string[]) => void;
  onStatus: (change: Partial<Status>) => void;
}): Arrivals {
  const { lane, clock, log, onStatus } = deps;
  return {
    entriesOf: items => toEntries(items, { lane, log }),
    arrived: ({ inserted, failed, lanes }) => {
      const at = clock.now();
      if (inserted.length > 0) onStatus({ lastMessageAt: at });
      for (const { id, reason } of failed) {
        log.error({ message: id, reason }, 'Something arrived that cannot be read; it is kept in the inbox as failed');
        onStatus({ lastError: { at, message: `Something arrived that cannot be read: ${reason}` } });
      }
      if (lanes.length > 0) deps.onAccepted(lanes);
    },
  };
}
