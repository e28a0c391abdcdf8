import { type Holding, present } from '../../domain/contact.ts';
import { keyOf, listIdentities } from '../../domain/identity.ts';
import type { ContactReads } from './contact-reads.ts';
import type { PrepareAll, Step } from './step.ts';
import type { Witness } from './witness.ts';

/** Where contacts are answered, and their names. Each method is a step to run inside a transaction. */
export interface ContactAddresses {
  /** Where a known contact is answered, and what was seen of that last. */
  of(account: string, contact: string): Step<Addressed>;
  /** Keeps where the contact is answered, and its name. Returns whether that is new. */
  keep(witness: Witness, contact: string): Step<boolean>;
  /** Gives a contact that has lost the address that it is answered at another one. Nobody else's answer may go there. */
  leave(account: string, contact: string, occurredAt: number): Step<void>;
}

interface Addressed {
  address: string;
  seen: string;
  at: number;
  name: string | null;
}

const statements = {
  addressed: 'SELECT address, seen, address_at AS at, name FROM contacts WHERE account = ? AND contact = ?',
  address: `UPDATE contacts SET address = :address, seen = :address, address_at = :occurredAt
    WHERE account = :account AND contact = :contact`,
  name: 'UPDATE contacts SET name = :name WHERE account = :account AND contact = :contact',
};

export function createContactAddresses(prepareAll: PrepareAll, reads: ContactReads): ContactAddresses {
  const sql = prepareAll(statements);
  const of = (account: string, contact: string) => sql.addressed.get(account, contact) as unknown as Step<Addressed>;
  function* has(account: string, contact: string, address: string): Step<boolean> {
    return (yield* reads.holderAt(account, keyOf(address), present))?.contact === contact;
  }

  return {
    of,
    *keep({ account, from, occurredAt }, contact) {
      const known = yield* of(account, contact);
      const said = listIdentities(from.change?.after ?? from);
      const address = said.find(({ kind }) => kind === 'phone') ?? (known.seen.startsWith('+') ? undefined : said[0]);
      const isNew = address !== undefined && address.address !== known.seen;
      // An earlier message says where to answer only when what was said later is over.
      const isLatest = occurredAt >= known.at;
      const moves =
        isNew &&
        (isLatest || (!(yield* has(account, contact, known.seen)) && (yield* has(account, contact, address.address))));
      if (moves) yield* sql.address.send({ account, contact, address: address.address, occurredAt });
      const isRenamed = from.name !== null && from.name !== known.name;
      if (isRenamed) yield* sql.name.send({ account, contact, name: from.name });
      return moves || isRenamed;
    },
    *leave(account, contact, occurredAt) {
      if (yield* has(account, contact, (yield* of(account, contact)).seen)) return;
      const rest: Holding[] = [];
      for (const kind of ['phone', 'user', 'parent'] as const)
        rest.push(...(yield* reads.holdingsOf(account, contact, kind, present)));
      yield* sql.address.send({ account, contact, address: rest[0]?.identity ?? '', occurredAt });
    },
  };
}
