import type { DisplacedError } from '../state/place.ts';

/**
 * The durable inbox: what has arrived, what became of it, and how far polling has come.
 *
 * The store knows neither Kapso nor OpenClaw: an entry is an id, a lane (what must stay in order), a time and an opaque
 * body. All methods resolve after the change is on disk; of a call that rejects nothing was applied. Times are
 * milliseconds since the epoch, kept as whole ones. What the store itself dates (received, updated, first attempt) it dates by this
 * machine's clock, but never before the newest cursor or, as long as there is none, the newest entry, one that is just coming included: a clock that is behind must not make
 * old what has just come.
 *
 * The order in a lane is `occurredAt`, then the batch (a polling pass, or the `accept` calls of one transaction, as they
 * began), then the position within the batch. The id is the identity: an id that is known, in whatever state, is never added again, until
 * `prune` forgets it.
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
  /** The number that received it. */
  account: string;
  /** Entries of one lane are delivered one after the other, oldest first. */
  lane: string;
  /** The person it is from, in one form for all spellings of an address. */
  contact?: string;
  /** Which conversation it belongs to; without it the lane is named after the conversation. */
  conversation?: string;
  /** Where the agent goes on with it; without it under the lane's name. */
  session?: string;
  /** When it happened, by the sender's side: the order within a lane. */
  occurredAt: number;
  body: string;
  /** Who wrote it, and where: an entry amends, or is context of, only what the same author wrote in the same lane. */
  author?: string;
  /** The id of an earlier entry that it replaces or takes back. */
  amends?: string;
  /** Set when it cannot be delivered at all: it is kept as `failed` with this reason. */
  failure?: string;
}

export interface Entry {
  id: string;
  /** Null, as the contact, where it ended before accounts were known. */
  account: string | null;
  lane: string;
  contact: string | null;
  conversation: string;
  session: string;
  occurredAt: number;
  receivedAt: number;
  body: string;
  author: string | null;
  amends: string | null;
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
  /** The key of a run that was left behind without its end being known: before another run begins, it is looked for. */
  unresolvedRun: string | null;
  /** Why it failed, or waits. */
  reason: string | null;
  /** What the run ended with, when settled; `context` and `merged` for what had no run of its own. */
  outcome: string | null;
  /** The entry that it is, or was, delivered with: as its context, or merged into it. */
  carriedBy: string | null;
  updatedAt: number;
}

export interface Accepted {
  /** Ids that were new to this call, in its order. Everything else was known already, or held by an earlier page. */
  inserted: string[];
  /** Of those the ones that are kept as failed because they cannot be delivered at all. */
  failed: { id: string; reason: string }[];
  /** Lanes that have work now because of this call. */
  lanes: string[];
}

/** What is known of the very first start, as long as nothing has confirmed its time. Milliseconds since the epoch. */
export interface FirstStart {
  /** When it was, by this machine's clock. */
  own: number;
  /** The cursor after the last complete pass; null before the first. */
  listed: number | null;
}

/** How an entry is filed; see the same fields of `NewEntry`. */
export interface EntryAddress {
  lane: string;
  contact: string;
  conversation: string;
  session: string;
}

export interface AccountOpening {
  /** What a file of the version before says of the first start. */
  noted: FirstStart | null;
  /** The time by this machine's clock, to be noted where this is the first start; null where an earlier program has left its position. */
  startedAt: number | null;
  /** How a kept body would be filed today; null where it cannot be read. */
  addressOf: (body: string) => EntryAddress | null;
}

/** A claim on a lane: `lease` milliseconds from when it is made, unless it is renewed before they are over. */
export interface Claim {
  owner: string;
  lease: number;
}

export interface PassEnd {
  /** The last page's entries. */
  entries: NewEntry[];
  /** The list's order in this pass: entries held by it are given their order in the lane accordingly. */
  newestFirst: boolean;
  /** Where the next pass may start. */
  cursor: number;
  /** The last position that no clock contradicted; without it that stays. */
  proven?: number | null;
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
  /**
   * To be called for each account before anything else of it. Returns whether it was not known; then its first start is noted, unless it
   * has a position. The first account of a store takes over, in one transaction, what the version before has left: cursor, proven
   * position, the note of the first start, and all entries that are not ended, or are context. Those get the account and an address. Where
   * they would be filed under the same session today, they move into its lane, so that they stay in order with what comes; else they
   * keep theirs. What has ended stays as it is.
   */
  openAccount(account: string, opening: AccountOpening): Promise<boolean>;
  /** Null when its time was confirmed. */
  firstStart(account: string): Promise<FirstStart | null>;
  setFirstStart(account: string, note: FirstStart | null): Promise<void>;

  /**
   * Takes entries for delivery at once (webhook). Known ids are left as they are, except that a held one becomes pending,
   * at its place in this batch.
   */
  accept(entries: readonly NewEntry[]): Promise<Accepted>;
  /**
   * Keeps one page of an account's polling pass, in list order, until the pass ends. The first page after an end, or after the store
   * was opened, begins a new pass; an entry that an earlier pass left held takes its place in the new one.
   */
  hold(account: string, entries: readonly NewEntry[]): Promise<Accepted>;
  /**
   * In one transaction: the last page's inserts, the release of all that the account holds (by an unfinished pass before as well),
   * and the cursor's move.
   */
  endPass(account: string, end: PassEnd): Promise<Accepted>;
  /** Releases what an unfinished pass holds without moving the cursor. */
  releaseHeld(account: string, newestFirst: boolean): Promise<Accepted>;
  cursor(account: string): Promise<number | null>;
  /** The last position that no clock contradicted; null where none was. What is forgotten is measured from it. */
  proven(account: string): Promise<number | null>;
  /** Moves the cursor on its own, e.g. at the first start; with `proven` that too. */
  setCursor(account: string, at: number, options?: { proven: boolean }): Promise<void>;

  /** Every lane that has pending or sending entries, in no particular order; with an account only its own. */
  lanes(account?: string): Promise<string[]>;
  /**
   * Takes a lane, or renews the claim on it, where no other owner's claim holds; returns whether. A process that is alone with the store
   * needs none.
   */
  claim(lane: string, claim: Claim): Promise<boolean>;
  /** Gives a lane back before its lease is over; of another owner's claim nothing changes. */
  release(lane: string, owner: string): Promise<void>;
  /** The lane's oldest pending or sending entry. */
  head(lane: string): Promise<Entry | null>;
  /** The lane's pending and sending entries from the oldest on, so many at most. */
  waiting(lane: string, limit: number): Promise<Entry[]>;
  /** Pending and sending entries of all lanes with at least so many failed attempts, the one that failed first before the others. */
  failing(query: { attempts: number; limit: number }): Promise<Entry[]>;
  /**
   * Before anything leaves: a pending or sending entry becomes `sending` under this key. Rejects with STORE_STATE in any
   * other state, for instance when an operator dropped it meanwhile: then nothing may be sent. Before its first run, and
   * its first after an operator queued it again, it takes along the context of its author that no entry carries; it keeps that, and no
   * more, over its further runs, until it is given up: then that is free for the next one.
   *
   * With `claim` its lane is claimed in the same transaction. Rejects with STORE_CLAIMED where another owner's claim on the lane holds.
   */
  begin(id: string, run: { runKey: string; runNumber: number; claim?: Claim }): Promise<void>;
  /**
   * A sending entry's run has ended. A pending one is settled too: when an operator dropped and retried it, or it was put
   * back, while its run went on after all, it has been answered and must not be answered twice; under whatever key, therefore.
   * So is a dropped one, so that it can be seen, and is not answered a second time when it is retried. In any other state nothing
   * changes. What is `merged` into it is settled with it, as in `revise`.
   *
   * In the same transaction those of the `overtaken` are given up, each with its reason, that are pending or sending and have failed before:
   * they come before it in their lane. A sending one's run is open. Returns the ids of those that were.
   */
  settle(
    id: string,
    outcome: string,
    merged?: readonly string[],
    overtaken?: readonly { id: string; reason: string }[],
  ): Promise<string[]>;
  /** A pending entry becomes context (`settled`, outcome `context`): the next of its author that begins in its lane carries it. */
  note(id: string): Promise<void>;
  /** The context that an entry carries, oldest first: the newest `limit`, and how many there are. */
  context(id: string, limit: number): Promise<{ entries: Entry[]; count: number }>;
  /**
   * What amends the entry of this id, directly or through one another, in the same lane and by the same author; in the lane's order,
   * in any state, at most 200.
   */
  amendments(of: { id: string; lane: string; author: string }): Promise<Entry[]>;
  /**
   * In one transaction: a pending entry that has never begun gets another body, and those merged into it are settled with outcome
   * `merged`: the ones that are held or pending and have never begun either, or that are context which no entry carries. Returns whether:
   * in any other state nothing changes.
   */
  revise(id: string, revision: { body: string; merged: readonly string[] }): Promise<boolean>;
  /**
   * Gives a pending or sending entry up; in any other state nothing changes, and with `runKey` neither where the entry's key is
   * another one by now: an operator has dropped and retried it, and this is the end of the run before. With `mayStillRun` the end of a
   * sending one's run is not known. Returns whether it was.
   */
  fail(id: string, reason: string, run?: { runKey?: string | null; mayStillRun?: boolean }): Promise<boolean>;
  /**
   * Back to the queue until a time. With `resend` the entry becomes pending, to be sent under a new key; without, its state
   * is kept, so that the run of a sending one is looked for first. `counted` adds one attempt, and notes the first one's
   * time. An entry that is neither pending nor sending does not change; for `runKey` see `fail`. Returns whether it was put back.
   */
  defer(
    id: string,
    wait: { until: number; reason: string; counted: boolean; resend: boolean; runKey?: string | null },
  ): Promise<boolean>;

  counts(): Promise<Counts>;
  /** Newest first: the reverse of the order in a lane, over all lanes. All states when none are named. */
  list(query: ListQuery): Promise<Entry[]>;
  get(id: string): Promise<Entry | null>;
  /**
   * Operator: failed or dropped entries go back to pending with no attempts and no key; the run number stays, so that the
   * next run gets a fresh key, and so does an open run, which is looked for first. With `force` settled ones do too, and no run is
   * looked for: the sender may be answered twice. What was context counts as begun from then on. Returns the ids that did.
   */
  retry(ids: readonly string[], options?: { force?: boolean }): Promise<string[]>;
  /** Operator: held, pending, sending and failed entries are given up; the reason stays, and a sending one's run is open. Returns the ids that were. */
  drop(ids: readonly string[]): Promise<string[]>;

  /**
   * Forgets settled and dropped entries that happened, and were last touched, before the time, some at a time. Returns how many. A
   * forgotten id that arrives again is new; both times count, as one of them may come from a clock that was wrong. What was touched
   * before this program was written, which only such a clock can say, counts as touched now. Context is kept as long as the entry that
   * carries it, and while another one may come to carry it: one of its lane that waits, or of its author that failed or was dropped.
   */
  prune(before: number): Promise<number>;
  /** True when another process changed the database since the last call. */
  changedElsewhere(): Promise<boolean>;
  /** Why this is no longer the store that others find, e.g. because its files were moved; null while it is. Costs next to nothing. */
  displaced(): DisplacedError | null;
  /** Writes and reads back; throws when the store cannot commit. */
  probe(): Promise<void>;
  /** Commits what was asked for, then closes. */
  close(): Promise<void>;
}
