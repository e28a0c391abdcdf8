import type { DatabaseSync } from 'node:sqlite';
import type { NewEntry } from '../store.ts';
import { queries } from './queries.ts';
import { wholeMilliseconds } from './time.ts';

/** What the store dates by; see `Store`. */
export interface Dates {
  /** The time by which a change is dated: this machine's, but not before the one that others have shown. `coming`: what it adds. */
  at(now: number, coming: readonly NewEntry[]): number;
  /** To be called when a cursor has moved. */
  forget(): void;
}

/**
 * The time as others have shown it is the newest cursor, else that of the newest entry. It is read once, and again after a cursor was
 * moved: only this process takes entries and moves cursors, and each write costs a tenth more where it is asked for each time.
 */
export function createDates(db: DatabaseSync): Dates {
  const select = db.prepare(queries.shown);
  let known: { byCursor: boolean; time: number } | null = null;

  function shown(coming: readonly NewEntry[]): number {
    if (known === null) {
      const { cursor, newest } = select.get() as { cursor: number | null; newest: number | null };
      known = { byCursor: cursor !== null, time: cursor ?? newest ?? 0 };
    }
    if (known.byCursor) return known.time;
    for (const { occurredAt } of coming) if (occurredAt > known.time) known.time = occurredAt;
    return known.time;
  }

  return {
    at: (now, coming) => Math.max(now, wholeMilliseconds(shown(coming), 'the time of an entry')),
    forget: () => {
      known = null;
    },
  };
}
