import type { NewEntry } from '../new-entry.ts';
import type { Transaction } from './driver.ts';
import { queries } from './queries.ts';
import type { PrepareAll, Step } from './step.ts';
import { wholeMilliseconds } from './time.ts';

/** The store's dates; see `Store`. To use inside a transaction. */
export interface Dates {
  /**
   * The date of a change: the database's time, but not before the time that others have shown, which is read. `coming`:
   * the entries that it adds.
   */
  read(now: number, coming: readonly NewEntry[], transaction: Transaction): Step<number>;
  /** The same, without asking the database; null when it has to be asked. */
  remembered(now: number, coming: readonly NewEntry[], transaction: Transaction): number | null;
  /** Call it when a cursor has moved. */
  forget(): void;
  /** What `read` asks for. */
  ahead(): Step<unknown>;
}

interface Shown {
  byCursor: boolean;
  time: number;
  /** The transaction in which it was read. */
  group: object;
}

/**
 * The time that others have shown is the newest cursor, else the newest entry's time. It is read once, and again after
 * a cursor moved: only this process takes entries and moves cursors, and reading it each time makes each write a tenth
 * slower. Where the database is shared, it is read once for each transaction.
 */
export function createDates(prepareAll: PrepareAll, shared: boolean): Dates {
  const sql = prepareAll({ shown: queries.shown });
  let known: Shown | null = null;

  function latest(now: number, coming: readonly NewEntry[], shown: Shown): number {
    if (!shown.byCursor) for (const { occurredAt } of coming) if (occurredAt > shown.time) shown.time = occurredAt;
    return Math.max(now, wholeMilliseconds(shown.time, 'the time of an entry'));
  }

  return {
    *read(now, coming, { group }) {
      const { cursor, newest } = (yield* sql.shown.get()) as { cursor: number | null; newest: number | null };
      known = { byCursor: cursor !== null, time: cursor ?? newest ?? 0, group };
      return latest(now, coming, known);
    },
    remembered: (now, coming, { group }) =>
      known === null || (shared && known.group !== group) ? null : latest(now, coming, known),
    forget: () => {
      known = null;
    },
    ahead: () => sql.shown.get(),
  };
}
