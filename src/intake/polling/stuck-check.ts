/** Milliseconds of the monotonic clock. A time of day may be set, and it goes on while the machine is suspended. */
export interface Attempts {
  /** When the last attempt began; null before the first. */
  lastAttempt: number | null;
  /** When the next one is due; null during an attempt. */
  nextAt: number | null;
}

/** Milliseconds beyond the plan or the limit: a machine that swaps is late without being stuck. */
const tolerance = 60_000;

/**
 * Returns why polling is stuck, as a sentence, or null. It is stuck when its next attempt was due long ago, or when its
 * present request has exceeded every time limit. A failed request is not stuck.
 */
export function stuckReason(now: {
  polling: Attempts;
  /** When the last request began. */
  askedAt: number;
  /** Milliseconds that this request may take. */
  longest: number;
  at: number;
}): string | null {
  const { polling, askedAt, longest, at } = now;
  if (polling.lastAttempt === null) return null;
  const due = polling.nextAt ?? Math.max(polling.lastAttempt, askedAt) + longest;
  const late = at - due;
  return late > tolerance ? `polling has been overdue for ${Math.round(late / 1000)} s` : null;
}
