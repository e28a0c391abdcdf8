import type { DatabaseSync } from 'node:sqlite';
import type { KnownContact, Sighting } from '../../domain/contact.ts';
import type { Transaction } from './group-commit.ts';
import { prepare } from './prepare.ts';

/**
 * Remembers whose messages were that showed nothing new: nearly all. To find a contact in the tables takes twice as long
 * as to keep the message.
 */
export interface KnownSenders {
  /** The contact of such a message that happened at this time; null when it must be looked for. */
  find(account: string, from: Sighting, occurredAt: number, transaction: Transaction): KnownContact | null;
  /** Remembers the contact of a message that changed nothing. Other such messages between those times are its too. */
  keep(account: string, from: Sighting, contact: { known: KnownContact; since: number; until: number }): void;
  /** Call it when this process changes what is known of contacts, in this transaction, which may yet be undone. */
  forget(transaction: Transaction): void;
  /** Call it when a contact is added in this transaction, which changes nothing that is known of others. */
  noteAdded(transaction: Transaction): void;
}

/** The senders that are remembered: those of the last while. */
const most = 5_000;

export function createKnownSenders(db: DatabaseSync): KnownSenders {
  const readVersion = prepare(db, 'PRAGMA data_version');
  const senders = new Map<string, { known: KnownContact; since: number; until: number }>();
  let group: object | null = null;
  let version: unknown = null;
  /** What is read in a transaction that changed contacts is no more when it is undone. */
  let mayBeUndone = false;

  function enter(transaction: Transaction): void {
    if (transaction.group === group) return;
    group = transaction.group;
    mayBeUndone = false;
    const now = readVersion.get()?.data_version;
    // Another process may have linked contacts.
    if (now !== version) senders.clear();
    version = now;
  }

  return {
    find(account, from, occurredAt, transaction) {
      enter(transaction);
      const found = from.change === undefined ? senders.get(nameOf(account, from)) : undefined;
      return found !== undefined && occurredAt >= found.since && occurredAt <= found.until ? found.known : null;
    },
    keep(account, from, contact) {
      if (mayBeUndone || from.change !== undefined) return;
      const name = nameOf(account, from);
      // The one that was kept first goes first.
      senders.delete(name);
      senders.set(name, contact);
      for (const oldest of senders.keys()) {
        if (senders.size <= most) break;
        senders.delete(oldest);
      }
    },
    forget(transaction) {
      enter(transaction);
      mayBeUndone = true;
      senders.clear();
    },
    noteAdded(transaction) {
      enter(transaction);
      mayBeUndone = true;
    },
  };
}

/** All that a message says of its sender. No part but the last can have a line break. */
function nameOf(account: string, { phone, userId, parentId, name }: Sighting): string {
  return `${account}\n${phone ?? ''}\n${userId ?? ''}\n${parentId ?? ''}\n${name ?? ''}`;
}
