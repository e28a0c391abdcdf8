import type { Clock } from '../../clock.ts';
import { sleep } from '../../clock.ts';

export interface RateLimits {
  /** Requests that may go out at once. */
  burst: number;
  /** How many more each second allows. */
  perSecond: number;
}

/** Keeps to a rate of requests: the returned function resolves when the next one may go out, and rejects when the signal aborts. */
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
