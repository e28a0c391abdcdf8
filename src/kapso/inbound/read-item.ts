import { isGroupId } from '../../domain/recipient.ts';
import { asId, asLabel, asRecord, asString, phoneDigits, type WireObject } from '../../narrow.ts';
import { contentHash, jsonSafe } from './content-hash.ts';
import { readMedia } from './media.ts';
import { messageId } from './message-id.ts';
import type { Normalised } from './normalised.ts';
import { readGroupMember, readSender } from './sender.ts';
import { skip } from './skip-reasons.ts';
import { readContent } from './text.ts';
import { firstTimestamp } from './timestamp.ts';
import type { WireContacts } from './wire-contacts.ts';

export interface NormaliseContext {
  /** An item that is marked for another number is skipped. */
  phoneNumberId: string;
  /** Milliseconds since the epoch, for a message without a time of its own. The default is the system's time. */
  now?: number;
  /** An item that is marked for no number is skipped too. */
  mustBeNamed?: boolean;
}

/** One message on the wire, with what surrounds it. */
export interface Item {
  message: unknown;
  /** The object that contains the message. */
  envelope: WireObject;
  conversation: WireObject;
  contacts: WireContacts;
  phoneNumberId: unknown;
  ownNumber: unknown;
}

/** Reads one message in any surroundings. */
export function readItem(item: Item, context: NormaliseContext): Normalised {
  const wire = asRecord(item.message);
  if (!wire) return unreadable(item.message, 'the message is not an object', context);
  const message = fromFlat(wire);
  const kapso = asRecord(message.kapso) ?? {};
  const id = idOf(message);
  const numbers = [item.phoneNumberId, kapso.phone_number_id, message.phone_number_id].map(asId);
  const otherNumber = numbers.find(number => number !== null && number !== context.phoneNumberId) ?? null;
  const isUnnamed = context.mustBeNamed === true && numbers.every(number => number === null);
  const reason = isUnnamed ? skip.unnamed : skipReason(item, message, kapso, id, otherNumber);
  if (reason)
    return {
      kind: 'skipped',
      id,
      reason,
      ...(reason === skip.otherNumber && otherNumber && { phoneNumberId: otherNumber }),
    };
  if (id === null) return unreadable(item.message, 'the message has no WhatsApp id', context);

  const { conversation, contacts, ownNumber } = item;
  const groupId = [message, kapso, conversation].map(part => asId(part.group_id)).find(Boolean) ?? null;
  // What was written in a group is never taken for what was written to the business alone.
  if (groupId !== null && !isGroupId(groupId))
    return unreadable(item.message, 'its group has no known kind of id', context);
  const parts = { message, kapso, conversation, contacts, ownNumber };
  const sender = groupId === null ? readSender(parts) : readGroupMember(parts);
  if (!sender) {
    const what = groupId === null ? 'the message' : 'the group message';
    return unreadable(item.message, `${what} names no sender`, context);
  }

  const now = context.now ?? Date.now();
  const at = timeOf(message, kapso, now);
  const type = asLabel(message.type, 64) ?? (asRecord(message.text) ? 'text' : 'unknown');
  const media = readMedia(type, message, kapso);
  const replyTo = messageId(asRecord(message.context)?.id);
  return {
    kind: 'message',
    ...(at === null && { undated: true }),
    message: {
      id,
      account: context.phoneNumberId,
      sender,
      conversationId:
        asLabel(conversation.id, 128) ??
        asLabel(kapso.whatsapp_conversation_id, 128) ??
        asLabel(message.whatsapp_conversation_id, 128),
      timestamp: at ?? now,
      type,
      ...readContent({ message, kapso, type, media, sender }),
      media,
      ...(groupId === null ? {} : { groupId }),
      ...(replyTo === null ? {} : { replyTo }),
    },
  };
}

/** v1 and the platform list put Kapso's fields beside the message's, with Kapso's own id under `id`. */
function fromFlat(message: WireObject): WireObject {
  if (message.message_type === undefined && message.whatsapp_message_id === undefined) return message;
  return {
    ...message,
    id: message.whatsapp_message_id ?? (String(message.id).startsWith('wamid.') ? message.id : null),
    type: message.type ?? message.message_type,
    kapso: { ...message, ...asRecord(message.kapso) },
  };
}

function skipReason(
  item: Item,
  message: WireObject,
  kapso: WireObject,
  id: string | null,
  otherNumber: string | null,
): string | null {
  if (item.envelope.test === true || id?.startsWith('wamid.TEST_')) return skip.test;
  if (otherNumber !== null) return skip.otherNumber;
  const direction = asString(kapso.direction) ?? asString(message.direction);
  const origin = asString(kapso.origin) ?? asString(message.origin);
  if (origin === 'history_sync') return skip.history;
  // What the owner types on the phone comes back as outbound. Only an explicit "inbound" shows that it is none of that.
  if (origin === 'business_app' && direction !== 'inbound') return skip.app;
  if (direction !== null && direction !== 'inbound') return skip.outbound;
  const from = phoneDigits(message.from);
  if (from !== null && direction === null && from === phoneDigits(item.ownNumber)) return skip.outbound;
  if (direction === null && asString(message.to) && !asString(message.from) && !asString(message.from_user_id)) {
    return skip.outbound;
  }
  return null;
}

/** Returns a message's id; null when it has none that can be used. */
export function idOf(message: WireObject): string | null {
  return messageId(message.id);
}

function timeOf(message: WireObject, kapso: WireObject, now: number): number | null {
  return firstTimestamp([message.timestamp, message.created_at, kapso.timestamp, kapso.created_at], now);
}

/** An unreadable item for the operator. */
export function unreadable(raw: unknown, reason: string, context: NormaliseContext): Normalised {
  const record = asRecord(raw) ?? {};
  const now = context.now ?? Date.now();
  return {
    kind: 'unreadable',
    // Not the message's own id: a readable form of the message may come later.
    id: `unreadable:${idOf(fromFlat(record)) ?? contentHash(raw)}`,
    timestamp: timeOf(record, asRecord(record.kapso) ?? {}, now) ?? now,
    reason,
    raw: jsonSafe(raw),
  };
}

/** Calls `read`. When it throws, returns an unreadable item. */
export function safely(raw: unknown, context: NormaliseContext, read: () => Normalised): Normalised {
  try {
    return read();
  } catch (error) {
    return unreadableAfter(error, raw, context);
  }
}

/**
 * Returns an unreadable item after a defect of ours, or for a value that is no data at all. It is kept as far as
 * possible, and no other message is lost.
 */
export function unreadableAfter(error: unknown, raw: unknown, context: NormaliseContext): Normalised {
  const reason = `reading it failed: ${error instanceof Error ? (asLabel(error.message) ?? error.name) : 'unknown'}`;
  try {
    return unreadable(raw, reason, context);
  } catch {
    return {
      kind: 'unreadable',
      id: `unreadable:${contentHash(reason)}`,
      timestamp: context.now ?? Date.now(),
      reason,
      raw: null,
    };
  }
}
