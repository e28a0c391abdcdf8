/**
 * The turns of lanes in a store that other processes work on too. A lane is claimed for its turns and given back after them,
 * so a process has at most as many lanes as it works on, and the others are free for whoever has the time.
 */
import type { Clock } from '../clock.ts';
import type { Hold } from '../instances/hold.ts';
import type { Leases } from '../instances/leases.ts';
import type { Turn } from './lanes.ts';

export interface ClaimedTurnsOptions {
  leases: Pick<Leases, 'take' | 'giveBack'>;
  /** The name under which a lane is claimed. */
  claimOf: (lane: string) => string;
  turn: (lane: string, hold: Hold) => Promise<Turn>;
  /** Whether turns could do anything at present. If not, the lanes are left to others. */
  canWork: () => boolean;
  /** Whether nothing waits in a lane. */
  isEmpty: (lane: string) => Promise<boolean>;
  /** It interrupts the turns. */
  signal: AbortSignal;
  clock: Clock;
}

export interface ClaimedTurns {
  /** See `LanesOptions`. A lane that another process has counts as empty: a look finds it when it is free. */
  turn(lane: string): Promise<Turn>;
  /** From now on no lane has a further turn. */
  stop(): void;
}

/** Milliseconds for which a lane may have one turn after the other before others of this process have theirs. */
const longest = 2000;

export function createClaimedTurns(options: ClaimedTurnsOptions): ClaimedTurns {
  const { leases, claimOf, turn, canWork, isEmpty, signal, clock } = options;
  let stopped = false;

  async function turns(lane: string, hold: Hold): Promise<Turn> {
    const endsAt = clock.monotonic() + longest;
    for (;;) {
      const next = await turn(lane, hold);
      if (hold.signal.aborted) return 'empty';
      if (next !== 'more' || stopped || clock.monotonic() >= endsAt) return next;
    }
  }

  return {
    async turn(lane) {
      if (stopped || !canWork()) return 'empty';
      const claim = claimOf(lane);
      const taken = await leases.take(claim);
      if (taken === null) return 'empty';
      let next: Turn = 'empty';
      let isLost = true;
      try {
        next = await turns(lane, { ...taken, signal: AbortSignal.any([signal, taken.signal]) });
        isLost = taken.signal.aborted;
      } finally {
        // Also where this process ends, or has no gateway any more: what is left in the lane is then for others.
        await leases.giveBack(claim, { wanted: next === 'more' || stopped || !canWork() });
      }
      // Who added something before the lane was given back could not claim it, and found that somebody has it.
      const mayHaveMore = next === 'empty' && !isLost && !stopped && !signal.aborted && canWork();
      return mayHaveMore && !(await isEmpty(lane)) ? 'more' : next;
    },
    stop: () => {
      stopped = true;
    },
  };
}
