import { type Clock, sleep } from '../clock.ts';
import { type InboundMessage, replyAddress } from '../domain/message.ts';
import { KapsoWhatsappError } from '../errors.ts';
import type { Log } from '../observe/log.ts';
import { backoff, waits } from '../waits.ts';

export interface ReactionOptions {
  /** An empty `emoji` takes the reaction off. `guard` is called right before the request leaves; when it throws, nothing leaves. */
  react: (reaction: { to: string; messageId: string; emoji: string; guard: (() => void) | undefined }) => Promise<void>;
  /** Whether Kapso's limit of requests is near. The function is called each time. */
  limitNear: () => boolean;
  /** An emoji, or `none`. The function is called each time. */
  settings: () => { readonly reaction: string };
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
}

/** The reaction to a message while the agent works on it. Only `stop` is waited for, and nothing throws. */
export interface Reactions {
  /** `guard` throws when this process may not show anything any more. */
  set(message: InboundMessage, guard?: () => void): void;
  /** `beforeStart`: an earlier process may have set it. */
  takeOff(message: InboundMessage, beforeStart: boolean): void;
  /** Resolves when the reactions that are being taken off are, or after `grace` milliseconds. Leaves the others. */
  stop(grace: number): Promise<void>;
}

interface Reaction {
  message: InboundMessage;
  guard: (() => void) | undefined;
  /** The emoji that the customer should see; empty for none. */
  wanted: string;
  /** Whether Kapso is still to be asked for it. */
  due: boolean;
  /** The emoji that the customer sees; empty for none, null when unknown. */
  shown: string | null;
  /** Resolves when it is as it is wanted, or nothing more is tried. Null when nothing is under way. */
  work: Promise<void> | null;
}

/** Requests that may be under way at a time. More would only wait for Kapso and take memory. */
const most = 16;
/** How often Kapso is asked to take a reaction off. The pauses add up to more than a window of its limit. */
const mostTries = 6;
/** The codes of refusals that a repetition does not change. */
const lasting: ReadonlySet<string> = new Set(['KAPSO_UNAUTHORIZED', 'KAPSO_REFUSED', 'KAPSO_WINDOW_CLOSED']);

/**
 * Sets a reaction once, and takes it off with some tries. It is a courtesy: it never holds up or fails a message. While
 * too many requests are under way, or Kapso's limit is near, none is set, and taking one off waits.
 */
export function createReactions(options: ReactionOptions): Reactions {
  const { clock, log } = options;
  const ask = createAsk(options);
  const pause = backoff(waits.reaction, options.random);
  const reactions = new Map<string, Reaction>();
  const stopping = new AbortController();

  async function takeOff(reaction: Reaction): Promise<void> {
    for (let tries = 1; reaction.wanted === '' && reaction.shown !== ''; tries += 1) {
      await ask(reaction);
      if (reaction.shown === '') return;
      if (tries >= mostTries) {
        log.debug({ message: reaction.message.id }, 'A reaction stays: it could not be taken off');
        return;
      }
      // A stop ends the tries. The reaction stays then.
      if (!(await slept(pause(tries)))) return;
    }
  }

  const slept = (ms: number) =>
    sleep(clock, ms, stopping.signal).then(
      () => true,
      () => false,
    );

  async function work(reaction: Reaction): Promise<void> {
    while (reaction.due) {
      reaction.due = false;
      await (reaction.wanted === '' ? takeOff(reaction) : ask(reaction));
    }
    reaction.work = null;
    if (reaction.wanted === '') reactions.delete(reaction.message.id);
  }

  function want(reaction: Reaction, wanted: string): void {
    reaction.wanted = wanted;
    reaction.due = true;
    reaction.work ??= work(reaction);
  }

  /** `shown`: null when an earlier process may have set one. */
  function added(message: InboundMessage, shown: '' | null): Reaction {
    const reaction: Reaction = { message, guard: undefined, wanted: '', due: false, shown, work: null };
    reactions.set(message.id, reaction);
    return reaction;
  }

  return {
    set(message, guard) {
      const { reaction: emoji } = options.settings();
      if (emoji === 'none' || !mayBear(message)) return;
      const known = reactions.get(message.id);
      const reaction = known ?? added(message, '');
      reaction.guard = guard;
      want(reaction, emoji);
    },

    takeOff(message, beforeStart) {
      const known = reactions.get(message.id);
      if (known) {
        // The turn is over, so its guard says nothing any more. Nobody minds when it is taken off twice.
        known.guard = undefined;
        return want(known, '');
      }
      if (!beforeStart || options.settings().reaction === 'none' || !mayBear(message)) return;
      want(added(message, null), '');
    },

    async stop(grace) {
      stopping.abort(new Error('the poller is stopping'));
      const last = [...reactions.values()].filter(({ wanted }) => wanted === '').map(reaction => reaction.work);
      if (last.length === 0) return;
      const time = new AbortController();
      await Promise.race([Promise.all(last), sleep(clock, grace, time.signal).catch(() => undefined)]);
      time.abort();
    },
  };
}

/** Returns a function that asks Kapso once for what is wanted. */
function createAsk({ react, limitNear, log }: ReactionOptions): (reaction: Reaction) => Promise<void> {
  let underWay = 0;
  return async reaction => {
    const { message, guard, wanted } = reaction;
    if (underWay >= most || limitNear()) return;
    underWay += 1;
    try {
      await react({ to: replyAddress(message.sender), messageId: message.id, emoji: wanted, guard });
      reaction.shown = wanted;
    } catch (error) {
      const refused = error instanceof KapsoWhatsappError && lasting.has(error.code);
      // What Kapso will not take off is as good as gone, and what it will not set is not there.
      reaction.shown = refused ? '' : null;
      log.debug({ message: message.id, error }, `A reaction was not ${wanted === '' ? 'taken off' : 'set'}`);
    } finally {
      underWay -= 1;
    }
  };
}

/** WhatsApp takes reactions to what a person wrote. In a group the sender's address leads to another chat. */
function mayBear({ notice, groupId }: InboundMessage): boolean {
  return notice === undefined && groupId === undefined;
}
