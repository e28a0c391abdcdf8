import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Identity } from '../../domain/identity.ts';
import { prepareAll } from './prepare.ts';

/** Names new contacts, and stores them. Each method is a step to run inside a transaction. */
export interface NewContacts {
  /** Returns the contact's name: `base`, with a number when that is taken. */
  add(contact: NewContact): string;
}

interface NewContact {
  account: string;
  /** What the contact is answered at first. */
  first: Identity;
  name: string | null;
  base: string;
  occurredAt: number;
  at: number;
}

const statements = {
  taken: 'SELECT 1 AS found FROM contacts WHERE account = ? AND contact = ?',
  forgotten: 'SELECT 1 AS found FROM contacts_forgotten WHERE digest = ?',
  add: `INSERT INTO contacts (account, contact, address, seen, address_at, origin, name, created_at)
    VALUES (:account, :contact, :address, :address, :occurredAt, :origin, :name, :at)`,
};

export function createNewContacts(db: DatabaseSync): NewContacts {
  const sql = prepareAll(db, statements);
  return {
    add({ account, first, name, base, occurredAt, at }) {
      let key = base;
      const isTaken = () => sql.taken.get(account, key) ?? sql.forgotten.get(digestOf(account, key));
      for (let number = 2; isTaken(); number += 1) key = `${base}~${number}`;
      const origin = `${first.address}${key.slice(base.length)}`;
      sql.add.run({ account, contact: key, address: first.address, occurredAt, origin, name, at });
      return key;
    },
  };
}

/** What is kept of the name of a contact that was forgotten: its session at the agent may still be there. */
export function digestOf(account: string, contact: string): string {
  return createHash('sha256').update(`${account}\n${contact}`).digest('base64url');
}
