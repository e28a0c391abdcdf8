/** When to try the gateway again. All times are milliseconds. */

const first = 1000;
const longest = 30_000;
/** A gateway on this host that was there a moment ago is restarting: it is asked often, for a while. */
const quick = { every: 500, during: 60_000 };
/** A connection shorter than this proves nothing: the next attempts go on slowing down. */
const proven = 5000;
/** Where only an operator can help. */
const blocked = { first: 60_000, longest: 300_000 };
const pairing = 30_000;

export interface Backoff {
  /** A connection ended that had lasted since `connectedAt`. */
  lost(connectedAt: number, now: number): void;
  /** The pause before the next attempt to connect. `asked` is what the gateway asked for. */
  retry(now: number, asked: number | null): number;
  /** The pause before a look whether an operator has put things right. */
  blocked(): number;
  /** The pause before a look whether the device was approved or the address is let in again. */
  waiting(asked: number | null): number;
}

/**
 * @param random 0 ≤ x < 1.
 * @param nearby The gateway is on this host, where an attempt costs next to nothing.
 * @param startedAt A start counts as "there a moment ago": at boot both come up together.
 */
export function createBackoff(random: () => number, nearby: boolean, startedAt: number): Backoff {
  let failures = 0;
  let refusals = 0;
  let quickUntil = startedAt + quick.during;
  /** Down to half: many clients of one gateway do not come back in step. */
  const jitter = (pause: number) => Math.round(pause * (0.5 + random() / 2));
  return {
    lost(connectedAt, now) {
      refusals = 0;
      if (now - connectedAt < proven) return;
      failures = 0;
      quickUntil = now + quick.during;
    },
    retry(now, asked) {
      refusals = 0;
      if (asked !== null) return Math.min(Math.max(asked, 100), blocked.longest);
      if (nearby && now < quickUntil) return jitter(quick.every);
      return jitter(Math.min(longest, first * 2 ** Math.min(failures++, 10)));
    },
    blocked() {
      return jitter(Math.min(blocked.longest, blocked.first * 2 ** (1 + Math.min(refusals++, 10))));
    },
    waiting(asked) {
      if (asked === null) return jitter(pairing * 2);
      // Never before the time asked for: each attempt before it would prolong the lock.
      return Math.min(Math.max(asked, 1000), blocked.longest * 4) + jitter(1000);
    },
  };
}
