import type { Clock } from '../../clock.ts';
import type { History } from './wire.ts';

/** The largest number of runs whose records are watched. Above it, the oldest begins anew. */
const mostWatched = 1000;

export interface RecordWatch {
  /** Milliseconds for which the record of a run has been unchanged. `bootId` is the gateway process that showed it. */
  unchangedFor(runKey: string, record: History, bootId: string | null | undefined): number;
  /** Stops watching the run. */
  forget(runKey: string): void;
}

export function createRecordWatch(clock: Clock): RecordWatch {
  const watched = new Map<string, { seen: string; since: number }>();
  return {
    unchangedFor(runKey, { total, rows, status, active }, bootId) {
      const seen = JSON.stringify([bootId, total, rows.at(-1)?.seq, status, active]);
      const before = watched.get(runKey);
      const since = before?.seen === seen ? before.since : clock.monotonic();
      watched.delete(runKey);
      watched.set(runKey, { seen, since });
      const [oldest] = watched.keys();
      if (watched.size > mostWatched && oldest !== undefined) watched.delete(oldest);
      return clock.monotonic() - since;
    },
    forget: runKey => void watched.delete(runKey),
  };
}
