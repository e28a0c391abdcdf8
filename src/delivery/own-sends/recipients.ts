import { canonicalDigits, isUserId } from '../../domain/recipient.ts';

/** The contact that a run answers, as conversations name it, and the address of its message. */
export interface Contact {
  /** `+` and canonical digits, or a business-scoped user id. */
  contact: string;
  /** The address as it was written. */
  address: string;
}

/** Whether an address is this contact's. Null when it cannot be said: no address, or an id where only the number is known. */
export function isSame({ contact, address }: Contact, written: string | null): boolean | null {
  const other = written === null ? null : contactKeyOf(written);
  if (other === null) return null;
  const own = [contact, contactKeyOf(address)].filter(key => key !== null);
  if (own.includes(other)) return true;
  return own.some(key => isUserId(key) === isUserId(other)) ? false : null;
}

/** The key of an address as agents, Kapso's lists and this program write it; null for anything else. */
function contactKeyOf(written: string): string | null {
  const text = written.trim().replace(/^(?:tel|whatsapp):/i, '');
  if (isUserId(text)) return text;
  if (!/^\+?[\d\s().\u00a0\u202f-]+$/.test(text)) return null;
  const digits = text.replace(/\D/g, '');
  return digits.length >= 7 && digits.length <= 15 ? `+${canonicalDigits(digits)}` : null;
}
