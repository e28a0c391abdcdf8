import { UsageError } from '../errors.ts';
import { parseRecipient } from '../kapso/recipient.ts';

/**
 * Reads a recipient as people and agents write it: `+` with the country code, or a business-scoped user id. Spaces, dashes,
 * dots and parentheses between the digits are taken out. Nothing is guessed: a number without `+` and one with a `(0)`, which is
 * not dialled from abroad, could be somebody else's, and are refused with a `UsageError`.
 */
export function readAddress(text: string): string {
  const address = text.trim();
  if (/\(\s*0\s*\)/.test(address)) {
    throw new UsageError(`"${printable(address)}" has a (0), which is not part of the number`, {
      hint: 'Leave it out',
    });
  }
  if (/^\d[\d\s().-]*$/.test(address)) {
    throw new UsageError(`"${printable(address)}" has no + and country code`, {
      hint: `Write it as +${address.replace(/\D/g, '')} if that begins with the country code`,
    });
  }
  const plain = address.startsWith('+') ? address.replace(/(?<=.)[ \u00a0\u202f().-]/g, '') : address;
  return addressOf(plain);
}

function addressOf(plain: string): string {
  const recipient = parseRecipient(plain);
  return recipient.kind === 'phone' ? recipient.to : recipient.userId;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);
}
