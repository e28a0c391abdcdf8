import type { Answer } from './http.ts';
import { kapsoError } from './kapso-errors.ts';

export interface RateLimit {
  /** Counts one request against `limit` requests a minute (null: no limit). */
  take(limit: number | null): { headers: Record<string, string>; refusal: Answer | null };
}

const window = 60_000;

/** Kapso's limit: a fixed one-minute window a key, headers on every response, `Retry-After: 60` on a 429. */
export function createRateLimit(now: () => number): RateLimit {
  let start = 0;
  let used = 0;
  return {
    take: limit => {
      if (limit === null) return { headers: {}, refusal: null };
      if (now() - start >= window || now() < start) {
        start = now();
        used = 0;
      }
      used += 1;
      const headers = {
        'X-RateLimit-Limit': String(limit),
        'X-RateLimit-Remaining': String(Math.max(0, limit - used)),
      };
      if (used <= limit) return { headers, refusal: null };
      const message = 'You have exceeded the rate limit. Please try again later.';
      const refusal = { ...kapsoError(429, 'Rate limit exceeded', message), headers: { 'Retry-After': '60' } };
      return { headers, refusal };
    },
  };
}
