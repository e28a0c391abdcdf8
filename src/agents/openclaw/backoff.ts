import { backoff, keepTo, vary, waits } from '../../waits.ts';

/** When to try the gateway again. All times are milliseconds; how long each pause is stands in `waits`. */

/** A connection shorter than this proves nothing: the next attempts go on slowing down. */
const proven = 5000;
/** No attempt comes sooner than this, whatever the gateway asks for; where each attempt prolongs a lock, later. */
const soonest = { retry: 100, waiting: 1000 };

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
  /** A gateway on this host that was there a moment ago is restarting: it is asked often, for a while. */
  let quickUntil = startedAt + waits.gatewayNearby.during;
  const pauses = {
    far: backoff(waits.gateway, random),
    nearby: backoff(waits.gatewayNearby, random),
    blocked: backoff(waits.gatewayBlocked, random),
    waiting: backoff(waits.gatewayWaiting, random),
  };
  return {
    lost(connectedAt, now) {
      refusals = 0;
      if (now - connectedAt < proven) return;
      failures = 0;
      quickUntil = now + waits.gatewayNearby.during;
    },
    retry(now, asked) {
      refusals = 0;
      if (asked !== null) return Math.max(soonest.retry, keepTo(asked, waits.gateway.asked).ms);
      if (nearby && now < quickUntil) return pauses.nearby(1);
      return pauses.far(++failures);
    },
    blocked() {
      return pauses.blocked(++refusals);
    },
    waiting(asked) {
      if (asked === null) return pauses.waiting(1);
      // Never before the time asked for: each attempt before it would prolong the lock.
      return Math.max(soonest.waiting, keepTo(asked, waits.gatewayWaiting.asked).ms) + vary(1000, 1, random);
    },
  };
}
