import { createHash } from 'node:crypto';
import type { Identity } from '../../domain/identity.ts';
import type { PrepareAll, Step } from './step.ts';

/** Names new contacts, and stores them. Each method is a step to run inside a transaction. */
export interface NewContacts {
  /** Returns the contact's name: `base`, with a number when that is taken. */
  add(contact: NewContact): Step<string>;
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

export function createNewContacts(prepareAll: PrepareAll): NewContacts {
  const sql = prepareAll(statements);
  function* isTaken(account: string, key: string): Step<boolean> {
    const found = (yield* sql.taken.get(account, key)) ?? (yield* sql.forgotten.get(digestOf(account, key)));
    return found !== undefined;
  }

  return {
    *add({ account, first, name, base, occurredAt, at }) {
      let key = base;
      for (let number = 2; yield* isTaken(account, key); number += 1) key = `${base}~${number}`;
      const origin = `${first.address}${key.slice(base.length)}`;
      yield* sql.add.send({ account, contact: key, address: first.address, occurredAt, origin, name, at });
      return key;
    },
  };
}

/** What is kept of the name of a contact that was forgotten: its session at the agent may still be there. */
export function digestOf(account: string, contact: string): string {
  return createHash('sha256').update(`${account}\n${contact}`).digest('base64url');
}
