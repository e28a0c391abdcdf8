/** Which messages belong together. The keys are our own: they contain no format of an agent or an API, and they never change. */
import { type InboundMessage, replyAddress } from './message.ts';
import { canonicalDigits } from './recipient.ts';

export interface Conversation {
  /** The business number that received it: Meta's `phone_number_id`. */
  account: string;
  /**
   * One person: `+` and the digits of the phone number in one form for all its spellings (`canonicalDigits`), else the
   * business-scoped user id. Only for comparison; never an address.
   */
  contact: string;
  /** The person's address as it was written this time. */
  address: string;
  /** The group that it was written in; null outside a group. The contact is then the member who wrote. */
  group: string | null;
}

/** An agent's session for a conversation, as the agent's gateway names it. */
export interface Session {
  /** The key in the gateway's own format. */
  key: string;
  /** Who shares it: only the conversation; the contact, in groups too; or all conversations of the account. */
  of: 'conversation' | 'contact' | 'account';
}

export type SessionFor = (conversation: Conversation) => Session;

export function conversationOf(message: Pick<InboundMessage, 'sender' | 'groupId'>, account: string): Conversation {
  const { sender, groupId: group = null } = message;
  const address = replyAddress(sender);
  return { account, contact: sender.phone ? `+${canonicalDigits(sender.phone)}` : address, address, group };
}

/**
 * The conversation's unique name over all accounts: account and contact, or account and group. It is stored, so it
 * never changes.
 */
export function conversationKey({ account, contact, group }: Omit<Conversation, 'address'>): string {
  return group === null ? `${account}/${contact}` : `${account}/group/${group}`;
}

/** How a message is filed: its order, and its session at the agent. */
export interface Filing {
  /**
   * Messages of one lane are delivered one after the other. The lane is the conversation's key, unless others share its
   * session.
   */
  lane: string;
  contact: string;
  conversation: string;
  /** The session's key. */
  session: string;
}

/** Two runs in one session never overlap: conversations that share a session share a lane. */
export function fileUnder(conversation: Conversation, sessionFor: SessionFor): Filing {
  const { account, contact } = conversation;
  const key = conversationKey(conversation);
  const { key: session, of } = sessionFor(conversation);
  const lanes = { conversation: key, contact: conversationKey({ account, contact, group: null }), account };
  return { lane: lanes[of], contact, conversation: key, session };
}
