import { backoff, keepTo, vary, waits } from '../../waits.ts';
import type { ConnectionFailure } from './classify.ts';

/** When to try the gateway again. All times are milliseconds, by a clock that nobody can set. `waits` has the pauses. */

/** A shorter connection proves nothing: the pauses continue to grow. */
const proven = 5000;

export interface Backoff {
  /** Notes that a connection has ended. It had lasted since `connectedAt`. */
  lost(connectedAt: number, now: number): void;
  /**
   * Returns the pause before the next attempt. `cut` is what the gateway asked for, for the log, when that is more than
   * it gets. The pause grows with each failure of one phase. Where only an operator can help, it is longer from the
   * start.
   */
  after(failure: Pick<ConnectionFailure, 'phase' | 'retryAfter'>, now: number): { pause: number; cut: string | null };
}

/**
 * @param random 0 ≤ x < 1.
 * @param nearby The gateway is on this host, where an attempt costs next to nothing.
 * @param startedAt The program's start. The gateway counts as present until then: at boot both start together.
 */
export function createBackoff(random: () => number, nearby: boolean, startedAt: number): Backoff {
  let failures = 0;
  let refusals = 0;
  /** A gateway on this host that was present a moment ago is restarting. For a while it is tried often. */
  let quickUntil = startedAt + waits.gatewayNearby.during;
  const pauses = {
    far: backoff(waits.gateway, random),
    nearby: backoff(waits.gatewayNearby, random),
    blocked: backoff(waits.gatewayBlocked, random),
    waiting: backoff(waits.gatewayWaiting, random),
  };
  /** The pause until the device is approved, or the address is allowed again. */
  const waiting = (asked: number | null) => {
    if (asked === null) return pauses.waiting(1);
    // Never before the requested time: each earlier attempt would prolong the lock.
    const { soonest, asked: most, afterAsked } = waits.gatewayWaiting;
    return Math.max(soonest, keepTo(asked, most).ms) + vary(afterAsked, 1, random);
  };
  const retry = (asked: number | null, now: number) => {
    if (asked !== null) return Math.max(waits.gateway.soonest, keepTo(asked, waits.gateway.asked).ms);
    return nearby && now < quickUntil ? pauses.nearby(1) : pauses.far(++failures);
  };
  return {
    lost(connectedAt, now) {
      refusals = 0;
      if (now - connectedAt < proven) return;
      failures = 0;
      quickUntil = now + waits.gatewayNearby.during;
    },
    after({ phase, retryAfter: asked }, now) {
      const { cut } = keepTo(asked ?? 0, (phase === 'waiting' ? waits.gatewayWaiting : waits.gateway).asked);
      if (phase === 'blocked') return { pause: pauses.blocked(++refusals), cut };
      if (phase === 'waiting') return { pause: waiting(asked), cut };
      refusals = 0;
      return { pause: retry(asked, now), cut };
    },
  };
}
