/** What edits and deletions make of messages that still wait. Pure. */
import { amendedText } from '../domain/amendment.ts';
import type { InboundMessage } from '../domain/message.ts';
import type { Entry } from '../store/store.ts';

export type Amended =
  /** The message is to be sent as it stands. */
  | { do: 'nothing' }
  /** It gets this body, and the edits are settled with it. */
  | { do: 'revise'; body: string; merged: string[] }
  /** It is not to be sent any more: deleted, or the agent has read, or will read, what takes its place. */
  | { do: 'settle'; outcome: 'withdrawn' | 'replaced' | 'merged'; merged: string[] };

/** Whether it has never left, so that it can still be changed. */
export function isUntouched(entry: Pick<Entry, 'state' | 'runNumber'>): boolean {
  return (entry.state === 'pending' || entry.state === 'held') && entry.runNumber === 0;
}

/** Whether the agent has read it, or reads it now. */
function isRead({ state, outcome }: Pick<Entry, 'state' | 'outcome'>): boolean {
  return state === 'sending' || (state === 'settled' && (outcome === 'answered' || outcome === 'silent'));
}

/**
 * What becomes of a message that waits, by the edits and deletions that name it (all of its own sender's, in order). A deletion
 * withdraws it, whatever else was edited; of several edits the last counts. Where the agent has read one of them already, because it came
 * before its original, the original is no news.
 */
export function amend(message: InboundMessage, amendments: readonly Entry[]): Amended {
  const known = amendments.map(one => ({ entry: one, words: (JSON.parse(one.body) as InboundMessage).amends?.words }));
  const waiting = known.filter(one => isUntouched(one.entry) && one.words !== undefined);
  const merged = waiting.map(one => one.entry.id);
  if (waiting.some(({ words }) => words === null)) return { do: 'settle', outcome: 'withdrawn', merged };
  const words = waiting.at(-1)?.words;
  if (typeof words === 'string') {
    const text = amendedText(message, words);
    const revised: InboundMessage = {
      ...message,
      text,
      ...(message.amends && { amends: { ...message.amends, words } }),
    };
    return { do: 'revise', body: JSON.stringify(revised), merged };
  }
  const read = known.filter(one => isRead(one.entry));
  if (read.length === 0) return { do: 'nothing' };
  return { do: 'settle', outcome: read.some(one => one.words === null) ? 'withdrawn' : 'replaced', merged: [] };
}

/**
 * What becomes of an edit or deletion whose original waits no longer: a later one of the same message takes its place.
 *
 * @param siblings all that amend the same message, in order, itself among them.
 */
export function amendAmendment(entry: Entry, siblings: readonly Entry[]): Amended {
  const later = siblings.slice(siblings.findIndex(({ id }) => id === entry.id) + 1);
  return later.some(isUntouched) ? { do: 'settle', outcome: 'merged', merged: [] } : { do: 'nothing' };
}
