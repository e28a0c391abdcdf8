/** Finds what a message speaks of: the earlier message that it answers, reacts to, edits or deletes. */
import { amendedText } from '../domain/amendment.ts';
import { type InboundMessage, withAddress } from '../domain/message.ts';
import { readContent } from '../domain/outgoing-body.ts';
import { namedIn, type Reference, saidBy, saidByUs } from '../domain/reference.ts';
import { readBody } from '../domain/stored-body.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry, Store } from '../store/store.ts';
import type { Admissions } from './admissions.ts';
import { isRead } from './amend.ts';
import { correspondentOf } from './correspondent.ts';

export interface ReferenceParts {
  store: Pick<Store, 'get' | 'amendments' | 'contacts' | 'outbox'>;
  /** Say whether the agent may read what another one has written. By default it may. */
  admissions?: Pick<Admissions, 'of'> | undefined;
}

/** A message of a turn. */
export interface Spoken {
  entry: Entry;
  message: InboundMessage;
}

/** Earlier messages to show in a turn: the last that are spoken of. */
const most = 20;

/**
 * Returns the earlier messages that those of a turn speak of, each once, in the order in which they are named. One is left out
 * when it is not known, or was not in the same conversation, or is not for the agent.
 */
export async function referencesOf(parts: ReferenceParts, turn: readonly Spoken[]): Promise<Reference[]> {
  const named = new Map(turn.flatMap(one => namedIn(one.message).map(id => [id, one] as const)));
  const found: Reference[] = [];
  for (const [id, by] of [...named].slice(-most)) {
    const reference = (await received(parts, id, by)) ?? (await sent(parts, id, by));
    if (reference !== null && reference.words !== '') found.push(reference);
  }
  return found;
}

/** What somebody wrote to the business. */
async function received(parts: ReferenceParts, id: string, by: Spoken): Promise<Reference | null> {
  const { store, admissions } = parts;
  const entry = await store.get(id);
  if (entry === null || entry.account !== by.entry.account || entry.conversation !== by.entry.conversation) return null;
  const body = readBody(entry);
  if (body.kind !== 'message' || !isForAgent(entry)) return null;
  const changes = by.message.amends?.id === id;
  const isKnown = isRead(entry) || entry.outcome === 'context' || entry.outcome === 'merged';
  // What was deleted before the agent has read it stays unread.
  if (changes && by.message.amends?.words === null && !isKnown) return null;
  const admission = (await admissions?.of(entry, body.message))?.admission;
  if (admission !== undefined && admission.kind !== 'admitted') return null;
  const { address } = await correspondentOf(store.contacts, entry, body.message);
  return {
    id,
    by: withAddress(body.message, address || 'unknown').sender,
    at: body.message.timestamp,
    words: saidBy(await asRead(store, entry, body.message, by.entry)),
    ...(changes && { changed: true as const }),
  };
}

/** Whether it was admitted when it came, and was not taken back before the agent has read it. */
function isForAgent({ state, outcome }: Entry): boolean {
  const refused = state === 'denied' || state === 'limited' || state === 'unpaired' || state === 'dropped';
  return !refused && outcome !== 'withdrawn' && outcome !== 'command';
}

/** The message with the last words that the agent has read of it, before those of the entry `but`. */
async function asRead(
  store: ReferenceParts['store'],
  { id, lane, author }: Entry,
  message: InboundMessage,
  but: Entry,
): Promise<InboundMessage> {
  if (author === null) return message;
  const edits = (await store.amendments({ id, lane, author })).flatMap(one => {
    const body = one.id !== but.id && isRead(one) ? readBody(one) : null;
    return body?.kind === 'message' ? (body.message.amends?.words ?? []) : [];
  });
  const words = edits.at(-1);
  return words === undefined ? message : { ...message, text: amendedText(message, words) };
}

/** What the business has sent with this program. */
async function sent({ store }: ReferenceParts, id: string, { entry }: Spoken): Promise<Reference | null> {
  const row = await store.outbox.find({ sentId: id, mark: null });
  if (row === null || row.account !== entry.account || row.lane !== entry.conversation) return null;
  const content = isSecret(row) ? null : readContent(row.body);
  if (content === null) return null;
  return { id, by: 'us', at: row.begunAt ?? row.createdAt, words: saidByUs(content) };
}

/** A code for a pairing is for the contact and the operator. */
function isSecret({ via }: Outgoing): boolean {
  return via === 'pairing';
}
