import type { NewEntry } from './new-entry.ts';

/** An entry that is not for the agent, by who wrote it. */
export interface Refused {
  id: string;
  state: 'unpaired' | 'denied' | 'limited';
  /** Why; null while it waits for the approval of its sender. */
  reason: string | null;
}

/** What became of entries that arrived. */
export interface Accepted {
  /** The ids that were new to this call, in its order. Every other one was known, or held by an earlier page. */
  inserted: string[];
  /** Those of them that are kept as failed because they cannot be delivered at all. */
  failed: { id: string; reason: string }[];
  /** Those of them that are kept and not for the agent, by who wrote them. */
  refused: Refused[];
  /** Lanes that have work now because of this call. */
  lanes: string[];
  /** The same of the outbox: their recipients get a message of the bridge itself. */
  replyLanes: string[];
  /** Those of the new ids with which a pairing began. */
  pairings: string[];
  /** Those that are commands, if there are any. */
  commands?: string[];
  /** Those that may have been answered after the backup that this store was restored from, if there are any; see `markRestored`. */
  withheld?: string[];
}

/** Where in a polling pass a page is. */
export interface PagePlace {
  /** The list's order, as far as the pass has shown it. At its end it decides the order in the lane of what the pass holds. */
  newestFirst: boolean;
  /** Whether it is the first page. One that follows an end, or the opening of the store, is so in any case. */
  begins?: boolean;
}

/** What the last page of a polling pass brings. */
export interface PassEnd extends PagePlace {
  /** The last page's entries. */
  entries: NewEntry[];
  /** Where the next pass may start. */
  cursor: number;
  /** The last position that no clock contradicted. Without it the stored one stays. */
  proven?: number | null;
}
