/** Which messages belong together. The keys are our own: they contain no format of an agent or an API, and they never change. */
import type { KnownContact } from './contact.ts';
import type { Route } from './route.ts';

export interface Conversation {
  /** The business number that received it: Meta's `phone_number_id`. */
  account: string;
  /** The contact's key. Only for comparison; never an address. */
  contact: string;
  /** The address that the contact was first known by. Only a name; never an address to write to. */
  origin: string;
  /** The group that it was written in; null outside a group. The contact is then the member who wrote. */
  group: string | null;
}

/** An agent's session for a conversation, as the agent's gateway names it. */
export interface Session {
  /** The key in the gateway's own format. */
  key: string;
  /** Who shares it: only the conversation; all conversations of the account; or those for which an operator named it. */
  of: 'conversation' | 'account' | { name: string };
}

/** Without a route, the session is that of whom the operator does not name. */
export type SessionFor = (conversation: Conversation, route?: Pick<Route, 'agent' | 'session'>) => Session;

export function conversationOf(
  { account, key, origin }: Pick<KnownContact, 'account' | 'key' | 'origin'>,
  group: string | null,
): Conversation {
  return { account, contact: key, origin, group };
}

/**
 * The conversation's unique name over all accounts: account and contact, or account and group. It is stored, so it
 * never changes.
 */
export function conversationKey({ account, contact, group }: Omit<Conversation, 'origin'>): string {
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
export function fileUnder(conversation: Conversation, sessionFor: SessionFor, route?: Route): Filing {
  const { account, contact } = conversation;
  const key = conversationKey(conversation);
  const { key: session, of } = sessionFor(conversation, route);
  const lane = typeof of === 'object' ? `${account}/session/${of.name}` : of === 'account' ? account : key;
  return { lane, contact, conversation: key, session };
}

/** Whether messages of the account are filed in the lane. */
export function isLaneOf(account: string, lane: string): boolean {
  return lane === account || lane.startsWith(`${account}/`);
}
