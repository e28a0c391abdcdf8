import type { KnownContact } from '../domain/contact.ts';
import { keyOf } from '../domain/identity.ts';
import { UsageError } from '../errors.ts';
import { readAddress } from './address.ts';

/** Finds a contact by its key, or by an address. Throws a `UsageError` when that is nobody or more than one. */
export function contactOf(who: string, contacts: readonly KnownContact[]): { account: string; contact: string } {
  // A key that is an address too may be that of a former holder.
  const named = who.includes('~')
    ? contacts.filter(({ key }) => key === who.trim())
    : byAddress(keyOf(readAddress(who)), contacts);
  const [only, other] = named;
  if (only && other === undefined) return { account: only.account, contact: only.key };
  if (only) {
    const accounts = named.map(({ account }) => account).join(', ');
    throw new UsageError(`"${who}" is known to several of your numbers: ${accounts}`, {
      hint: 'Say which: --account ID',
    });
  }
  throw new UsageError(`nobody with the address "${who}" has written`, {
    hint: 'Whoever is to be let in before that belongs into access.allowFrom',
  });
}

function byAddress(address: string, contacts: readonly KnownContact[]): KnownContact[] {
  return contacts.filter(({ identities }) =>
    identities.some(({ identity, former }) => identity === address && !former),
  );
}
