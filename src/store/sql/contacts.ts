import { present } from '../../domain/contact.ts';
import { keyOf } from '../../domain/identity.ts';
import type { Contacts } from '../contacts.ts';
import type { ContactLinks } from './contact-links.ts';
import type { ContactReads } from './contact-reads.ts';
import type { KnownSenders } from './known-senders.ts';
import type { PrepareAll } from './step.ts';
import type { Transactions } from './transactions.ts';

const changes = {
  seen: 'SELECT seen FROM contacts WHERE account = ? AND contact = ?',
  reached: 'UPDATE contacts SET address = :address WHERE account = :account AND contact = :contact',
};

/** The contacts' part of the store. */
export function createContacts(
  prepareAll: PrepareAll,
  parts: { reads: ContactReads; senders: KnownSenders; links: ContactLinks; transactions: Transactions },
): Contacts {
  const { reads, senders, links } = parts;
  const { read, write, operate } = parts.transactions;
  const sql = prepareAll(changes);
  return {
    get: (account, key) => read(() => senders.get(account, key, () => reads.get(account, key))),
    find: (account, identity) =>
      read(function* () {
        const found = yield* reads.holderAt(account, identity, present);
        return found === null ? null : yield* reads.get(account, found.contact);
      }),
    list: account => read(() => reads.list(account)),
    conflicts: account => read(() => reads.conflicts(account)),
    link: (account, contacts, how) =>
      operate((at, transaction) => {
        senders.forget(transaction);
        return links.link(account, contacts, { ...how, at });
      }),
    unlink: (account, identity, how) =>
      operate((at, transaction) => links.unlink(account, identity, { ...how, at }, transaction)),
    lanesOf: (account, contacts) => read(() => links.lanesOf(account, contacts)),
    reached: (account, contact, address) =>
      write(function* (_, transaction) {
        const seen = (yield* sql.seen.get(account, contact))?.seen;
        if (typeof seen !== 'string' || keyOf(seen) !== keyOf(address)) return;
        senders.forget(transaction);
        yield* sql.reached.run({ account, contact, address });
      }),
  };
}
