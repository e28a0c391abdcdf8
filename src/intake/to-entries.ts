import { createHash } from 'node:crypto';
import type { Admit, CommandOf } from '../domain/admit.ts';
import type { KnownContact } from '../domain/contact.ts';
import { conversationOf, fileUnder, type SessionFor } from '../domain/conversation.ts';
import { identitiesOf } from '../domain/identity.ts';
import type { InboundMessage } from '../domain/message.ts';
import { plainRoute, type Route } from '../domain/route.ts';
import { writeBody, writeBodyWithoutText, writeUnreadable } from '../domain/stored-body.ts';
import type { Normalised } from '../kapso/inbound/normalised.ts';
import type { Log } from '../observe/log.ts';
import type { OfferPairing } from '../store/access.ts';
import type { NewEntry, ReceivedEntry } from '../store/new-entry.ts';

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

/**
 * Says whose a message is, and where it belongs. Its author is the writer, and the group: an edit or deletion only
 * concerns the same writer's message in the same place.
 */
export function receive(
  message: InboundMessage,
  { sessionFor, routeOf = () => plainRoute, admit, offerPairing, commandOf }: IntakeRules,
): Pick<ReceivedEntry, 'from' | 'file'> {
  const { sender, change, groupId: group = null } = message;
  return {
    from: { ...identitiesOf(sender), name: sender.name, ...(change && { change }) },
    file: contact => {
      const command = commandOf?.(contact, message) ?? null;
      const admission = command === null ? admit(contact, message) : ({ kind: 'admitted' } as const);
      return {
        ...fileUnder(conversationOf(contact, group), sessionFor, routeOf(contact)),
        author: group === null ? contact.key : `${contact.key} in ${group}`,
        admission,
        ...(admission.kind === 'unpaired' && offerPairing && { pairing: offerPairing(contact, message) }),
        ...(command !== null && { command }),
        ...('keepText' in admission && !admission.keepText && { body: writeBodyWithoutText(message) }),
      };
    },
  };
}

/**
 * Turns items that were read from the wire into inbox entries. Items that are not ours to forward are only counted in
 * the log. Unreadable items are kept as failed for the operator, with their raw form.
 */
export function toEntries(items: readonly Normalised[], deps: IntakeRules & { account: string; log: Log }): NewEntry[] {
  const { account } = deps;
  const entries: NewEntry[] = [];
  for (const item of items) {
    if (item.kind === 'message') {
      const { message } = item;
      entries.push({
        id: message.id,
        account,
        ...receive(message, deps),
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
        lane: `unreadable:${createHash('sha256').update(item.id).digest('hex').slice(0, 16)}`,
        occurredAt: item.timestamp,
        body: writeUnreadable(item),
        failure: item.reason,
      });
    }
  }
  return entries;
}
