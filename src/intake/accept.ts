import type { Normalised } from '../kapso/inbound/normalised.ts';
import type { Emit } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import type { Accepted, PagePlace, PassEnd } from '../store/arrivals.ts';
import type { Store } from '../store/store.ts';
import { type KapsoTime, newestOwnTime } from './kapso-time.ts';
import { createSenderTurns } from './sender-turns.ts';
import { type IntakeRules, toEntries } from './to-entries.ts';

export interface IntakeDeps extends IntakeRules {
  store: Store;
  /** The number that receives the messages. */
  account: string;
  log: Log;
  /** Called after the commit when there are commands. Their lanes are woken when it resolves. */
  onCommands?: (() => Promise<void>) | undefined;
  kapsoTime: KapsoTime;
  /** Called when a message has shown the time; see `createClockCheck`. */
  checkClock: () => void;
  /** Called after the commit with the lanes that now have work. */
  wake: (lanes: readonly string[]) => void;
  /** Called after the commit with the lanes of the outbox that now have work. */
  wakeReplies: (lanes: readonly string[]) => void;
  /** Called after the commit with the id of a message that is kept as denied. */
  onDenied?: ((id: string) => void) | undefined;
  emit: Emit;
}

/**
 * The one door of every source into the inbox. Items that were read from the wire become entries, are stored, and wake
 * their lanes. Each method resolves when the items are on disk, with what the store made of them.
 */
export interface Intake {
  /** Accepts items for delivery at once. */
  accept(items: readonly Normalised[]): Promise<Accepted>;
  /**
   * Stores a page of a polling pass and holds it until the pass ends.
   */
  hold(items: readonly Normalised[], place: PagePlace, handledBefore?: number | null): Promise<Accepted>;
  /**
   * Accepts the last page of a pass, and what the pass held.
   *
   * @param handledBefore what WhatsApp took before this time another program has handled; by default nothing
   */
  endPass(
    items: readonly Normalised[],
    end: Omit<PassEnd, 'entries'>,
    handledBefore?: number | null,
  ): Promise<Accepted>;
  /** Accepts what an unfinished pass held. */
  releaseHeld(newestFirst: boolean): Promise<Accepted>;
}

/**
 * Deliveries of one sender that are stored at a time. More would make no sender faster than the disk, and a commit of
 * many takes longer for everybody in it.
 */
const mostOfSender = 4;

export function createIntake(deps: IntakeDeps): Intake {
  const { account, store, kapsoTime, emit } = deps;
  const turns = createSenderTurns(mostOfSender);

  const entriesOf = (items: readonly Normalised[], by: 'webhook' | 'poll', handledBefore: number | null = null) => {
    const newest = newestOwnTime(items);
    if (newest !== null) kapsoTime.observeMessage(newest);
    deps.checkClock();
    return toEntries(items, { ...deps, handledBefore }, by);
  };

  /** Tells what is new of these items, and which of it cannot be read. */
  const took = async (items: readonly Normalised[], accepted: Accepted, by: 'webhook' | 'poll'): Promise<Accepted> => {
    const { inserted, failed, refused, lanes, replyLanes, pairings } = accepted;
    if (inserted.length > 0) emit({ type: 'messages accepted', count: inserted.length, messages: inserted, by });
    const known = items.length - inserted.length;
    if (known > 0) emit({ type: 'messages known', count: known, by });
    if (accepted.withheld !== undefined) emit({ type: 'messages withheld', count: accepted.withheld.length });
    for (const { id, reason } of failed) emit({ type: 'unreadable kept', message: id, reason });
    for (const message of pairings) emit({ type: 'pairing began', message });
    for (const { id, state } of refused) if (state === 'denied') deps.onDenied?.(id);
    for (const { id, ...why } of refused)
      if (!pairings.includes(id)) emit({ type: 'message refused', message: id, ...why });
    // What a command changes holds for the messages that came with it.
    if (accepted.commands !== undefined) await deps.onCommands?.();
    if (lanes.length > 0) deps.wake(lanes);
    if (replyLanes.length > 0) deps.wakeReplies(replyLanes);
    return accepted;
  };

  return {
    accept: async items => {
      const keep = async () => took(items, await store.accept(entriesOf(items, 'webhook')), 'webhook');
      const sender = senderOf(items);
      return sender === null ? keep() : turns.run(sender, keep);
    },
    hold: async (items, place, handledBefore = null) =>
      took(items, await store.hold(account, entriesOf(items, 'poll', handledBefore), place), 'poll'),
    endPass: async (items, end, handledBefore = null) => {
      const entries = entriesOf(items, 'poll', handledBefore);
      return took(items, await store.endPass(account, { ...end, entries }), 'poll');
    },
    releaseHeld: async newestFirst => took([], await store.releaseHeld(account, newestFirst), 'poll'),
  };
}

/** Who wrote the first message of a delivery, which is of one conversation; null for what is no message. */
function senderOf([first]: readonly Normalised[]): string | null {
  if (first?.kind !== 'message') return null;
  const { phone, userId } = first.message.sender;
  return phone ?? userId;
}
