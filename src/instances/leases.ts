/** What this process has claimed in a store that several share: lanes and roles. All claims are renewed together. */
import type { Clock } from '../clock.ts';
import { maskLane } from '../mask.ts';
import type { Emit } from '../observe/events.ts';
import type { Claims } from '../store/claims.ts';
import { StoreError } from '../store/errors.ts';
import { waits } from '../waits.ts';
import type { Hold } from './hold.ts';

export interface LeasesOptions {
  claims: Pick<Claims, 'claim' | 'renew' | 'release'>;
  clock: Clock;
  emit: Emit;
}

export interface Leases {
  /**
   * Claims a lane or a role, which must not be held yet. Null when another process has it, or the store cannot be asked.
   * What is asked for in the same moment is claimed together.
   */
  take(lane: string): Promise<Hold | null>;
  /**
   * Gives it back, when nothing goes on under it any more. `wanted`: others may want it, and are told. What cannot be given
   * back ends with its lease.
   */
  giveBack(lane: string, how: { wanted: boolean }): Promise<void>;
  /** Gives all back that is left, and takes nothing more. */
  stop(): Promise<void>;
}

/** Milliseconds that a claim lasts. */
export const { lease } = waits.claims;
/** A claim is renewed when so much of its lease is over. */
const renewedAfter = lease / 3;
/** Milliseconds before the end of a lease at which it counts as over: for clocks of different speed, and what is on its way. */
const margin = 1000;

/** A moment by both clocks. One stands still while the machine is suspended, the other one may be set. */
interface Moment {
  monotonic: number;
  wall: number;
}

interface Held {
  /** The moment up to which nobody else can have it. */
  until: Moment;
  loss: AbortController;
}

export function createLeases({ claims, clock, emit }: LeasesOptions): Leases {
  const held = new Map<string, Held>();
  /** What is asked of the store, or about to be. Its answer is not known yet. */
  const asking = new Set<string>();
  const releasing = new Set<string>();
  let wanted: { lane: string; answer: PromiseWithResolvers<Hold | null> }[] = [];
  let failing = false;
  let stopped = false;
  /** Ends the wait for the next renewal; null while there is none to wait for. */
  let cancelRenewal: (() => void) | null = null;
  let renewing = false;
  let cancelExpiry = () => {};

  const now = (): Moment => ({ monotonic: clock.monotonic(), wall: clock.now() });
  /** What remains of a time that began at a moment, by the clock that has gone further. */
  const left = (from: Moment, ms: number) => ms - Math.max(clock.monotonic() - from.monotonic, clock.now() - from.wall);
  const leaseFrom = ({ monotonic, wall }: Moment): Moment => ({ monotonic: monotonic + lease, wall: wall + lease });
  const remaining = ({ until }: Held) => left(until, 0) - margin;

  function fails(error: unknown): void {
    if (!failing) emit({ type: 'claims failing', error });
    failing = true;
  }

  function works(): void {
    if (failing) emit({ type: 'claims work again' });
    failing = false;
  }

  function lose(lane: string, one: Held, why: string): void {
    if (held.get(lane) !== one) return;
    held.delete(lane);
    emit({ type: 'claim lost', lane, reason: why });
    one.loss.abort(lost(lane, why));
  }

  /** Ends the claims whose lease is over, and waits for the next that will be. */
  function expire(): void {
    cancelExpiry();
    for (const [lane, one] of held) if (remaining(one) <= 0) lose(lane, one, tooLate);
    const ends = [...held.values()].map(remaining);
    if (ends.length > 0) cancelExpiry = clock.after(Math.max(0, Math.min(...ends)), expire);
  }

  function renewLater(ms: number): void {
    if (stopped || renewing || cancelRenewal !== null || held.size === 0) return;
    cancelRenewal = clock.after(ms, renew);
  }

  async function renew(): Promise<void> {
    cancelRenewal = null;
    renewing = true;
    const from = now();
    const before = [...held];
    try {
      const still = new Set(await claims.renew(lease));
      for (const [lane, one] of before) {
        if (still.has(lane)) one.until = leaseFrom(from);
        else lose(lane, one, 'another process has taken it over');
      }
      // Such a claim was made by a request whose answer did not come.
      const unknown = [...still].filter(lane => !held.has(lane) && !asking.has(lane) && !releasing.has(lane));
      if (unknown.length > 0) await claims.release(unknown, { wanted: true });
      works();
    } catch (error) {
      fails(error);
    } finally {
      renewing = false;
      expire();
      renewLater(failing ? waits.claims.again : renewedAfter);
    }
  }

  function hold(lane: string, one: Held): Hold {
    const assertHeld = () => {
      if (one.loss.signal.aborted) throw one.loss.signal.reason;
      if (remaining(one) > 0) return;
      lose(lane, one, tooLate);
      throw lost(lane, tooLate);
    };
    return {
      signal: one.loss.signal,
      assertHeld,
      departure: () => {
        const from = now();
        return () => {
          assertHeld();
          if (left(from, lease - margin) <= 0) throw lost(lane, 'it took too long to leave');
        };
      },
    };
  }

  async function claimAll(): Promise<void> {
    const all = wanted;
    wanted = [];
    const from = now();
    try {
      const lanes = new Set(
        await claims.claim(
          all.map(({ lane }) => lane),
          lease,
        ),
      );
      for (const { lane, answer } of all) {
        if (!lanes.has(lane)) {
          answer.resolve(null);
          continue;
        }
        const one: Held = { until: leaseFrom(from), loss: new AbortController() };
        held.set(lane, one);
        answer.resolve(hold(lane, one));
      }
      works();
    } catch (error) {
      fails(error);
      for (const { answer } of all) answer.resolve(null);
    } finally {
      for (const { lane } of all) asking.delete(lane);
      expire();
      renewLater(renewedAfter);
    }
  }

  /** Waits for nothing any more. */
  function rest(): void {
    cancelRenewal?.();
    cancelRenewal = null;
    cancelExpiry();
  }

  async function release(lanes: readonly string[], how: { wanted: boolean }): Promise<void> {
    for (const lane of lanes) {
      held.delete(lane);
      releasing.add(lane);
    }
    if (held.size === 0) rest();
    try {
      await claims.release(lanes, how);
    } catch (error) {
      fails(error);
    } finally {
      for (const lane of lanes) releasing.delete(lane);
    }
  }

  return {
    take(lane) {
      if (stopped) return Promise.resolve(null);
      const answer = Promise.withResolvers<Hold | null>();
      if (wanted.length === 0) queueMicrotask(claimAll);
      wanted.push({ lane, answer });
      asking.add(lane);
      return answer.promise;
    },
    // Also one that is lost: it may be this process's yet, and others would wait for its end.
    giveBack: (lane, how) => release([lane], how),
    async stop() {
      stopped = true;
      rest();
      if (held.size > 0) await release([...held.keys()], { wanted: true });
    },
  };
}

const tooLate = 'it could not be renewed in time, or this machine or process stood still';

function lost(lane: string, why: string): StoreError {
  return new StoreError('STORE_CLAIMED', `the claim on ${maskLane(lane)} was lost: ${why}`, {
    hint: 'Nothing: another process goes on, or this one as soon as it can claim it again.',
  });
}
