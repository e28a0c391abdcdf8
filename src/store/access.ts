/**
 * Who was let in by an operator, who waits for it, and who is kept out. It is part of the store (see store.ts) and makes
 * the same promises. A contact is a person within an account, by its key. It is in one state, or unknown: nobody decided
 * about it, and it does not wait.
 */
import type { KnownContact } from '../domain/contact.ts';
import type { InboundMessage } from '../domain/message.ts';
import type { NewOutgoing } from './outbox.ts';

/**
 * - `pending`: it has a code, and its entries are kept as `unpaired`.
 * - `approved`: it may write.
 * - `blocked`: it may not, and gets no code.
 */
export type AccessState = 'pending' | 'approved' | 'blocked';

export const accessStates: readonly AccessState[] = ['pending', 'approved', 'blocked'];

export interface ContactAccess {
  account: string;
  contact: string;
  state: AccessState;
  /** Since when it is in this state. */
  since: number;
  /** The operator who decided, as the system names the account; null while it is pending. */
  decidedBy: string | null;
  /** The code that approves it; null unless it is pending. */
  code: string | null;
  /** When the code is no longer valid; null unless it is pending, and while the contact cannot have got the code. */
  expiresAt: number | null;
  /** Entries that are kept until it is approved. */
  held: number;
}

/** What an entry needs whose sender has to be approved first. */
export interface PairingOffer {
  /** Makes a code. It is called again when another contact waits with the same one. */
  newCode: () => string;
  /** Milliseconds for which a code is valid from the time at which it was sent. */
  expires: number;
  /** The most contacts that wait at once. Further ones are denied, and get no code. */
  most: number;
  /** The most entries of one contact that are kept. Further ones are `limited`. */
  held: number;
  /**
   * Returns the message that tells a code. Null when the entry is nothing that its sender wrote: then it is kept with
   * others that wait, and begins no pairing.
   */
  tell: ((code: string) => NewOutgoing) | null;
  /** What is kept of the entry when its sender is denied. Without it, all is. */
  denied?: { body: string };
}

/** Says how the sender of a message can be approved. */
export type OfferPairing = (contact: KnownContact, message: InboundMessage) => PairingOffer;

/** What became of an entry whose sender had no access. `admitted`: an operator has approved the sender meanwhile. */
export type Holding =
  | { state: 'admitted' }
  | { state: 'unpaired' /** Lanes of the outbox that have work now: a code is to be sent. */; lanes: string[] }
  | { state: 'denied' | 'limited'; reason: string; body?: string };

/** How an operator names a contact: by the code that it got, or by itself. */
export type Named = { code: string } | { account: string; contact: string };

export type Decision =
  /** `entries`: those that were released or dropped. */
  | { done: true; account: string; contact: string; was: AccessState | null; entries: string[] }
  /** No contact waits with this code. `left`: how many more wrong codes are taken. */
  | { done: false; why: 'unknown code'; left: number }
  /** Too many wrong codes came. No code is taken before that time. */
  | { done: false; why: 'too many wrong codes'; until: number }
  /** The contact is in that state already, or there is nothing to revoke. */
  | { done: false; why: 'unchanged'; account: string; contact: string; was: AccessState | null };

/** So many wrong codes are taken within an hour. */
export const mostWrongCodes = 10;

export interface Access {
  /** Null when nobody decided about the contact, and it does not wait. */
  get(account: string, contact: string): Promise<ContactAccess | null>;
  /** Those that wait first, then those who are approved, then those who are blocked; each the newest first. */
  list(states?: readonly AccessState[]): Promise<ContactAccess[]>;
  /** The number of contacts that wait. */
  pending(): Promise<number>;
  /** Approves a contact in any state. What was kept becomes pending, at its place in its lane. */
  approve(named: Named, operator: string): Promise<Decision>;
  /** Blocks a contact in any state. What was kept is dropped, with the reason. */
  deny(named: Named, operator: string): Promise<Decision>;
  /** Forgets that a contact was approved or blocked. */
  revoke(account: string, contact: string): Promise<Decision>;
  /**
   * The settings admit a contact that waits: ends its pairing, and what was kept becomes pending. Returns the ids; in any
   * other state nothing changes.
   */
  release(account: string, contact: string): Promise<string[]>;
  /**
   * What is kept of contacts that do not wait becomes pending, so that its sender is asked about anew. Returns the ids.
   * There is such an entry when its run was given up, or when its contact was linked with another one.
   */
  reconsider(): Promise<string[]>;
  /** Whether an outgoing message tells a code that can be approved. */
  tells(outgoing: string): Promise<boolean>;
  /** Ends the pairings whose time is over, and drops what was kept of them. */
  expire(): Promise<{ account: string; contact: string; entries: string[] }[]>;
}
