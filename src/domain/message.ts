/** One form for every inbound WhatsApp message, from any source and wire form. */
import type { IdentityChange } from './identity.ts';

/**
 * Who wrote. At least one of `phone`, `userId` and `parentUserId` is set. An empty string on the wire counts as missing.
 */
export interface Sender {
  /** Digits only, no `+` (as Meta's `wa_id`); null when hidden. */
  phone: string | null;
  /** The business-scoped user id, e.g. `US.1349…`. It is the only address of a user who hides the number. */
  userId: string | null;
  /** The id that several businesses of one owner share for this person, e.g. `US.ENT.1349…`. Absent when not given. */
  parentUserId?: string;
  /** The name that the sender chose. It is untrusted text. */
  name: string | null;
  username: string | null;
}

export const mediaKinds = ['image', 'video', 'audio', 'document', 'sticker'] as const;
export type MediaKind = (typeof mediaKinds)[number];

export interface Media {
  kind: MediaKind;
  id: string | null;
  mimeType: string | null;
  filename: string | null;
  /** Bytes. */
  size: number | null;
  url: string | null;
  /** Kapso has recognised the words of it: they stand in the message's text. */
  transcribed?: true;
}

/**
 * Kinds of message that say something about the chat. `delivery.contextOnly` decides whether they start a run; its
 * pattern in the schema has the same words.
 */
export const noticeKinds = [
  /** WhatsApp says that the contact has a new security code. */
  'identity-change',
  /** The contact writes from another number from now on. */
  'number-change',
  /** The contact has another business-scoped user id from now on. */
  'user-id-change',
  /** Any other message of WhatsApp itself. */
  'system-notice',
  /** The contact opened the chat for the first time. */
  'welcome',
  'reaction',
  'reaction-removed',
  /** A text message without text. */
  'empty-text',
  'edit',
  'deletion',
] as const;
/** The bridge's own notice to the agent is always context: its answer did not reach the contact. */
export type NoticeKind = (typeof noticeKinds)[number] | 'answer-failed';

/** What an edit or a deletion does to an earlier message. */
export interface Amendment {
  /** The earlier message's id. */
  id: string;
  /** The sender's new words; null for a deletion. */
  words: string | null;
}

export interface InboundMessage {
  /** The WhatsApp message id (`wamid.…`). It identifies the message everywhere. */
  id: string;
  /** The business number that received it: Meta's `phone_number_id`. */
  account: string;
  sender: Sender;
  /** Kapso's id of the conversation; null when the wire form lacks it. */
  conversationId: string | null;
  /** When WhatsApp took the message, in milliseconds since the epoch (the wire has whole seconds). */
  timestamp: number;
  /** Meta's type name as received (`text`, `image`, …, or an unknown one). */
  type: string;
  /** What the agent reads. Never empty. */
  text: string;
  media: Media | null;
  /** The number of lines at the beginning of `text` that are our annotations, before the sender's words. Absent means none. */
  annotations?: number;
  /** Set when it is one of those kinds. */
  notice?: NoticeKind;
  /** Set when WhatsApp says that the sender has another number or id from now on. */
  change?: IdentityChange;
  /** Set when it edits or deletes an earlier message and names its id. */
  amends?: Amendment;
  /** Set when it was written in a group. `sender` is then one member of it. */
  groupId?: string;
  /** Set when it quotes an earlier message: the id of that one. */
  replyTo?: string;
  /** Set when it is a reaction, or takes one off: the id of the message that has it. */
  reactsTo?: string;
}

/** The address to answer to: the phone number with `+` where it is known, else the business-scoped user id, or the parent one. */
export function replyAddress(sender: Sender): string {
  if (sender.phone) return `+${sender.phone}`;
  const id = sender.userId ?? sender.parentUserId;
  if (id) return id;
  throw new TypeError('a sender has a phone number or a user id');
}

/** Returns the message as from another address of its sender. */
export function withAddress(message: InboundMessage, address: string): InboundMessage {
  const { name, username } = message.sender;
  const isPhone = address.startsWith('+');
  const phone = isPhone ? address.slice(1) : null;
  return { ...message, sender: { phone, userId: isPhone ? null : address, name, username } };
}
