import type { Entry, Store } from '../store.ts';
import type { Statement, Step } from './step.ts';

/** Amendments of one entry that count: those that arrived first. */
const mostAmendments = 200;

/**
 * Reads the amendments of an entry, in the lane's order; see `Store.amendments`. It follows the chain link by link, and ends
 * in time: a sender may have made it as long as he likes. To run inside a transaction, or as a read of its own.
 */
export function* amendmentsOf(
  amending: Statement,
  { id, lane, author }: Parameters<Store['amendments']>[0],
): Step<Entry[]> {
  const chain = new Set([id]);
  const found: (Entry & { batch: number; position: number })[] = [];
  // The set is gone through with what is added meanwhile. Of what amends a link, the entry itself may be one.
  for (const amended of chain) {
    if (found.length === mostAmendments) break;
    for (const row of yield* amending.all({ amended, lane, author, limit: mostAmendments + 1 })) {
      const one = row as unknown as (typeof found)[number];
      if (chain.has(one.id) || found.length === mostAmendments) continue;
      chain.add(one.id);
      found.push(one);
    }
  }
  found.sort((a, b) => a.occurredAt - b.occurredAt || a.batch - b.batch || a.position - b.position);
  return found.map(({ batch: _, position: __, ...entry }) => entry);
}
