/**
 * Claims: which process works on a lane, or has a role, where several share the store. They are part of the store (see
 * store.ts) and make the same promises. A claim lasts for its lease, by the database's clock, and longer until another
 * process wants it. Each has a number that grows whenever the lane is claimed. With a lane's number the store refuses
 * (STORE_CLAIMED) whatever a process writes to the lane without its latest claim, however late that comes.
 */
import { isOurs } from '../errors.ts';

/** Who has a claim. */
export interface Holder {
  lane: string;
  /** The name of the process; empty where it was given back. */
  owner: string;
  /** Milliseconds until the claim ends unless it is renewed, by the database's clock. Zero or less where it has ended. */
  left: number;
}

export interface Claims {
  /**
   * Whether other processes work on the store. If not, a lane needs no claim, and others' claims only keep runs from
   * beginning in it.
   */
  readonly shared: boolean;
  /** The name of this process, which no other one has. */
  readonly owner: string;
  /** Claims those of the lanes on which no other process has a valid claim, for `lease` milliseconds. Returns them. */
  claim(lanes: readonly string[], lease: number): Promise<string[]>;
  /** Renews all claims of this process. Returns their lanes: a claim that another process has taken since is not among them. */
  renew(lease: number): Promise<string[]>;
  /**
   * Gives claims back before their lease is over. Those of others stay unchanged. `wanted`: others may want the lanes, and
   * are told of it.
   */
  release(lanes: readonly string[], how?: { wanted: boolean }): Promise<void>;
  /**
   * Ends the claims of another process, as if their leases were over, and tells the others. Call it only where it is certain
   * that this process has ended. Returns how many there were.
   */
  end(owner: string): Promise<number>;
  /**
   * The valid claims on lanes whose names begin so, in the order of those. With `ended` also those that are over or were
   * given back, as long as they are remembered, which is a day.
   */
  holders(prefix: string, how?: { ended: boolean }): Promise<Holder[]>;
}

/** The claims of roles begin with it. */
export const rolePrefix = 'role:';

/** Each process that works on the store has a claim that begins with it, on its own name: so it is seen. */
export const instancePrefix = 'instance:';

/** The claim on a lane of the outbox. That of the inbox's lane is another one. */
export function claimOfOutbox(lane: string): string {
  return `outbox:${lane}`;
}

/** Whether something was refused because this process has lost its claim, or never had it. */
export function isClaimed(error: unknown): boolean {
  return isOurs(error) && error.code === 'STORE_CLAIMED';
}

/** The name of the role of polling for an account. The store takes passes and positions only of the process that has it. */
export function pollingRole(account: string): string {
  return `polling:${account}`;
}
