import { createHash } from 'node:crypto';
import type { Admit, CommandOf } from '../domain/admit.ts';
import type { KnownContact } from '../domain/contact.ts';
import { conversationKey, conversationOf, fileUnder, type SessionFor } from '../domain/conversation.ts';
import { identitiesOf } from '../domain/identity.ts';
import type { InboundMessage } from '../domain/message.ts';
import { plainRoute, type Route } from '../domain/route.ts';
import { writeBody, writeBodyWithoutText, writeUnreadable } from '../domain/stored-body.ts';
import type { Normalised } from '../kapso/inbound/normalised.ts';
import { asLabel } from '../narrow.ts';
import type { Log } from '../observe/log.ts';
import type { OfferPairing } from '../store/access.ts';
import type { Filed, NewEntry, ReceivedEntry } from '../store/new-entry.ts';

/** Where messages belong. */
export interface FilingRules {
  sessionFor: SessionFor;
  /** What an operator has laid down for a contact. By default nothing. */
  routeOf?: ((contact: KnownContact) => Route) | undefined;
}

export interface IntakeRules extends FilingRules {
  /** Who may write, and how much. */
  admit: Admit;
  /** Needed where `admit` has senders wait for an approval. */
  offerPairing?: OfferPairing | undefined;
  /** Which messages are commands. By default none. */
  commandOf?: CommandOf | undefined;
}

interface EntryRules extends IntakeRules {
  log: Log;
  /** What WhatsApp took before this time, in milliseconds since the epoch, another program has handled. By default nothing. */
  handledBefore?: number | null;
}

/**
 * Says whose a message is, and where it belongs. Its author is the writer, and the group: an edit or deletion only
 * concerns the same writer's message in the same place.
 */
export function receive(message: InboundMessage, rules: IntakeRules): Pick<ReceivedEntry, 'from' | 'file'> {
  const { sender, change } = message;
  return {
    from: { ...identitiesOf(sender), name: sender.name, ...(change && { change }) },
    file: contact => ({ ...place(contact, message, rules), ...judge(contact, message, rules) }),
  };
}

type Place = Omit<Filed, 'admission'>;

function place(
  contact: KnownContact,
  message: InboundMessage,
  { sessionFor, routeOf = () => plainRoute }: FilingRules,
): Place {
  const { groupId: group = null } = message;
  return {
    ...fileUnder(conversationOf(contact, group), sessionFor, routeOf(contact)),
    author: group === null ? contact.key : `${contact.key} in ${group}`,
  };
}

function judge(
  contact: KnownContact,
  message: InboundMessage,
  { admit, offerPairing, commandOf }: IntakeRules,
): Pick<Filed, 'admission' | 'pairing' | 'command' | 'body'> {
  const command = commandOf?.(contact, message) ?? null;
  const admission = command === null ? admit(contact, message) : ({ kind: 'admitted' } as const);
  return {
    admission,
    ...(admission.kind === 'unpaired' && offerPairing && { pairing: offerPairing(contact, message) }),
    ...(command !== null && { command }),
    ...('keepText' in admission && !admission.keepText && { body: writeBodyWithoutText(message) }),
  };
}

/**
 * For messages that another program has handled: where they belong, and why no agent gets them. Nobody is asked whether
 * the sender may write, and no limit counts them.
 */
function asHandled(place: Place, handledBefore: number): Filed {
  const reason =
    'The earlier program had it: it is older than the position which that one left in last-poll ' +
    `(${new Date(handledBefore).toISOString()}); with inbox retry the agent gets it all the same`;
  return { ...place, admission: { kind: 'admitted' }, handled: reason };
}

/**
 * The same as `receive`, for a message that comes with others: a defect in what decides about it costs this message, which is
 * kept as failed. A throw would undo the whole page, and the same one would be read again without end.
 */
function receiveSafely(message: InboundMessage, rules: EntryRules): ReturnType<typeof receive> {
  const { from, file } = receive(message, rules);
  const { handledBefore = null } = rules;
  return {
    from,
    file: contact => {
      try {
        if (handledBefore !== null && message.timestamp < handledBefore) {
          return asHandled(place(contact, message, rules), handledBefore);
        }
        return file(contact);
      } catch (error) {
        rules.log.debug({ error, message: message.id }, 'A message could not be taken in');
        const why = error instanceof Error ? error.message : String(error);
        const failure =
          `It could not be taken in: ${asLabel(why) ?? 'it is not known why'}. This is a defect of the program: please report ` +
          'it; with inbox retry the message is handed to the agent';
        return { ...placeOrAside(contact, message, rules), admission: { kind: 'admitted' }, failure };
      }
    },
  };
}

/** Where a message belongs; where not even that can be said, its conversation alone. */
function placeOrAside(contact: KnownContact, message: InboundMessage, rules: FilingRules): Place {
  try {
    return place(contact, message, rules);
  } catch {
    const conversation = conversationKey(conversationOf(contact, message.groupId ?? null));
    const { key } = contact;
    return { lane: conversation, contact: key, conversation, session: conversation, author: key };
  }
}

/**
 * Turns items that were read from the wire into inbox entries. Items that are not ours to forward are only counted in
 * the log. Unreadable items are kept as failed for the operator, with their raw form.
 */
export function toEntries(
  items: readonly Normalised[],
  deps: EntryRules & { account: string },
  by?: 'webhook' | 'poll',
): NewEntry[] {
  const { account } = deps;
  const entries: NewEntry[] = [];
  for (const item of items) {
    if (item.kind === 'message') {
      const { message } = item;
      entries.push({
        id: message.id,
        account,
        by,
        ...receiveSafely(message, deps),
        occurredAt: message.timestamp,
        body: writeBody(message),
        ...(message.amends && { amends: message.amends.id }),
      });
    } else if (item.kind === 'skipped') {
      deps.log.debug({ message: item.id, reason: item.reason }, 'Not for the agent');
    } else {
      entries.push({
        id: item.id,
        account,
        by,
        lane: `unreadable:${createHash('sha256').update(item.id).digest('hex').slice(0, 16)}`,
        occurredAt: item.timestamp,
        body: writeUnreadable(item),
        failure: item.reason,
      });
    }
  }
  return entries;
}
