import type { ReceivedEntry } from './new-entry.ts';

/** What the store is told, and keeps, of an account's beginning. */

/** What is known of the very first start, until something confirms its time. Times are milliseconds since the epoch. */
export interface FirstStart {
  /** The first start by this machine's clock. */
  own: number;
  /** The cursor after the last complete pass; null before the first. */
  listed: number | null;
}

export interface AccountOpening {
  /** What a file of the previous version says of the first start; null without one. */
  noted: FirstStart | null;
  /** The time by this machine's clock, to note if this is the first start; null when an earlier program left its position. */
  startedAt: number | null;
  /** Reads from a stored body whose it is and how it would be filed today; null when it cannot be read. */
  read: (body: string) => Pick<ReceivedEntry, 'from' | 'file'> | null;
}
