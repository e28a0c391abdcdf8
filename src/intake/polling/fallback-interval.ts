/** How long to wait until the next poll, ms, after one that found so many new messages. */
export type NextInterval = (found: number) => number;

/** However quiet it is, polling beside webhooks looks every five minutes, ms: the poller's jitter adds up to a tenth. */
const slowest = 4.5 * 60_000;

/**
 * The pace of polling beside webhooks: while they work and polling finds nothing that they missed, it slows down step by step;
 * the first message that it does find, or webhooks that no longer work, bring it back to the configured interval, ms, which is asked
 * for again each time.
 */
export function createFallbackInterval(options: { interval: () => number; healthy: () => boolean }): NextInterval {
  let current = options.interval();
  return found => {
    const configured = options.interval();
    current = found > 0 || !options.healthy() ? configured : Math.max(configured, Math.min(slowest, current * 2));
    return current;
  };
}
