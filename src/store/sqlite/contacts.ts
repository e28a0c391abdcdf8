import type { DatabaseSync } from 'node:sqlite';
import { type Holding, type KnownContact, type KnownIdentity, present } from '../../domain/contact.ts';
import { type IdentityKind, keyOf } from '../../domain/identity.ts';
import type { ContactConflict, Contacts } from '../contacts.ts';
import { prepareAll } from './prepare.ts';
import type { Transactions } from './transactions.ts';

const holding = 'identity, kind, contact, since, until, open';
const contact = 'account, contact AS key, address, origin, name';

const statements = {
  holder: `SELECT ${holding} FROM contact_identities WHERE account = +? AND identity = +? AND until >= +? ORDER BY until LIMIT 1`,
  of: `SELECT ${holding} FROM contact_identities INDEXED BY contact_identities_of
    WHERE account = ? AND contact = ? AND kind = +? AND until >= +?`,
  identities: `SELECT kind, identity, until < ${present} AS former, inherited
    FROM contact_identities INDEXED BY contact_identities_of
    WHERE account = +? AND contact = +? AND (until = ${present} OR vouched) ORDER BY until DESC, identity`,
  get: `SELECT ${contact} FROM contacts WHERE account = ? AND contact = ?`,
  all: `SELECT ${contact} FROM contacts ORDER BY account, contact`,
  allOf: `SELECT ${contact} FROM contacts WHERE account = +? ORDER BY contact`,
  conflicts: `SELECT account, contact, other, identity, message, occurred_at AS occurredAt FROM contact_conflicts
    ORDER BY occurred_at, account, contact`,
};

const changes = {
  seen: 'SELECT seen FROM contacts WHERE account = ? AND contact = ?',
  reached: 'UPDATE contacts SET address = :address WHERE account = :account AND contact = :contact',
};

/** Reads contacts. Each method is a step to run inside a transaction, or a read of its own. */
export interface ContactReads {
  holderAt(account: string, identity: string, time: number): Holding | null;
  holdingsOf(account: string, contact: string, kind: IdentityKind, time: number): Holding[];
  get(account: string, contact: string): KnownContact | null;
  list(account?: string): KnownContact[];
  conflicts(account?: string): ContactConflict[];
}

export function createContactReads(db: DatabaseSync): ContactReads {
  const sql = prepareAll(db, statements);

  function complete(row: Record<string, unknown>): KnownContact {
    const { account, key, address, origin, name } = row as unknown as Omit<KnownContact, 'identities' | 'approved'>;
    const identities = sql.identities.all(account, key).map(toIdentity);
    return { account, key, address, origin, name, identities, approved: null, blocked: false };
  }

  return {
    holderAt: (account, identity, time) => toHolding(sql.holder.get(account, identity, time)),
    holdingsOf: (account, of, kind, time) => sql.of.all(account, of, kind, time).flatMap(row => toHolding(row) ?? []),
    get(account, of) {
      const row = sql.get.get(account, of);
      return row === undefined ? null : complete(row);
    },
    list: account => (account === undefined ? sql.all.all() : sql.allOf.all(account)).map(complete),
    conflicts: account =>
      sql.conflicts
        .all()
        .map(row => ({ ...row }) as unknown as ContactConflict)
        .filter(one => account === undefined || one.account === account),
  };
}

/** The contacts' part of the store. */
export function createContacts(db: DatabaseSync, reads: ContactReads, transactions: Transactions): Contacts {
  const { read, write } = transactions;
  const sql = prepareAll(db, changes);
  return {
    get: (account, key) => read(() => reads.get(account, key)),
    find: (account, identity) =>
      read(() => {
        const found = reads.holderAt(account, identity, present);
        return found === null ? null : reads.get(account, found.contact);
      }),
    list: account => read(() => reads.list(account)),
    conflicts: account => read(() => reads.conflicts(account)),
    reached: (account, contact, address) =>
      write(() => {
        const seen = sql.seen.get(account, contact)?.seen;
        if (typeof seen === 'string' && keyOf(seen) === keyOf(address)) sql.reached.run({ account, contact, address });
      }),
  };
}

function toHolding(row: Record<string, unknown> | undefined): Holding | null {
  return row === undefined ? null : ({ ...row, open: row.open === 1 } as unknown as Holding);
}

function toIdentity({ kind, identity, former, inherited }: Record<string, unknown>): KnownIdentity {
  const names = { kind, identity } as Pick<KnownIdentity, 'kind' | 'identity'>;
  return { ...names, former: former === 1, inherited: inherited === 1 };
}
