/** Whose messages belong together. The keys are ours: no agent's and no API's format is in them, and they stay as they are. */
import { type InboundMessage, replyAddress } from './message.ts';
import { canonicalDigits } from './recipient.ts';

export interface Conversation {
  /** The business number that received it: Meta's `phone_number_id`. */
  account: string;
  /**
   * One person: `+` and the digits of the phone number in one form for all its spellings (`canonicalDigits`), else the business-scoped
   * user id. For comparing only; never an address.
   */
  contact: string;
  /** The person's address as it was written this time. */
  address: string;
  /** Set where it was written in a group: the contact is then the member who wrote. */
  group: string | null;
}

/** Where a conversation goes on at an agent, as the agent's gateway says. */
export interface Session {
  /** In the gateway's own format. */
  key: string;
  /** Whose it is: the conversation's alone; the contact's, in groups too; or one of all conversations of the account. */
  of: 'conversation' | 'contact' | 'account';
}

export type SessionFor = (conversation: Conversation) => Session;

export function conversationOf(message: Pick<InboundMessage, 'sender' | 'groupId'>, account: string): Conversation {
  const { sender, groupId: group = null } = message;
  const address = replyAddress(sender);
  return { account, contact: sender.phone ? `+${canonicalDigits(sender.phone)}` : address, address, group };
}

/** The conversation's name among all of all accounts: account and contact, or account and group. It is stored, so it never changes. */
export function conversationKey({ account, contact, group }: Omit<Conversation, 'address'>): string {
  return group === null ? `${account}/${contact}` : `${account}/group/${group}`;
}

/** How a message is filed: what stays in order with it, and where the agent goes on with it. */
export interface Filing {
  /** Messages of one lane are delivered one after the other. It is the conversation's key, unless others share its session. */
  lane: string;
  contact: string;
  conversation: string;
  /** The session's key. */
  session: string;
}

/** Two runs in one session never overlap: what shares a session shares a lane. */
export function fileUnder(conversation: Conversation, sessionFor: SessionFor): Filing {
  const { account, contact } = conversation;
  const key = conversationKey(conversation);
  const { key: session, of } = sessionFor(conversation);
  const lanes = { conversation: key, contact: conversationKey({ account, contact, group: null }), account };
  return { lane: lanes[of], contact, conversation: key, session };
}
