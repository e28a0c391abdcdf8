/** In milliseconds of the monotonic clock: a time of day may be set, and goes on while the machine is suspended. */
export interface Attempts {
  /** When the last attempt began; null before the first. */
  lastAttempt: number | null;
  /** When the next one is due; null while one is under way. */
  nextAt: number | null;
}

/** Beyond what is planned or allowed, ms: a machine that swaps is late without being stuck. */
const tolerance = 60_000;

/**
 * Whether polling is stuck: its next attempt was due long ago, or its present request has lasted longer than any may. A failure to
 * reach Kapso is an attempt like any other. Returns a sentence, or null.
 */
export function stuckReason(now: {
  polling: Attempts;
  /** When the last request began. */
  askedAt: number;
  /** How long that request may take, ms. */
  longest: number;
  at: number;
}): string | null {
  const { polling, askedAt, longest, at } = now;
  if (polling.lastAttempt === null) return null;
  const due = polling.nextAt ?? Math.max(polling.lastAttempt, askedAt) + longest;
  const late = at - due;
  return late > tolerance ? `polling has been overdue for ${Math.round(late / 1000)} s` : null;
}
