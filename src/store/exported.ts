import type { Outgoing } from './outbox.ts';
import type { Entry } from './store.ts';

/** Which entries are wanted. Times are those at which they happened, in milliseconds since the epoch. */
export interface ExportQuery {
  /** From this time on. */
  since: number | null;
  /** Before this time. */
  until: number | null;
  account: string | null;
  /** Of one contact of the account, by its key. */
  contact: string | null;
}

export interface Exported {
  entry: Entry;
  /** What was sent, or is to be, in answer to it, the oldest first. */
  answers: Outgoing[];
}
