import type { KnownContact, Sighting } from '../../domain/contact.ts';
import type { Driver, Transaction } from './driver.ts';
import type { Step, Value } from './step.ts';

/**
 * Remembers whose messages were that showed nothing new: nearly all. To find a contact in the tables takes twice as long
 * as to keep the message, and to read it as long as to keep the message's end; each message asks for it several times.
 */
export interface KnownSenders {
  /** The contact of such a message that happened at this time; null when it must be looked for. */
  find(account: string, from: Sighting, occurredAt: number, transaction: Transaction): Step<KnownContact | null>;
  /** The same without a question to the database; null also when that has to be asked. */
  remembered(account: string, from: Sighting, occurredAt: number, transaction: Transaction): KnownContact | null;
  /** What is known of a contact now. `read` is asked when that is not remembered. To call outside of transactions. */
  get(account: string, contact: string, read: () => Step<KnownContact | null>): Step<KnownContact | null>;
  /** Remembers the contact of a message that changed nothing. Other such messages between those times are its too. */
  keep(account: string, from: Sighting, contact: { known: KnownContact; since: number; until: number }): void;
  /** Call it when this process changes what is known of contacts, in this transaction, which may yet be undone. */
  forget(transaction: Transaction): void;
  /** Call it when a contact is added in this transaction, which changes nothing that is known of others. */
  noteAdded(transaction: Transaction): void;
}

/** The senders that are remembered: those of the last while. */
const most = 5_000;

export function createKnownSenders({
  contactsVersion,
  shared,
}: Pick<Driver, 'contactsVersion' | 'shared'>): KnownSenders {
  const senders = new Map<string, { known: KnownContact; since: number; until: number }>();
  const contacts = new Map<string, KnownContact>();
  let group: object | null = null;
  let version: Value = null;
  /** What is read in a transaction that changed contacts is no more when it is undone. */
  let mayBeUndone = false;

  function clear(): void {
    senders.clear();
    contacts.clear();
  }

  function checkVersion(now: Value): void {
    // Another process may have linked contacts.
    if (now !== version) clear();
    version = now;
  }

  /** Returns whether this is a transaction that nothing was asked or told in. */
  function enter(transaction: Transaction): boolean {
    if (transaction.group === group) return false;
    group = transaction.group;
    mayBeUndone = false;
    return true;
  }

  function findRemembered(account: string, from: Sighting, occurredAt: number): KnownContact | null {
    const found = from.change === undefined ? senders.get(nameOf(account, from)) : undefined;
    return found !== undefined && occurredAt >= found.since && occurredAt <= found.until ? found.known : null;
  }

  return {
    remembered: (account, from, occurredAt, transaction) =>
      transaction.group === group ? findRemembered(account, from, occurredAt) : null,
    *find(account, from, occurredAt, transaction) {
      if (enter(transaction)) checkVersion(yield* contactsVersion());
      return findRemembered(account, from, occurredAt);
    },
    *get(account, contact, read) {
      // A change of this process may be committed during the read.
      if (shared) return yield* read();
      checkVersion(yield* contactsVersion());
      const name = `${account}\n${contact}`;
      const remembered = contacts.get(name);
      if (remembered !== undefined) return remembered;
      const known = yield* read();
      if (known !== null) remember(contacts, name, known);
      return known;
    },
    keep(account, from, contact) {
      if (mayBeUndone || from.change !== undefined) return;
      remember(senders, nameOf(account, from), contact);
      remember(contacts, `${account}\n${contact.known.key}`, contact.known);
    },
    forget(transaction) {
      enter(transaction);
      mayBeUndone = true;
      clear();
    },
    noteAdded(transaction) {
      // What another process has changed was not asked for.
      if (enter(transaction)) clear();
      mayBeUndone = true;
    },
  };
}

/** The one that was kept first goes first. */
function remember<Value>(map: Map<string, Value>, name: string, value: Value): void {
  map.delete(name);
  map.set(name, value);
  const [oldest] = map.size > most ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
}

/** All that a message says of its sender. No part but the last can have a line break. */
function nameOf(account: string, { phone, userId, parentId, name }: Sighting): string {
  return `${account}\n${phone ?? ''}\n${userId ?? ''}\n${parentId ?? ''}\n${name ?? ''}`;
}
