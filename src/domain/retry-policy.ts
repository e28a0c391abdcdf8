/**
 * When a message is tried again, and when it is given up. Pure: the time and the chance are handed in. Times in milliseconds; the
 * pauses stand in `waits`.
 */
import { backoff, keepTo, waits } from '../waits.ts';

export interface GiveUpLimits {
  /** A message fails only after this many counted attempts … */
  attempts: number;
  /** … and this much time since the first of them. */
  after: number;
  /** After this many it steps aside, where others of its conversation wait: see `precedence.ts`. */
  beforeNext: number;
}

/** What has become of a message so far. */
export interface Attempts {
  /** Failed ones before this one. */
  attempts: number;
  /** When the first of them was counted; milliseconds since the epoch. */
  firstAttemptAt: number | null;
}

/**
 * When the first attempt of a message failed, by the clock of `now`. Setting that clock makes no attempt older: where this process has
 * seen the failure, `since` is how long ago it was by a clock that nobody can set; null for one of an earlier life, of which there is
 * only the time of day.
 */
export function firstFailureAt(
  { firstAttemptAt }: Pick<Attempts, 'firstAttemptAt'>,
  since: number | null,
  now: number,
): number | null {
  return since === null ? firstAttemptAt : now - since;
}

/** What follows a failed attempt, which is counted in `attempts`. */
export type AfterFailure =
  | { giveUp: true; attempts: number }
  /** `aside`: from now on others of its conversation may be handled before it. */
  | { giveUp: false; attempts: number; until: number; aside: boolean };

/**
 * What follows a failed attempt: the next one after a pause that grows with each, or the end when there were enough of them over a
 * long enough time.
 *
 * @param random 0 ≤ x < 1.
 */
export function afterFailedAttempt(
  limits: GiveUpLimits,
  { attempts, firstAttemptAt }: Attempts,
  now: number,
  random: number,
): AfterFailure {
  const counted = attempts + 1;
  if (counted >= limits.attempts && now - (firstAttemptAt ?? now) >= limits.after) {
    return { giveUp: true, attempts: counted };
  }
  const until = now + backoff(waits.attempt, () => random)(counted);
  return { giveUp: false, attempts: counted, until, aside: counted >= limits.beforeNext };
}

/** The time of the next check of a run, after so many checks that found it going on. */
export function nextCheck(checks: number, now: number): number {
  return now + backoff(waits.busy, () => 0)(checks + 1);
}

/** The time of the next trial of a gateway that takes no run at all, after so many of them. */
export function nextTrial(trials: number, now: number): number {
  return now + backoff(waits.unready, () => 0)(trials + 1);
}

/** The time until which a gateway may put a message off that asks for `retryAfter`; with each time it gets later, up to a point. */
export function deferredUntil(retryAfter: number, checks: number, now: number): number {
  return Math.max(nextCheck(checks, now), now + keepTo(retryAfter, waits.busy.asked).ms);
}

/**
 * Until when a message rests after so many counted attempts; null when it does not. A time further away than any pause that could have
 * been made comes from a clock that was set back since: it is no reason to rest.
 */
export function restsUntil(retryAt: number | null, now: number, attempts: number): number | null {
  const afterAttempt = attempts === 0 ? 0 : backoff(waits.attempt, () => 1)(attempts);
  const longest = Math.max(afterAttempt, waits.busy.asked, waits.unready.longest);
  return retryAt !== null && retryAt > now && retryAt - now <= longest ? retryAt : null;
}
