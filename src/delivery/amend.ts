/** What edits and deletions do to messages that still wait. Pure. */
import { amendedText } from '../domain/amendment.ts';
import type { InboundMessage } from '../domain/message.ts';
import { readBody, writeBody } from '../domain/stored-body.ts';
import type { Entry } from '../store/store.ts';

export type Amended =
  /** The message is sent unchanged. */
  | { do: 'nothing' }
  /** The message gets this body, and the edits are settled with it. */
  | { do: 'revise'; body: string; merged: string[] }
  /** The message is not sent any more: it was deleted, or the agent has read, or will read, what replaces it. */
  | { do: 'settle'; outcome: 'withdrawn' | 'replaced' | 'merged'; merged: string[] };

/** Whether it has never been sent, so that it can still change. */
export function isUntouched(entry: Pick<Entry, 'state' | 'runNumber'>): boolean {
  return (entry.state === 'pending' || entry.state === 'held') && entry.runNumber === 0;
}

/** The outcomes of a run: what the customer got, or is to get. */
const outcomesOfRuns: ReadonlySet<string | null> = new Set(['answering', 'answered', 'failed', 'silent', 'stopped']);

/** Whether the agent has read it, or reads it now. */
export function isRead({ state, outcome }: Pick<Entry, 'state' | 'outcome'>): boolean {
  return state === 'sending' || (state === 'settled' && outcomesOfRuns.has(outcome));
}

/** Whether it was kept for the next message, which shows it to the agent without asking for an answer to it. */
function isContext({ state, outcome }: Entry): boolean {
  return state === 'settled' && outcome === 'context';
}

/** Whether it counts for the message of this id. A failed or dropped one, or one that went into another message, does not. */
function counts(entry: Entry, id: string): boolean {
  const isMerged = entry.outcome === 'merged' && entry.carriedBy === id;
  return isUntouched(entry) || isRead(entry) || isContext(entry) || isMerged;
}

/**
 * Decides what becomes of a waiting message, by the edits and deletions that name it (all of its own sender, in order).
 * A deletion withdraws it, whatever else was edited. Of several edits the last counts. When the agent has read that
 * edit already, because it came before its original, the original is no news.
 */
export function amend(message: InboundMessage, amendments: readonly Entry[]): Amended {
  const changes = amendments.flatMap(entry => {
    const body = readBody(entry);
    const words = body.kind === 'message' ? body.message.amends?.words : undefined;
    return words !== undefined && counts(entry, message.id) ? [{ entry, words }] : [];
  });
  const merged = changes
    .filter(({ entry }) => isUntouched(entry) || (isContext(entry) && entry.carriedBy === null))
    .map(({ entry }) => entry.id);
  if (changes.some(({ words }) => words === null)) return { do: 'settle', outcome: 'withdrawn', merged };
  const last = changes.at(-1);
  if (last === undefined || last.words === null) return { do: 'nothing' };
  if (isRead(last.entry)) return { do: 'settle', outcome: 'replaced', merged };
  const text = amendedText(message, last.words);
  const amends = message.amends && { ...message.amends, words: last.words };
  // An edit that another message has shown to the agent is not merged, and would be applied for ever.
  if (merged.length === 0 && text === message.text && amends?.words === message.amends?.words) return { do: 'nothing' };
  const revised: InboundMessage = { ...message, text, ...(amends && { amends }) };
  return { do: 'revise', body: writeBody(revised), merged };
}

/**
 * Decides what becomes of an edit or deletion whose original no longer waits: a later one of the same message replaces
 * it.
 *
 * @param siblings all that amend the same message, in order, this entry included.
 */
export function amendAmendment(entry: Entry, siblings: readonly Entry[]): Amended {
  const later = siblings.slice(siblings.findIndex(({ id }) => id === entry.id) + 1);
  return later.some(isUntouched) ? { do: 'settle', outcome: 'merged', merged: [] } : { do: 'nothing' };
}
