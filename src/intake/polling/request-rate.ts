import type { Clock } from '../../clock.ts';
import { sleep } from '../../clock.ts';

export interface RateLimits {
  /** Requests that may be sent at once. */
  burst: number;
  /** Further requests that each second allows. */
  perSecond: number;
}

/**
 * Limits the rate of requests. The returned function resolves when the next one may be sent, and rejects when the
 * signal aborts.
 */
export function createRequestRate(
  { burst, perSecond }: RateLimits,
  clock: Clock,
  signal: AbortSignal,
): () => Promise<void> {
  let allowed = burst;
  let at = clock.monotonic();
  return async () => {
    const now = clock.monotonic();
    allowed = Math.min(burst, allowed + ((now - at) / 1000) * perSecond) - 1;
    at = now;
    if (allowed < 0) await sleep(clock, Math.ceil((-allowed / perSecond) * 1000), signal);
  };
}
