/**
 * The durable inbox: what has arrived, what became of it, and how far polling has come.
 *
 * The store knows neither Kapso nor OpenClaw: an entry is an id, a lane (what must stay in order), a time and an opaque
 * body. All methods resolve after the change is on disk. Times are milliseconds since the epoch.
 */

/**
 * held      kept from a polling pass that has not reached its last page; not yet to be delivered
 * pending   to be delivered
 * sending   handed to the agent at least once, outcome not known
 * settled   the agent's run has ended
 * failed    given up, with a reason; kept until an operator retries or drops it
 * dropped   given up by an operator
 */
export type EntryState = 'held' | 'pending' | 'sending' | 'settled' | 'failed' | 'dropped';

export const entryStates: readonly EntryState[] = ['held', 'pending', 'sending', 'settled', 'failed', 'dropped'];

export interface NewEntry {
  id: string;
  /** Entries of one lane are delivered one after the other, oldest first. */
  lane: string;
  /** When it happened, by the sender's side: the order within a lane. */
  occurredAt: number;
  body: string;
  /** Set when it cannot be delivered at all: it is kept as `failed` with this reason. */
  failure?: string;
}

export interface Entry {
  id: string;
  lane: string;
  occurredAt: number;
  receivedAt: number;
  body: string;
  state: EntryState;
  /** How many attempts ended without an outcome that settles; an attempt refused because the other side is away does not count. */
  attempts: number;
  firstAttemptAt: number | null;
  /** Not to be tried before; null means at once. */
  retryAt: number | null;
  /** The idempotency key in use; survives a crash so that the same run is looked for afterwards. */
  runKey: string | null;
  /** Which run this is: 0 before the first, then 1, 2… each under a key of its own. */
  runNumber: number;
  /** Why it failed, or waits. */
  reason: string | null;
  /** What the run ended with, when settled. */
  outcome: string | null;
  updatedAt: number;
}

export interface Accepted {
  /** Ids that were new. Everything else was known already. */
  inserted: string[];
  /** Lanes that have work now because of this call. */
  lanes: string[];
}

export interface PassEnd {
  /** The last page's entries. */
  entries: NewEntry[];
  /** The list's order in this pass: entries held by it are given their order in the lane accordingly. */
  newestFirst: boolean;
  /** Where the next pass may start. */
  cursor: number;
}

export interface Counts {
  byState: Record<EntryState, number>;
  /** `occurredAt` of the oldest entry that is pending or sending. */
  oldestUndelivered: number | null;
}

export interface ListQuery {
  states?: readonly EntryState[];
  limit: number;
}

export interface Store {
  /** Takes entries for delivery at once (webhook). Known ids are left as they are, except that a held one becomes pending. */
  accept(entries: readonly NewEntry[]): Promise<Accepted>;
  /** Keeps one page of a polling pass, in list order, until the pass ends. */
  hold(entries: readonly NewEntry[]): Promise<{ inserted: string[] }>;
  /** In one transaction: the last page's inserts, the release of everything held, and the cursor's move. */
  endPass(end: PassEnd): Promise<Accepted>;
  /** Releases what an unfinished pass holds without moving the cursor. */
  releaseHeld(newestFirst: boolean): Promise<Accepted>;
  cursor(): Promise<number | null>;
  /** Moves the cursor on its own, e.g. at the first start. */
  setCursor(at: number): Promise<void>;

  /** Every lane that has pending or sending entries. */
  lanes(): Promise<string[]>;
  /** The lane's oldest pending or sending entry. */
  head(lane: string): Promise<Entry | null>;
  /** Before anything leaves: state `sending` under this key. */
  begin(id: string, run: { runKey: string; runNumber: number }): Promise<void>;
  settle(id: string, outcome: string): Promise<void>;
  fail(id: string, reason: string): Promise<void>;
  /** Back to the queue (state kept if `sending`, so that the run is looked for first). `counted` adds one attempt. */
  defer(id: string, wait: { until: number; reason: string; counted: boolean; resend: boolean }): Promise<void>;

  counts(): Promise<Counts>;
  list(query: ListQuery): Promise<Entry[]>;
  get(id: string): Promise<Entry | null>;
  /** Operator: failed or dropped entries go back to pending under a fresh key. Returns the ids that did. */
  retry(ids: readonly string[]): Promise<string[]>;
  /** Operator: entries that are not settled are given up. Returns the ids that were. */
  drop(ids: readonly string[]): Promise<string[]>;

  /** Forgets settled and dropped entries that were last touched before the time. Returns how many. */
  prune(before: number): Promise<number>;
  /** True when another process changed the database since the last call. */
  changedElsewhere(): Promise<boolean>;
  /** Writes and reads back; throws when the store cannot commit. */
  probe(): Promise<void>;
  close(): Promise<void>;
}
