/** The right to work on a lane, or to have a role. */
export interface Hold {
  /** Aborts when the right is lost, and when all work is interrupted. From then on nothing is written or sent. */
  readonly signal: AbortSignal;
  /**
   * Throws STORE_CLAIMED unless the lease has time left, by every clock. Call it right before anything leaves: a process
   * that was stopped for a while, or a suspended machine, finds out here that another one may have the lane.
   */
  assertHeld(): void;
  /**
   * Returns such a check for what must also leave within one lease from now, so that others know when it cannot leave any
   * more. Undefined where there are no others.
   */
  departure(): (() => void) | undefined;
}

/** The right of a process that has the store alone. `signal` interrupts its work. */
export function ownHold(signal: AbortSignal): Hold {
  return { signal, assertHeld: () => undefined, departure: () => undefined };
}
