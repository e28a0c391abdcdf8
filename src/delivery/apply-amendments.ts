import type { InboundMessage } from '../domain/message.ts';
import { readBody } from '../domain/stored-body.ts';
import type { Emit } from '../observe/events.ts';
import type { Entry, Store } from '../store/store.ts';
import { type Amended, amend, amendAmendment, isUntouched } from './amend.ts';

interface Parts {
  store: Store;
  emit: Emit;
}

/**
 * Applies edits and deletions to a message that has never been sent, or to the one that it edits. Returns whether
 * anything changed.
 */
export async function applyAmendments(parts: Parts, entry: Entry, message: InboundMessage): Promise<boolean> {
  const { store } = parts;
  const { lane, author } = entry;
  if (author === null || !isUntouched(entry)) return false;
  const of = (id: string) => store.amendments({ id, lane, author });
  if (entry.amends === null) return carryOut(parts, entry, amend(message, await of(entry.id)));
  const original = await store.get(entry.amends);
  const waits = original?.state === 'pending' && isUntouched(original);
  // It may come after its edit in the lane when both are of one second.
  if (waits && original.lane === lane && original.author === author) {
    const body = readBody(original);
    // A message that cannot be read fails in its own turn.
    if (body.kind !== 'message') return false;
    return carryOut(parts, original, amend(body.message, await of(original.id)));
  }
  return carryOut(parts, entry, amendAmendment(entry, await of(entry.amends)));
}

async function carryOut({ store, emit }: Parts, entry: Entry, amended: Amended): Promise<boolean> {
  if (amended.do === 'nothing') return false;
  if (amended.do === 'revise') {
    if (await store.revise(entry.id, amended)) {
      emit({ type: 'message edited', message: entry.id, edits: amended.merged });
    }
    return true;
  }
  await store.settle(entry.id, amended.outcome, { merged: amended.merged });
  emit({ type: 'message superseded', message: entry.id, outcome: amended.outcome });
  return true;
}
