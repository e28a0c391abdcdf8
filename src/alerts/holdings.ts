import { isOurs } from '../errors.ts';
import type { Holdings } from '../problems/assess.ts';
import type { Store } from '../store/store.ts';

export interface Counted extends Holdings {
  waiting: { messages: number; replies: number };
}

/** Of the oldest that wait, so many are looked at. */
const looked = 200;

/**
 * Counts what somebody should know of. What tells an operator is no answer to a customer: an alert about an alert that
 * failed would fail too. Null when the store cannot be read.
 *
 * @param doubtfulBefore milliseconds since the epoch: what left before, and has no end, is in doubt
 */
export async function countHoldings(
  { counts, outbox }: Pick<Store, 'counts' | 'outbox'>,
  doubtfulBefore: number,
): Promise<Counted | null> {
  try {
    const { byState } = await counts();
    const { pending, sending, failed } = await outbox.counts();
    const rows = sending === 0 ? [] : await outbox.waiting(looked);
    const doubtful = rows.filter(
      ({ state, via, begunAt }) =>
        state === 'sending' && via !== 'alert' && (begunAt ?? doubtfulBefore) < doubtfulBefore,
    );
    return {
      failedMessages: byState.failed,
      failedReplies: failed === 0 ? 0 : failed - (await outbox.countOf('failed', 'alert')),
      doubtfulReplies: doubtful.length,
      waiting: { messages: byState.pending + byState.sending, replies: pending + sending },
    };
  } catch (error) {
    if (!isOurs(error)) throw error;
    return null;
  }
}
