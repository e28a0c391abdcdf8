import type { KnownContact } from '../domain/contact.ts';
import { firstIdentity, identitiesOf, keyOf } from '../domain/identity.ts';
import { type InboundMessage, replyAddress } from '../domain/message.ts';
import type { Entry, Store } from '../store/store.ts';

/** Who gets the answer to a message, by what is known now: the number may have changed since the message came. */
export interface Correspondent {
  account: string;
  /** The contact's key. */
  contact: string;
  /** Empty when none is known any more. */
  address: string;
  /** What the contact has now, in the form of `Identity.key`. */
  identities: readonly string[];
}

/** Finds who gets the answer to a message: its contact, or its sender where none is known. */
export async function correspondentOf(
  contacts: Pick<Store['contacts'], 'get'>,
  entry: Pick<Entry, 'account' | 'contact'>,
  message: InboundMessage,
): Promise<Correspondent> {
  const account = entry.account ?? message.account;
  const known = entry.contact === null ? null : await contacts.get(account, entry.contact);
  if (known !== null) return { account, contact: known.key, address: known.address, identities: identitiesNow(known) };
  const { key } = firstIdentity(identitiesOf(message.sender));
  return { account, contact: entry.contact ?? key, address: replyAddress(message.sender), identities: [key] };
}

function identitiesNow({ address, identities }: KnownContact): string[] {
  const own = identities.filter(({ former }) => !former).map(({ identity }) => identity);
  return [...new Set([keyOf(address), ...own])].filter(key => key !== '');
}
