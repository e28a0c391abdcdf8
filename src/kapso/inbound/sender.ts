import type { Identities } from '../../domain/identity.ts';
import type { Sender } from '../../domain/message.ts';
import { isUserId } from '../../domain/recipient.ts';
import { asLabel, asRecord, asString, phoneDigits, type WireObject } from '../../narrow.ts';
import { readSystemNotice } from './system-notice.ts';
import { noContacts, type WireContacts } from './wire-contacts.ts';

const nameLimit = 128;
const usernameLimit = 64;

/** The parts of a wire form that describe the sender. Missing ones are empty objects and lists. */
export interface SenderParts {
  message: WireObject;
  kapso: WireObject;
  conversation: WireObject;
  contacts: WireContacts;
  /** The business's own number, where the form names it. */
  ownNumber: unknown;
}

/**
 * Returns who wrote, or null when the message does not say.
 *
 * Kapso's forms sometimes lack `from`, and Meta sends it empty for users who hide their number (Kapso documentation,
 * "Business-scoped user ids"). The conversation's number replaces it, and last Kapso's `phone_number`, unless that is
 * the business's own. A message of WhatsApp itself belongs to the contact before the change that it reports, and last
 * to the contact now.
 */
export function readSender(parts: SenderParts): Sender | null {
  const { message, kapso, conversation } = parts;
  const contact = parts.contacts.of(message);
  const own = phoneDigits(parts.ownNumber);
  const notice = message.type === 'system' ? readSystemNotice(message, kapso).named : null;
  const phone =
    phoneDigits(message.from) ??
    [notice?.before.phone, conversation.phone_number, contact?.wa_id, kapso.phone_number]
      .map(phoneDigits)
      .find(digits => digits && digits !== own) ??
    null;
  const userId =
    [
      notice?.before.userId,
      message.from_user_id,
      message.business_scoped_user_id,
      kapso.from_user_id,
      kapso.business_scoped_user_id,
      contact?.user_id,
      conversation.business_scoped_user_id,
      message.from,
    ]
      .map(asString)
      .find(id => id !== null && isUserId(id)) ?? null;
  const parentUserId =
    [
      notice?.before.parentId,
      message.from_parent_user_id,
      message.parent_business_scoped_user_id,
      kapso.parent_business_scoped_user_id,
      conversation.parent_business_scoped_user_id,
    ]
      .map(asString)
      .find(id => id !== null && isUserId(id)) ?? null;
  if (phone === null && userId === null && parentUserId === null) return notice && nameless(notice.after);

  const profile = asRecord(contact?.profile) ?? {};
  const name = [
    asRecord(conversation.kapso)?.contact_name,
    conversation.contact_name,
    kapso.contact_name,
    message.contact_name,
    profile.name,
  ];
  const username = [message.username, kapso.username, conversation.username, profile.username];
  return {
    phone,
    userId,
    ...(parentUserId !== null && { parentUserId }),
    name: firstLabel(name, nameLimit),
    username: firstLabel(username, usernameLimit)?.replace(/^@/, '') || null,
  };
}

function nameless({ phone, userId, parentId }: Identities): Sender | null {
  const valid = (id: string | null) => (id !== null && isUserId(id) ? id : null);
  const [user, parent] = [valid(userId), valid(parentId)];
  if (phone === null && user === null && parent === null) return null;
  return { phone, userId: user, ...(parent !== null && { parentUserId: parent }), name: null, username: null };
}

/**
 * Returns who wrote in a group, or null when the message does not say. Only the message's own statement counts: the
 * conversation is the group's, so its number, and those of Kapso's block, may be another member's.
 */
export function readGroupMember({ message, kapso, contacts, ownNumber }: SenderParts): Sender | null {
  const { from_user_id, business_scoped_user_id, from_parent_user_id, parent_business_scoped_user_id } = message;
  const named = { from: message.from, from_user_id: from_user_id ?? kapso.from_user_id };
  const isNamed = phoneDigits(named.from) !== null || asString(named.from_user_id) !== null;
  return readSender({
    message: {
      ...named,
      business_scoped_user_id,
      from_parent_user_id,
      parent_business_scoped_user_id,
      contact_name: message.contact_name,
      username: message.username,
    },
    kapso: {},
    conversation: {},
    // Without a name to find the writer's entry, a single entry may be anybody's.
    contacts: isNamed ? contacts : noContacts,
    ownNumber,
  });
}

function firstLabel(candidates: readonly unknown[], limit: number): string | null {
  for (const candidate of candidates) {
    const label = asLabel(candidate, limit);
    if (label) return label;
  }
  return null;
}
