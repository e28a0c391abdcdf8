import type { KnownContact } from '../domain/contact.ts';
import type { ReceivedEntry } from './new-entry.ts';

/** A link between two known persons that a message would have made, and that was not made. */
export interface ContactConflict {
  account: string;
  /** The contact that the message was taken for. */
  contact: string;
  /** The contact that an identity of the message is, or was, known of. */
  other: string;
  identity: string;
  /** The id of the first such message. */
  message: string;
  occurredAt: number;
}

/** What became of an operator's link, or of what undoes one. */
export type Relinked =
  | {
      done: true;
      /** The contact that is kept, or the new one. */
      contact: string;
      /** Entries that wait, and belong to it now. */
      moved: number;
    }
  /** A message of one of the contacts is with the agent, or an answer to it is being sent. */
  | { done: false; why: 'busy'; message: string }
  | { done: false; why: 'unknown contact' | 'one contact' | 'only identity' };

export interface Relinking {
  /** Nothing works on the store's lanes: entries that were handed to the agent may be moved too. */
  alone: boolean;
}

/** Who has written. It is part of the store (see store.ts) and makes the same promises. */
export interface Contacts {
  get(account: string, contact: string): Promise<KnownContact | null>;
  /** The contact that has an identity now, in the form of `Identity.key`. */
  find(account: string, identity: string): Promise<KnownContact | null>;
  /** All contacts of an account, or of all accounts, by key. */
  list(account?: string): Promise<KnownContact[]>;
  conflicts(account?: string): Promise<ContactConflict[]>;
  /**
   * Notes that a message has reached a contact at another spelling of its number than the one last seen. Answers go there
   * from now on, until the contact is seen with another spelling or number. An address of anybody else changes nothing.
   */
  reached(account: string, contact: string, address: string): Promise<void>;
  /**
   * For the operator: two contacts are one person. What `other` had and wrote is `keep`'s from now on; what waits moves
   * into the lane of `keep`. A block of either holds for both, and so does an approval. Claim the lanes of both before,
   * so that nothing new begins in them.
   */
  link(account: string, contacts: { keep: string; other: string }, how: Relinking): Promise<Relinked>;
  /**
   * For the operator: an identity is another person's. It becomes a contact of its own, without the access of the one
   * that had it, and what waits of it moves into that one's lane.
   *
   * @param read says from whom a stored body is, and how it is filed; null when it cannot be read
   */
  unlink(
    account: string,
    identity: string,
    how: Relinking & { read: (body: string) => Pick<ReceivedEntry, 'from' | 'file'> | null },
  ): Promise<Relinked>;
  /** The lanes with something of these contacts that waits, and those in which new entries of them are. */
  lanesOf(account: string, contacts: readonly string[]): Promise<string[]>;
}
