/**
 * The commands that operators give by WhatsApp, and what lasts of them. It is part of the store (see store.ts) and makes
 * the same promises. A command is an entry of the inbox that is settled from the beginning, with outcome `command`: no
 * agent ever gets it. What it asks for is done in the transaction that ends it, so it is done once.
 */
import type { NewOutgoing } from './outbox.ts';

export interface GivenCommand {
  /** The id of its entry. */
  id: string;
  text: string;
  account: string;
  /** Who gave it. */
  contact: string;
  conversation: string;
  lane: string;
  occurredAt: number;
  /** The run that it was found to stop, when that was looked for before. */
  run: StoppedRun | null;
}

/** A run, by the entry that began it. */
export interface StoppedRun {
  message: string;
  runKey: string;
  /** The agent's session of the run. */
  session: string;
}

export interface Mute {
  account: string;
  conversation: string;
  since: number;
  /** Null until it is ended by a command. */
  until: number | null;
}

/** What a command changes. */
export type CommandEffect =
  | { do: 'nothing' }
  /** From now on the conversation's session is another one, also for entries behind the command that have not begun. */
  | { do: 'renew session' }
  | { do: 'mute'; conversation: string; until: number | null }
  | { do: 'unmute'; conversation: string }
  /** The run that was noted was stopped: its entry is not run again. */
  | { do: 'stop' };

export interface Commands {
  /** The commands of an account that have not ended, in the order in which they were given. */
  pending(account: string): Promise<GivenCommand[]>;
  /** The run that is in progress in the conversation of a command; null when there is none. */
  running(id: string): Promise<StoppedRun | null>;
  /**
   * Notes the run that a command is about to stop. From now on `stopped` has it. Returns whether it did: a command that
   * has ended stops nothing.
   */
  aim(id: string, run: StoppedRun): Promise<boolean>;
  /**
   * Ends a command: in one transaction its effect takes place, its answer is added to the outbox, and `reason` is kept
   * with its entry. Returns whether it did: a command that has ended changes nothing.
   */
  finish(
    id: string,
    end: { effect: CommandEffect; outgoing: readonly NewOutgoing[]; reason: string },
  ): Promise<boolean>;
  /** The runs that commands have stopped, or are about to, whose entries have not ended. */
  stopped(account: string): Promise<StoppedRun[]>;
  /** The conversations for which no run begins at present. `head` and `waiting` leave out their entries. */
  mutes(account: string): Promise<Mute[]>;
}
