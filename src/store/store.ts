import type { Access, Holding, PairingOffer } from './access.ts';
import type { AccountOpening, FirstStart } from './account-opening.ts';
import type { Accepted, PagePlace, PassEnd, Refused } from './arrivals.ts';
import type { Claims } from './claims.ts';
import type { Commands } from './commands.ts';
import type { Contacts } from './contacts.ts';
import type { Forgetting } from './forgetting.ts';
import type { EntryState, NewEntry } from './new-entry.ts';
import type { Notes } from './notes.ts';
import type { NewOutgoing, Outbox } from './outbox.ts';
import type { RunBeginning } from './run-beginning.ts';
import type { Upkeep } from './upkeep.ts';

/**
 * The durable inbox: what has arrived, what became of it, and how far polling has come. It knows neither Kapso nor
 * OpenClaw. An entry is an id, a lane (its entries stay in order), a time and an opaque body. All methods resolve after
 * the change is on disk. A call that rejects has changed nothing. Times are milliseconds since the epoch, stored as
 * integers. The store's own dates (received, updated, first attempt) are of this machine's clock, but never before the
 * newest cursor, or without one the newest entry, coming ones included: a clock that is behind makes no entry old.
 *
 * The order in a lane is `occurredAt`, then the batch, then the position within the batch. A batch is a polling pass,
 * or the `accept` calls of one transaction, in the order in which they began. The id is the identity: a known id, in
 * any state, is never added again until `prune` forgets it.
 */

export interface Entry {
  id: string;
  /** Null, like the contact, when it ended before accounts were known. */
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
  /** Attempts that ended without a settling outcome. An attempt that was refused because the other side is away does not count. */
  attempts: number;
  firstAttemptAt: number | null;
  /** The time of the next attempt at the earliest; null means at once. */
  retryAt: number | null;
  /** The idempotency key in use. It survives a crash, so that the same run is looked for afterwards. */
  runKey: string | null;
  /** The number of its run: 0 before the first, then 1, 2…, each with its own key. */
  runNumber: number;
  /** When the run of this key first began, by this machine's clock alone; null before, and for runs of earlier versions. */
  begunAt: number | null;
  /** The key of a run whose end is unknown. It is looked for before another run begins. */
  unresolvedRun: string | null;
  /** Why it failed or waits; null without a reason. */
  reason: string | null;
  /**
   * What the customer got when settled: `answering` while outgoing messages of its answer wait, then `answered` or
   * `failed`; `silent`. `context` and `merged` mean that it had no run of its own.
   */
  outcome: string | null;
  /** The entry that it is, or was, delivered with: as its context, merged into it, or gathered into its run. */
  carriedBy: string | null;
  /** When it was last settled; null before, and for what earlier versions settled. */
  settledAt: number | null;
  /** By which way it first came; null for notes, and for what came to earlier versions. */
  arrivedBy: 'webhook' | 'poll' | null;
  updatedAt: number;
}

/** What happens together with the end of a run. */
export interface Settling {
  merged?: readonly string[];
  overtaken?: readonly { id: string; reason: string }[];
  outgoing?: readonly NewOutgoing[];
  /** What an operator should know of the outcome. */
  reason?: string | null;
}

export interface Counts {
  byState: Record<EntryState, number>;
  /** `occurredAt` of the oldest entry that is pending or sending; null when there is none. */
  oldestUndelivered: number | null;
}

export interface ListQuery {
  states?: readonly EntryState[];
  limit: number;
}

export interface Store extends Upkeep {
  /**
   * Where others work on the store, a process that works on lanes too changes an entry or an outgoing message only in a
   * lane that it has claimed (all methods that say what its work has come to), and ends passes and moves cursors only with
   * the role of polling. Otherwise they reject with STORE_CLAIMED. What arrives, and what an operator does, needs no claim.
   */
  readonly claims: Claims;
  readonly outbox: Outbox;
  readonly contacts: Contacts;
  readonly access: Access;
  readonly commands: Commands;
  readonly forgetting: Forgetting;
  readonly notes: Notes;

  /**
   * Call it for each account before anything else of it. Returns whether it is new. Its first start is then noted, unless
   * it has a position.
   * The first account of a store takes over, in one transaction, what the previous version left: cursor, proven
   * position, the note of the first start, and all entries that have not ended or are context. Those entries get the
   * account and an address. When they would be filed under the same session today, they move into its lane, so that
   * they stay in order with new ones; else they keep it. Ended entries stay unchanged. Each opening moves what waits under
   * another account, or in a kept lane, into the account's lane for its session: a session has one lane.
   */
  openAccount(account: string, opening: AccountOpening): Promise<boolean>;
  /**
   * Files again what waits of an account's contacts, after what `read` says of them has changed: into the lane, and with
   * the session, of new entries. An entry of which a run began keeps its session, and so do those behind it in its lane, so
   * that they stay in order. With `alone` nothing works on the store's lanes: what stays in its session moves with it, into
   * the lane that new entries of the session have. Returns the lanes that may have work because of it.
   */
  refile(account: string, options: { read: AccountOpening['read']; alone: boolean }): Promise<string[]>;
  /** Null after its time was confirmed. */
  firstStart(account: string): Promise<FirstStart | null>;
  setFirstStart(account: string, note: FirstStart | null): Promise<void>;

  /**
   * Takes entries for delivery at once (webhook). A known id stays unchanged, except that a held entry becomes pending at
   * its place in the pass, and with it what is held of its lane before it.
   */
  accept(entries: readonly NewEntry[]): Promise<Accepted>;
  /**
   * Holds one page of an account's polling pass, in list order, until the pass ends. What of a second is new in a pass comes
   * before what is accepted after its first page. A pass after an unfinished one goes on with that one, but for what its
   * list, the newest first, has of a sender above all that is known of that one: this comes after what was accepted meanwhile.
   *
   * @param place by default the list is newest first
   */
  hold(account: string, entries: readonly NewEntry[], place?: PagePlace): Promise<Accepted>;
  /**
   * In one transaction: inserts the last page, releases everything that the account holds (also by an earlier
   * unfinished pass), and moves the cursor.
   */
  endPass(account: string, end: PassEnd): Promise<Accepted>;
  /** The accounts that hold something of an unfinished pass. */
  holding(): Promise<string[]>;
  /** Releases what an unfinished pass holds. The cursor does not move. */
  releaseHeld(account: string, newestFirst: boolean): Promise<Accepted>;
  cursor(account: string): Promise<number | null>;
  /** The last position that no clock contradicted; null without one. The age of what may be forgotten is measured from it. */
  proven(account: string): Promise<number | null>;
  /** Moves the cursor, e.g. at the first start. With `proven`, moves the proven position too. */
  setCursor(account: string, at: number, options?: { proven: boolean }): Promise<void>;

  /**
   * Every lane with pending or sending entries, in no particular order. With an account, only its lanes. Where others work
   * on the store, those that they have claimed are left out for a process that works on lanes too.
   */
  lanes(account?: string): Promise<string[]>;
  /**
   * Those of an account whose claim ended without having been given back: what was begun there stands still. Not those that
   * ten processes in a row have left so: what waits there may be what ends them.
   */
  abandoned(account: string): Promise<string[]>;
  /** The lane's oldest pending or sending entry; null when there is none. A gathered one (`begin`) counts with its carrier. */
  head(lane: string): Promise<Entry | null>;
  /** The lane's pending and sending entries, from the oldest on, at most `limit`. Gathered ones count with their carrier. */
  waiting(lane: string, limit: number): Promise<Entry[]>;
  /** Pending and sending entries of all lanes with at least so many failed attempts, in the order of their first failure. */
  failing(query: { attempts: number; limit: number }): Promise<Entry[]>;
  /**
   * Call before anything leaves: a pending or sending entry becomes `sending` under this key. Rejects with STORE_STATE
   * in any other state, for example when an operator dropped it meanwhile: then nothing may be sent.
   *
   * Before its first run, and its first after an operator queued it again, the entry takes the context of its author, or
   * of its lane (`contextOf`), that no entry carries. It keeps exactly that over its further runs, until it is given up.
   * Then the next entry may take it.
   *
   * Rejects with STORE_CLAIMED when another process has claimed the lane, and when the entry is no longer in `lane`.
   */
  begin(id: string, run: RunBeginning): Promise<void>;
  /**
   * The run of a sending entry has ended. A pending or dropped entry is settled too, under any key. An operator may
   * have dropped it or queued it again, or it was put back, while its run continued: it has been answered, which must
   * be visible, and it must not be answered twice. In any other state nothing changes. The entries `merged` into it are
   * settled with it, as in `revise`.
   *
   * In the same transaction, entries in `overtaken` are given up with their reasons if they are pending or sending and
   * have failed before: they come before it in their lane. The end of a sending one's run stays unknown. Returns the
   * ids of those that were given up. The `outgoing` messages are added to the outbox, also in the same transaction. A
   * dropped entry is not settled when one of them is yet to be sent.
   */
  settle(id: string, outcome: string, also?: Settling): Promise<string[]>;
  /**
   * A pending entry becomes context (`settled`, outcome `context`). The next entry of its author that begins in its
   * lane carries it.
   */
  note(id: string): Promise<void>;
  /**
   * The context that an entry carries, the oldest first: the newest `limit`, and their total number. And the entries that
   * were gathered into its run, in the lane's order.
   */
  context(id: string, limit: number): Promise<{ entries: Entry[]; count: number; gathered: Entry[] }>;
  /**
   * Entries that amend the entry of this id, directly or through one another, by the same author in the same lane: in
   * the lane's order, in any state, at most 200.
   */
  amendments(of: { id: string; lane: string; author: string }): Promise<Entry[]>;
  /**
   * In one transaction: a pending entry that has never begun gets another body, and the entries merged into it are
   * settled with outcome `merged`. Those are entries that are held or pending and have never begun either, or context
   * that no entry carries. Returns whether it did: in any other state nothing changes.
   */
  revise(id: string, revision: { body: string; merged: readonly string[] }): Promise<boolean>;
  /**
   * Gives up a pending or sending entry. In any other state nothing changes. With `runKey`, nothing changes either when
   * the entry has another key by now: an operator dropped and retried it, and this is the end of the earlier run.
   * `mayStillRun` says that the end of a sending one's run is unknown. Returns whether it was given up; the `outgoing`
   * messages are then added to the outbox.
   */
  fail(
    id: string,
    reason: string,
    run?: { runKey?: string | null; mayStillRun?: boolean; outgoing?: readonly NewOutgoing[] },
  ): Promise<boolean>;
  /**
   * A pending or sending entry is not for the agent, by who wrote it. In any other state nothing changes. The end of a
   * sending one's run stays unknown. With `body`, that is what is kept of it. Returns whether it was refused.
   */
  refuse(refused: Refused & { body?: string }): Promise<boolean>;
  /**
   * Keeps a pending or sending entry until its sender is approved, and begins a pairing when the sender has none, all in
   * one transaction. The end of a sending one's run stays unknown. In any other state nothing changes: null.
   */
  awaitApproval(id: string, offer: PairingOffer): Promise<Holding | null>;
  /**
   * Puts an entry back into the queue until a time. With `resend` it becomes pending and will be sent under a new key.
   * Without, its state stays, so that the run of a sending one is looked for first. `counted` adds one attempt and
   * dates the first one. An entry that is neither pending nor sending does not change; for `runKey` see `fail`. Returns
   * whether it was put back.
   */
  defer(
    id: string,
    wait: { until: number; reason: string; counted: boolean; resend: boolean; runKey?: string | null },
  ): Promise<boolean>;

  counts(): Promise<Counts>;
  /**
   * `occurredAt` of the oldest entry in each of these states; none for a state without entries. Like `counts` it costs the
   * same however many entries there are.
   */
  oldest(states: readonly EntryState[]): Promise<Partial<Record<EntryState, number>>>;
  /** Entries of all lanes, the newest first: the reverse of a lane's order. No states means all states. */
  list(query: ListQuery): Promise<Entry[]>;
  get(id: string): Promise<Entry | null>;
  /**
   * Entries in the order of their arrival: the first ones after a number, or without it the newest. `last` is the number of
   * the last one of these, or of all when there is none: where the next call goes on.
   */
  arrivals(query: { after: number | null; limit: number }): Promise<{ entries: Entry[]; last: number }>;
  /**
   * The ids of the entries that end so, and those of outgoing messages that do, or whose id at WhatsApp does: at most so
   * many of each. It looks at all of them, and lets the event loop turn meanwhile.
   */
  endingWith(end: string, most: number): Promise<{ entries: string[]; outgoing: string[] }>;
  /**
   * For the operator: failed, dropped, denied or limited entries become pending again, without attempts and key. The
   * run number stays, so that the next run gets a new key. An unresolved run stays too: it is looked for first. With
   * `force` settled entries become pending too, and no run is looked for: the sender may be answered twice. Former
   * context counts as begun from then on. Returns the ids that became pending.
   */
  retry(ids: readonly string[], options?: { force?: boolean }): Promise<string[]>;
  /**
   * For the operator: gives up entries of every state but settled and dropped. The reason stays. The end of a sending
   * one's run stays unknown. Returns the ids that were given up.
   */
  drop(ids: readonly string[]): Promise<string[]>;
  /** Commits the requested changes, then closes. */
  close(): Promise<void>;
}
