import type { DisplacedError } from '../state/place.ts';
import type { News } from './news.ts';

/** What is known of the backup that a store comes from. Milliseconds since the epoch. */
export interface Restoring {
  /** When the backup was taken. */
  takenAt: number;
  /** Until when messages may have been answered since. */
  until: number;
}

/** What keeps the store in order. It is part of the store (see store.ts) and makes the same promises. */
export interface Upkeep {
  /**
   * Forgets some settled, dropped, denied and limited entries that happened before the time and were last touched
   * before it, and sent and dropped outgoing messages of before. Returns how many entries. A forgotten id that arrives
   * again is new. Both times must be past, since one may come from a wrong clock. A touch before this program was written, which
   * only a wrong clock can say, counts as now. Context is kept as long as the entry that carries it. It is also kept
   * while another entry may carry it later: one of its lane that waits, or of its author that failed or was dropped.
   * Contacts are kept for a year longer than their last message, and as long as an operator's decision about them.
   */
  prune(before: number): Promise<number>;
  /**
   * For a store from a backup, before anything works on it: what the backup shows as waiting may have been done since, and
   * so may what has come since. What waits is dropped, with a reason, and so is each unknown entry that happened before
   * `until` and would be delivered, when it comes. An operator can retry them. Returns how much of what waits was dropped.
   */
  markRestored(restoring: Restoring): Promise<{ entries: number; outgoing: number }>;
  /** True when another process changed the database since the last call. */
  changedElsewhere(): Promise<boolean>;
  /** A number that grows with each change of an operator, by whichever process. It stays 0 for a store that is not shared. */
  operations(): Promise<number>;
  /** Calls back with what other processes tell. Returns a function that ends this. Where nobody can tell, nothing comes. */
  onNews(listener: (news: News) => void): () => void;
  /** Why others no longer find this store, e.g. because its files were moved; null while they do. It costs next to nothing. */
  displaced(): DisplacedError | null;
  /** Writes and reads back. Throws when the store cannot commit. */
  probe(): Promise<void>;
}
