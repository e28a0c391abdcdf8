import { canonicalDigits, groupOf, isUserId } from '../../domain/recipient.ts';

/** The contact or group that a run answers, as conversations name it, and the address of its message. */
export interface Contact {
  /** `+` and canonical digits, a business-scoped user id, or a group's address. */
  contact: string;
  /** The address as it was written. */
  address: string;
  /** Further identities of the contact, in the form of `contact`. */
  others?: readonly string[];
}

/** Whether an address is this contact's. Null when it cannot be said: no address, or an id where only the number is known. */
export function isSame({ contact, address, others = [] }: Contact, written: string | null): boolean | null {
  const other = written === null ? null : contactKeyOf(written);
  if (other === null) return null;
  const own = [contact, contactKeyOf(address), ...others].filter(key => key !== null);
  if (own.includes(other)) return true;
  // A number and an id may be one person's, a group is nobody.
  return own.some(key => kindOf(key) === kindOf(other) || [key, other].some(isGroup)) ? false : null;
}

function kindOf(key: string): 'user' | 'phone' {
  return isUserId(key) ? 'user' : 'phone';
}

function isGroup(key: string): boolean {
  return groupOf(key) !== null;
}

/** The key of an address as agents, Kapso's lists and this program write it; null for anything else. */
function contactKeyOf(written: string): string | null {
  const text = written.trim().replace(/^(?:tel|whatsapp):/i, '');
  if (isUserId(text) || groupOf(text) !== null) return text;
  if (!/^\+?[\d\s().\u00a0\u202f-]+$/.test(text)) return null;
  const digits = text.replace(/\D/g, '');
  return digits.length >= 7 && digits.length <= 15 ? `+${canonicalDigits(digits)}` : null;
}
