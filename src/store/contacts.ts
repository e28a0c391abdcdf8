import type { KnownContact } from '../domain/contact.ts';

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
}
