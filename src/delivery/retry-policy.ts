/** When a message is tried again, and when it is given up. Pure: the time and the chance are handed in. Times in milliseconds. */

/** The pause after the first failed attempt, doubled after each further one up to the longest. */
const afterFailure = { first: 30_000, longest: 4 * 3_600_000 };
/** How long to wait before looking again for a run that the gateway is still busy with; doubled each time. */
const betweenLooks = { first: 1000, longest: 10_000 };
/** The longest pause that a gateway may ask for. */
const longestPutOff = 300_000;

export interface GiveUpLimits {
  /** A message fails only after this many counted attempts … */
  attempts: number;
  /** … and this much time since the first of them. */
  after: number;
}

/** What has become of a message so far. */
export interface Attempts {
  /** Failed ones before this one. */
  attempts: number;
  /** When the first of them was counted; milliseconds since the epoch. */
  firstAttemptAt: number | null;
}

/**
 * What follows a failed attempt: the next one after a pause that grows with each, or the end when there were enough of them over a
 * long enough time.
 *
 * @param random 0 ≤ x < 1; the pause is drawn from 75 to 125 % of the usual one.
 */
export function afterFailedAttempt(
  { attempts, firstAttemptAt }: Attempts,
  limits: GiveUpLimits,
  now: number,
  random: number,
): { giveUp: true; attempts: number } | { giveUp: false; attempts: number; until: number } {
  const counted = attempts + 1;
  if (counted >= limits.attempts && now - (firstAttemptAt ?? now) >= limits.after) {
    return { giveUp: true, attempts: counted };
  }
  const pause = Math.min(afterFailure.longest, afterFailure.first * 2 ** Math.min(attempts, 20));
  return { giveUp: false, attempts: counted, until: now + Math.round(pause * (0.75 + random / 2)) };
}

/** The time of the next look for a run, after so many looks that found it going on. */
export function nextLook(looks: number, now: number): number {
  return now + Math.min(betweenLooks.longest, betweenLooks.first * 2 ** Math.min(looks, 10));
}

/** The time until which a gateway may put a message off that asks for `retryAfter`; with each time it gets later, up to a point. */
export function putOffUntil(retryAfter: number, looks: number, now: number): number {
  return Math.max(nextLook(looks, now), now + Math.min(retryAfter, longestPutOff));
}

/** Until when a message rests; null when it does not. A time further away than any of ours comes from a clock that was wrong. */
export function restsUntil(retryAt: number | null, now: number): number | null {
  return retryAt !== null && retryAt > now && retryAt - now <= 1.25 * afterFailure.longest ? retryAt : null;
}
