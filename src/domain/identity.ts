/** What a message says about the person behind it, as far as WhatsApp vouches for it. A name or a username is no identity. */
import { canonicalDigits } from './recipient.ts';

/** The identities that one message names. At least one is set. */
export interface Identities {
  /** Digits only, as they stood on the wire; null when hidden. */
  phone: string | null;
  /** The business-scoped user id. */
  userId: string | null;
  /** The id that several businesses of one owner share for the same person. */
  parentId: string | null;
}

/** What WhatsApp itself says has become of a person's identities. */
export interface IdentityChange {
  before: Identities;
  after: Identities;
}

export type IdentityKind = 'phone' | 'user' | 'parent';

export interface Identity {
  kind: IdentityKind;
  /** One form for all spellings: `+` and canonical digits, or the id as it is. Only for comparison; never an address. */
  key: string;
  /** The address as it was written: `+` and the digits, or the id. */
  address: string;
}

/** The form of a parent id: `US.ENT.1349…`. Messages that were kept by previous versions have it in place of the user id. */
const parentForm = /^[A-Z]{2}\.[A-Z]{2,8}\./;

export function identitiesOf(sender: {
  phone: string | null;
  userId: string | null;
  parentUserId?: string;
}): Identities {
  const { phone, userId, parentUserId: parentId = null } = sender;
  return parentId === null && userId !== null && parentForm.test(userId)
    ? { phone, userId: null, parentId: userId }
    : { phone, userId, parentId };
}

/** Lists the identities, the surest first: an id belongs to one person, and a phone number may be given to another one. */
export function listIdentities({ phone, userId, parentId }: Identities): Identity[] {
  const listed: Identity[] = [];
  if (userId) listed.push({ kind: 'user', key: userId, address: userId });
  if (parentId) listed.push({ kind: 'parent', key: parentId, address: parentId });
  if (phone) listed.push({ kind: 'phone', key: keyOf(`+${phone}`), address: `+${phone}` });
  return listed;
}

/** Returns the key of an address: of `+` and digits in any spelling, or of an id. */
export function keyOf(address: string): string {
  return address.startsWith('+') ? `+${canonicalDigits(address.slice(1))}` : address;
}

/** Returns the identity that an unknown person is named by: the phone number, else the user id, else the parent id. */
export function firstIdentity(identities: Identities): Identity {
  const listed = listIdentities(identities);
  const first = listed.find(({ kind }) => kind === 'phone') ?? listed[0];
  if (first) return first;
  throw new TypeError('a sender has a phone number or a user id');
}
