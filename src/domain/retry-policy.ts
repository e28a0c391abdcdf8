/**
 * When a message is tried again, and when it is given up. Pure: time and randomness are parameters. Times are in
 * milliseconds; `waits` has the pauses.
 */
import { backoff, keepTo, waits } from '../waits.ts';

export interface GiveUpLimits {
  /** A message fails only after this many counted attempts … */
  attempts: number;
  /** … and this many milliseconds since the first of them. */
  after: number;
  /** After this many it steps aside when others of its conversation wait: see `precedence.ts`. */
  beforeNext: number;
}

/** A message's attempts so far. */
export interface Attempts {
  /** Failed attempts before this one. */
  attempts: number;
  /** When the first of them was counted, in milliseconds since the epoch; null before. */
  firstAttemptAt: number | null;
}

/**
 * Returns when the first attempt of a message failed, by the clock of `now`. Setting that clock makes no attempt older:
 * `since` is how long ago the failure was, by a clock that nobody can set. It is null for a failure in an earlier
 * process, of which only the time of day is known.
 */
export function firstFailureAt(
  { firstAttemptAt }: Pick<Attempts, 'firstAttemptAt'>,
  since: number | null,
  now: number,
): number | null {
  return since === null ? firstAttemptAt : now - since;
}

/** What follows a failed attempt, which `attempts` already counts. */
export type AfterFailure =
  | { giveUp: true; attempts: number }
  /** `aside`: from now on others of its conversation may be handled before it. */
  | { giveUp: false; attempts: number; until: number; aside: boolean };

/**
 * Decides what follows a failed attempt: the next one after a growing pause, or the end after enough attempts over a
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

/** Returns the time of the next check of a run, after `checks` checks that found it running. */
export function nextCheck(checks: number, now: number): number {
  return now + backoff(waits.busy, () => 0)(checks + 1);
}

/** Returns the time of the next trial of a gateway that takes no run at all, after `trials` trials. */
export function nextTrial(trials: number, now: number): number {
  return now + backoff(waits.unready, () => 0)(trials + 1);
}

/**
 * Returns the time until which a gateway that asks for `retryAfter` may defer a message. It grows with each deferral,
 * up to a limit.
 */
export function deferredUntil(retryAfter: number, checks: number, now: number): number {
  return Math.max(nextCheck(checks, now), now + keepTo(retryAfter, waits.busy.asked).ms);
}

/**
 * Returns until when a message rests after `attempts` counted attempts; null when it does not. A time further away than
 * any possible pause comes from a clock that was set back since, and is ignored.
 */
export function restsUntil(retryAt: number | null, now: number, attempts: number): number | null {
  const afterAttempt = attempts === 0 ? 0 : backoff(waits.attempt, () => 1)(attempts);
  const longest = Math.max(afterAttempt, waits.busy.asked, waits.unready.longest);
  return retryAt !== null && retryAt > now && retryAt - now <= longest ? retryAt : null;
}
