import { backoff, keepTo, vary, waits } from '../../waits.ts';
import type { ConnectionFailure } from './classify.ts';

/** When to try the gateway again. All times are milliseconds; how long each pause is stands in `waits`. */

/** A connection shorter than this proves nothing: the next attempts go on slowing down. */
const proven = 5000;
/** No attempt comes sooner than this, whatever the gateway asks for; where each attempt prolongs a lock, later. */
const soonest = { retry: 100, waiting: 1000 };

export interface Backoff {
  /** A connection ended that had lasted since `connectedAt`. */
  lost(connectedAt: number, now: number): void;
  /**
   * The pause before the next attempt; `cut` says for the log what the gateway asked for, where that is more than it gets. It grows with
   * each failure of one phase: where only an operator can help, it is looked less often from the start.
   */
  after(failure: Pick<ConnectionFailure, 'phase' | 'retryAfter'>, now: number): { pause: number; cut: string | null };
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
  /** Until the device is approved, or the address is let in again. */
  const waiting = (asked: number | null) => {
    if (asked === null) return pauses.waiting(1);
    // Never before the time asked for: each attempt before it would prolong the lock.
    return Math.max(soonest.waiting, keepTo(asked, waits.gatewayWaiting.asked).ms) + vary(1000, 1, random);
  };
  const retry = (asked: number | null, now: number) => {
    if (asked !== null) return Math.max(soonest.retry, keepTo(asked, waits.gateway.asked).ms);
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
