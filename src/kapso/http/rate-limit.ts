import type { Clock } from '../../clock.ts';
import { asInteger } from '../../narrow.ts';
import { keepTo, waits } from '../../waits.ts';
import { retryAfter } from './api-error.ts';
import type { TransportResponse } from './transport.ts';

/** What Kapso's answers say of its limit of requests. */
export interface RateLimit {
  /** Takes every answer, whatever its status. */
  observe(answer: Pick<TransportResponse, 'status' | 'headers'>): void;
  /**
   * Whether so few requests remain that only what is needed should be sent. False while no answer has told of a limit.
   */
  near(): boolean;
  /** The requests of a minute and what remains of them, by the newest answer that told both; null before one did. */
  left(): { limit: number; remaining: number } | null;
}

/** Kapso counts in fixed windows of a minute (Kapso documentation, "Rate limits"). Milliseconds. */
const window = 60_000;
/** What remains for the messages themselves: this share of the requests of a window, and at least this number. */
const reserve = { share: 0.2, least: 10 };

/**
 * Keeps what the answers to one API key say. Every use of the key counts against the same limit, also that of the
 * command line, so that only the newest answer is true. Nobody says when a window began: it ends at most a minute after
 * the answer.
 */
export function createRateLimit(clock: Clock): RateLimit {
  let fewUntil = Number.NEGATIVE_INFINITY;
  let refusedUntil = Number.NEGATIVE_INFINITY;
  let told: ReturnType<RateLimit['left']> = null;
  return {
    observe({ status, headers }) {
      const now = clock.monotonic();
      if (status === 429) {
        refusedUntil = now + keepTo(retryAfter(headers, clock.now()) ?? window, waits.polling.asked).ms;
      }
      const limit = asInteger(headers['x-ratelimit-limit']);
      const remaining = asInteger(headers['x-ratelimit-remaining']);
      if (limit === null || remaining === null) return;
      told = { limit, remaining };
      const few = remaining < Math.max(reserve.least, reserve.share * limit);
      fewUntil = few ? now + window : Number.NEGATIVE_INFINITY;
    },
    near: () => clock.monotonic() < Math.max(fewUntil, refusedUntil),
    left: () => told,
  };
}
