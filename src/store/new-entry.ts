import type { Admission } from '../domain/admission.ts';
import type { KnownContact, Sighting } from '../domain/contact.ts';
import type { Filing } from '../domain/conversation.ts';
import type { PairingOffer } from './access.ts';

/**
 * The state of an entry.
 *
 * - `held`: from a polling pass that has not reached its last page; not to be delivered yet.
 * - `pending`: to be delivered.
 * - `sending`: handed to the agent at least once; the outcome is not known.
 * - `settled`: the agent's run has ended.
 * - `failed`: given up, with a reason; kept until an operator retries or drops it.
 * - `dropped`: given up by an operator.
 * - `unpaired`: waits until an operator has approved its sender.
 * - `denied`: its sender may not write. An operator can retry it.
 * - `limited`: beyond what its sender may write. An operator can retry it.
 */
export type EntryState =
  | 'held'
  | 'pending'
  | 'sending'
  | 'settled'
  | 'failed'
  | 'dropped'
  | 'unpaired'
  | 'denied'
  | 'limited';

export const entryStates: readonly EntryState[] = [
  'held',
  'pending',
  'sending',
  'settled',
  'failed',
  'dropped',
  'unpaired',
  'denied',
  'limited',
];

interface EntryContent {
  id: string;
  /** The number that received it. */
  account: string;
  /** When it happened, by the sender's side. It decides the order within a lane. */
  occurredAt: number;
  body: string;
  /** The id of an earlier entry that it replaces or takes back. */
  amends?: string;
  /** By which way it came. */
  by?: 'webhook' | 'poll' | undefined;
}

/** Where an entry is kept, and whose it is. */
export interface Filed extends Filing {
  /** Who wrote it, and where. An entry amends, or is context of, only entries of the same author in the same lane. */
  author: string;
  admission: Admission;
  /** What an entry needs that is to wait for the approval of its sender. */
  pairing?: PairingOffer;
  /** Set when it cannot be decided about. It is kept as `failed` with this reason, whatever the admission says. */
  failure?: string;
  /** Set when somebody else has handled it before. It is kept as `dropped` with this reason; an operator can retry it. */
  handled?: string;
  /** What is kept in place of the entry's body. */
  body?: string;
  /** Set when it is a command of an operator. It is kept as settled, and no agent gets it. */
  command?: string;
}

/** An entry of a person. The store finds out which contact it is, in the transaction that keeps the entry. */
export interface ReceivedEntry extends EntryContent {
  from: Sighting;
  /** Says where the entry of this contact belongs. It may be called more than once, so it must change nothing. */
  file: (contact: KnownContact) => Filed;
}

/** An entry of nobody, or of one who is known already. */
export interface FiledEntry extends EntryContent {
  from?: undefined;
  /** Entries of one lane are delivered one after the other, the oldest first. */
  lane: string;
  /** The sender's key. */
  contact?: string;
  /** The conversation that it belongs to. Without it, the lane's name is also the conversation's. */
  conversation?: string;
  /** The agent's session for it. Without it, the lane's name is also the session's. */
  session?: string;
  /** As in `Filed`. */
  author?: string;
  /** Set when it cannot be delivered at all. It is kept as `failed` with this reason. */
  failure?: string;
}

export type NewEntry = ReceivedEntry | FiledEntry;
