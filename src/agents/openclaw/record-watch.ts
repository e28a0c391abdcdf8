import type { Clock } from '../../clock.ts';
import type { History } from './wire.ts';

/** Records of runs whose change is watched, at most: the oldest is watched anew. */
const mostWatched = 1000;

export interface RecordWatch {
  /** For how long (ms) the record of a run has been seen as it is now. `bootId` names the gateway process that showed it. */
  unchangedFor(runKey: string, record: History, bootId: string | null | undefined): number;
  /** The run needs no more watching. */
  forget(runKey: string): void;
}

export function createRecordWatch(clock: Clock): RecordWatch {
  const watched = new Map<string, { seen: string; since: number }>();
  return {
    unchangedFor(runKey, { total, rows, status, active }, bootId) {
      const seen = JSON.stringify([bootId, total, rows.at(-1)?.seq, status, active]);
      const before = watched.get(runKey);
      const since = before?.seen === seen ? before.since : clock.now();
      watched.delete(runKey);
      watched.set(runKey, { seen, since });
      const [oldest] = watched.keys();
      if (watched.size > mostWatched && oldest !== undefined) watched.delete(oldest);
      return clock.now() - since;
    },
    forget: runKey => void watched.delete(runKey),
  };
}
