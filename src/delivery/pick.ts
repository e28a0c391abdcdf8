import type { Clock } from '../clock.ts';
import { restsUntil } from '../domain/retry-policy.ts';
import type { Emit } from '../observe/events.ts';
import type { Entry, Store } from '../store/store.ts';
import type { Turn } from './lanes.ts';
import type { Precedence } from './precedence.ts';

export interface PickOptions {
  store: Store;
  clock: Clock;
  emit: Emit;
  precedence: Precedence;
  /** Failures after which a message steps aside. The function is called each time. */
  limit: () => number;
}

export interface Picked {
  entry: Entry;
  /** The earlier messages of its conversation that have stepped aside. */
  passing: readonly Entry[];
}

/** Messages to look at in a conversation whose oldest message keeps failing. */
export const mostWaiting = 50;

/**
 * Reads what is due in a conversation from the store: its oldest message, or another one when that keeps failing, or
 * how long the conversation rests.
 */
export function createPick({
  store,
  clock,
  emit,
  precedence,
  limit,
}: PickOptions): (lane: string) => Promise<Picked | Turn> {
  return async lane => {
    const head = await store.head(lane);
    const now = clock.now();
    if (head === null || head.attempts === 0) {
      precedence.calm(lane);
      const until = head && restsUntil(head.retryAt, now, head.attempts);
      if (until !== null) return { until };
      return head ? { entry: head, passing: [] } : 'empty';
    }
    const queue = await store.waiting(lane, mostWaiting);
    // An operator has dropped it in between.
    if (queue.length === 0) return 'more';
    const places = queue.map(({ retryAt, ...one }) => ({ ...one, until: restsUntil(retryAt, now, one.attempts) }));
    const steps = limit();
    const choice = precedence.choose(lane, places, steps, now);
    if ('until' in choice) return head.attempts < steps ? choice : { ...choice, wakes: true };
    const passing = queue.filter(({ id }) => choice.passing.includes(id));
    if (passing.length > 0) {
      emit({ type: 'message taken first', message: choice.take, passed: passing.map(({ id }) => id) });
    }
    const entry = queue.find(({ id }) => id === choice.take);
    return entry ? { entry, passing } : 'more';
  };
}
