import type { DatabaseSync } from 'node:sqlite';
import type { NewEntry } from '../new-entry.ts';
import { prepare } from './prepare.ts';
import { queries } from './queries.ts';
import { wholeMilliseconds } from './time.ts';

/** The store's dates; see `Store`. */
export interface Dates {
  /**
   * The date of a change: this machine's time, but not before the time that others have shown. `coming`: the entries
   * that it adds.
   */
  at(now: number, coming: readonly NewEntry[]): number;
  /** Call it when a cursor has moved. */
  forget(): void;
}

/**
 * The time that others have shown is the newest cursor, else the newest entry's time. It is read once, and again after
 * a cursor moved: only this process takes entries and moves cursors, and reading it each time makes each write a tenth
 * slower.
 */
export function createDates(db: DatabaseSync): Dates {
  const select = prepare(db, queries.shown);
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
