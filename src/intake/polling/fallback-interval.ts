/** Returns the milliseconds until the next poll, after one that found this many new messages. */
export type NextInterval = (found: number) => number;

/** Milliseconds. Polling beside webhooks looks at least every five minutes: the poller's jitter adds up to a tenth. */
const slowest = 4.5 * 60_000;

/**
 * The interval of polling beside webhooks. It grows step by step while webhooks work and polling finds nothing that
 * they missed. The first missed message, or webhooks that no longer work, bring it back to the configured interval,
 * which is in milliseconds and read each time.
 */
export function createFallbackInterval(options: { interval: () => number; healthy: () => boolean }): NextInterval {
  let current = options.interval();
  return found => {
    const configured = options.interval();
    current = found > 0 || !options.healthy() ? configured : Math.max(configured, Math.min(slowest, current * 2));
    return current;
  };
}
