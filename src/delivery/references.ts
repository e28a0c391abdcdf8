/** Finds what a message speaks of: the earlier message that it answers, reacts to, edits or deletes. */
import { amendedText } from '../domain/amendment.ts';
import { type InboundMessage, withAddress } from '../domain/message.ts';
import { readContent } from '../domain/outgoing-body.ts';
import { groupAddress } from '../domain/recipient.ts';
import { type FoundMessage, namedIn, type Reference, saidBy, saidByUs } from '../domain/reference.ts';
import { readBody } from '../domain/stored-body.ts';
import { isOurs } from '../errors.ts';
import type { Log } from '../observe/log.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry, Store } from '../store/store.ts';
import type { Admissions } from './admissions.ts';
import { isRead } from './amend.ts';
import { correspondentOf } from './correspondent.ts';
import { type Contact, isSame } from './own-sends/recipients.ts';

export interface ReferenceParts {
  store: Pick<Store, 'get' | 'amendments' | 'contacts' | 'outbox'>;
  /** Say whether the agent may read what another one has written. By default it may. */
  admissions?: Pick<Admissions, 'of'> | undefined;
  /** Asks Kapso for a message that neither the inbox nor the outbox knows. By default nobody is asked. */
  findMessage?: FindMessage | undefined;
  log: Log;
  signal: AbortSignal;
}

/** Resolves to null when Kapso has none. Throws a KapsoWhatsappError when it cannot be asked. */
export type FindMessage = (id: string, signal: AbortSignal) => Promise<FoundMessage | null>;

/** A message of a turn. */
export interface Spoken {
  entry: Entry;
  message: InboundMessage;
}

/** Earlier messages to show in a turn: the last that are spoken of. */
const most = 20;

/**
 * Returns the earlier messages that those of a turn speak of, each once, in the order in which they are named. One is left out
 * when it is not known, or was not in the same conversation, or is not for the agent. Rejects with the signal's reason.
 */
export async function referencesOf(parts: ReferenceParts, turn: readonly Spoken[]): Promise<Reference[]> {
  const named = new Map(turn.flatMap(one => namedIn(one.message).map(id => [id, one] as const)));
  const found: Reference[] = [];
  for (const [id, by] of [...named].slice(-most)) {
    const reference = await find(parts, id, by);
    if (reference !== null && reference.words !== '') found.push(reference);
  }
  return found;
}

async function find(parts: ReferenceParts, id: string, by: Spoken): Promise<Reference | null> {
  const entry = await parts.store.get(id);
  if (entry !== null) return received(parts, entry, by);
  const row = await parts.store.outbox.find({ sentId: id, mark: null });
  const ours = row && sent(row, by);
  // The words of what the agent has sent itself are not in the outbox.
  if (row !== null && (ours === null || ours.words !== '')) return ours;
  return atKapso(parts, id, by);
}

/** What somebody wrote to the business. */
async function received(parts: ReferenceParts, entry: Entry, by: Spoken): Promise<Reference | null> {
  const { store, admissions } = parts;
  const { id } = entry;
  if (entry.account !== by.entry.account || entry.conversation !== by.entry.conversation) return null;
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

/** What the business has sent with this program. A code for a pairing is for the contact and the operator alone. */
function sent({ sentId, via, account, lane, body, ...row }: Outgoing, { entry }: Spoken): Reference | null {
  const isHere = account === entry.account && lane === entry.conversation;
  const content = isHere && via !== 'pairing' ? readContent(body) : null;
  if (content === null || sentId === null) return null;
  return { id: sentId, by: 'us', at: row.begunAt ?? row.createdAt, words: saidByUs(content) };
}

/** What the agent has sent itself, other programs and people have sent, or the sender wrote long ago. */
async function atKapso(parts: ReferenceParts, id: string, by: Spoken): Promise<Reference | null> {
  // What was there before a change may be changed at Kapso too.
  if (parts.findMessage === undefined || by.message.amends?.id === id) return null;
  let found: FoundMessage | null;
  try {
    found = await parts.findMessage(id, parts.signal);
  } catch (error) {
    if (parts.signal.aborted || !isOurs(error)) throw error;
    parts.log.debug({ error, message: by.entry.id, of: id }, 'Kapso does not say what a message speaks of');
    return null;
  }
  if (found === null) return null;
  const { isOurs: byUs, to, userId, at, words } = found;
  const place = await placeOf(parts, by);
  if (isSame(place, to) !== true && isSame(place, userId) !== true) return null;
  return { id, by: byUs ? 'us' : by.message.sender, at, words };
}

/** Where a message was written: with its sender, or in a group. */
async function placeOf({ store }: ReferenceParts, { entry, message }: Spoken): Promise<Contact> {
  if (message.groupId !== undefined) {
    const address = groupAddress(message.groupId);
    return { contact: address, address };
  }
  const { contact, address, identities } = await correspondentOf(store.contacts, entry, message);
  return { contact, address, others: identities };
}
