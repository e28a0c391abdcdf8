/** One form for every inbound WhatsApp message, whatever way and wire form it came in. */

/** Who wrote. At least one of `phone` and `userId` is set; an empty string on the wire is neither. */
export interface Sender {
  /** Digits only, no `+` (as Meta's `wa_id`). */
  phone: string | null;
  /** Business-scoped user id, e.g. `US.1349…`; the only address of a user who hides the number. */
  userId: string | null;
  /** The name the sender chose: untrusted text. */
  name: string | null;
  username: string | null;
}

export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker';

export interface Media {
  kind: MediaKind;
  id: string | null;
  mimeType: string | null;
  filename: string | null;
  /** Bytes. */
  size: number | null;
  url: string | null;
}

/**
 * Kinds of message that say something about the chat rather than in it; whether they start a run is a setting
 * (`delivery.contextOnly`, whose pattern in the schema holds the same words).
 */
export const noticeKinds = [
  /** WhatsApp says that the contact has a new security code. */
  'identity-change',
  /** The contact writes from another number from now on. */
  'number-change',
  /** The contact's business-scoped user id is another one from now on. */
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
export type NoticeKind = (typeof noticeKinds)[number];

/** What an edit or a deletion does to an earlier message. */
export interface Amendment {
  /** The earlier message's id. */
  id: string;
  /** What its sender wrote instead; null where it was deleted. */
  words: string | null;
}

export interface InboundMessage {
  /** The WhatsApp message id (`wamid.…`): the identity of the message everywhere. */
  id: string;
  /** The business number that received it: Meta's `phone_number_id`. */
  account: string;
  sender: Sender;
  /** Kapso's id of the conversation, where the wire form carries it. */
  conversationId: string | null;
  /** When WhatsApp took the message, milliseconds since the epoch (the wire has whole seconds). */
  timestamp: number;
  /** Meta's type name as received (`text`, `image`, …, or one we do not know). */
  type: string;
  /** What the agent reads; never empty. */
  text: string;
  media: Media | null;
  /** How many lines at the beginning of `text` are annotations of ours, before the sender's words; none where it is not set. */
  annotations?: number;
  /** Set when it is one of those kinds. */
  notice?: NoticeKind;
  /** Set when it edits or deletes an earlier message whose id it names. */
  amends?: Amendment;
  /** Set when it was written in a group: then `sender` is one member of it, and an answer to the sender is private. */
  groupId?: string;
}

/** The address to answer to: the phone number with `+` where known, else the business-scoped user id. */
export function replyAddress(sender: Sender): string {
  if (sender.phone) return `+${sender.phone}`;
  if (sender.userId) return sender.userId;
  throw new TypeError('a sender has a phone number or a user id');
}
