/**
 * Forgetting a person. It is part of the store (see store.ts) and makes the same promises. What is kept is a digest of
 * each message's id, so that a message that arrives again is not handed over again; `prune` forgets it in its time.
 */

/** What the store has of a contact. */
export interface Footprint {
  account: string;
  contact: string;
  /** Addresses in the form of `Identity.key`, those that the contact has given up too. */
  identities: string[];
  /** Its entries, and when they happened. */
  entries: { id: string; occurredAt: number }[];
  /** How many of them have audio. */
  voices: number;
  /** Bodies and ids of what was sent to it, or is to be, and of answers to its messages in groups. */
  outgoing: { id: string; body: string }[];
  /** The agent's sessions in which its messages are. `shared`: messages of others are in it too. */
  sessions: { key: string; shared: boolean }[];
  /** Names under which those of its own were filed, before commands renewed them. */
  sessionNames: string[];
  /** The conversations of groups in which it wrote. */
  groups: string[];
  /** What an operator has decided about it, or that it waits for that. */
  access: string | null;
  muted: boolean;
}

export type Forgotten =
  /** `found` is what was there. */
  | { done: true; found: Footprint }
  | { done: false; why: 'unknown contact' }
  /** A message of the contact is with the agent, or an answer to it is being sent. */
  | { done: false; why: 'busy'; message: string };

export interface Forgetting {
  /** Null for a contact that is not known. */
  footprint(account: string, contact: string): Promise<Footprint | null>;
  /**
   * Deletes all that the store has of a contact: entries, what was sent, its addresses, name, access, mutes, and what
   * others' entries say of its messages' ids. Others' words stay. What is deleted is overwritten. Claim its lanes before,
   * so that nothing new begins in them. `alone`: nothing works on the store's lanes. `before` is called with what there is
   * when nothing is under way, before any of it is deleted.
   */
  forget(
    account: string,
    contact: string,
    how: { alone: boolean; before?: (found: Footprint) => Promise<void> },
  ): Promise<Forgotten>;
  /**
   * Makes the database and its log anew, so that nothing is left of what was deleted before. Others cannot write meanwhile:
   * about a second for 100 MB. `log` empties the log only; on PostgreSQL it has the place of deleted rows used again. Returns
   * whether it did: not while others read in it.
   */
  compact(part: 'all' | 'log'): Promise<boolean>;
}
