/** A run of an entry that begins; see `Store.begin`. */
export interface RunBeginning {
  /** The idempotency key. */
  runKey: string;
  /** Counted from 1; each has its own key. */
  runNumber: number;
  /** The lane and the session in which the entry was found. Without them, it may have moved to others since. */
  lane?: string;
  session?: string;
  /** Whose context the entry takes: that of its author, or of all authors of its lane, as in a group. By default its author's. */
  contextOf?: 'author' | 'lane';
  /**
   * Ids of entries that become part of the run: those of the same lane that are pending and in no run. The entry carries
   * them, under its key, also over its further runs. They are settled, given up and put back with it. When an operator
   * drops one, the others stay in the run. When the entry itself is dropped, they stand for themselves again, unless the
   * run under way answers them.
   */
  gathers?: readonly string[];
}
