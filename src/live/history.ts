import type { Clock } from '../clock.ts';
import type { Emit } from '../observe/events.ts';
import { scrubbedJson } from '../observe/scrub.ts';
import { asLifeEvent, messagesOf } from '../views/life-events.ts';
import { concerns, type Remembered } from '../views/trace.ts';

/** What has happened to messages of late, in memory. */
export interface History {
  /** Hears all events. It never throws, and its cost does not depend on what is remembered. */
  listen: Emit;
  /** Calls back with each event from now on, while it happens. Returns a function that ends this. */
  subscribe(listener: (one: Remembered) => void): () => void;
  /** What is remembered of these messages, the oldest first. */
  of(messages: ReadonlySet<string>): Remembered[];
  /** The number of the last event; 0 before the first. */
  last(): number;
  /** Since when everything is remembered, in milliseconds since the epoch. */
  since(): number;
}

export interface HistoryOptions {
  clock: Pick<Clock, 'now'>;
  /** Removes secrets. Whoever shows an event masks numbers, and a secret whose digits are masked is not recognised any more. */
  scrub: (text: string) => string;
  /** How much is remembered: each event counts once for each message that it names. */
  most?: number;
}

export function createHistory({ clock, scrub, most = 5000 }: HistoryOptions): History {
  const events = new Map<number, Remembered>();
  const listeners = new Set<(one: Remembered) => void>();
  let since = clock.now();
  let last = 0;
  let named = 0;

  /** What a listener cannot take is its own matter: it hears nothing more, and the poller goes on. */
  function tell(listener: (one: Remembered) => void, one: Remembered): void {
    try {
      listener(one);
    } catch {
      listeners.delete(listener);
    }
  }

  /** A tenth at a time: whoever looks for the oldest passes over the places of all that were deleted before. */
  function forget(): void {
    for (const [seq, one] of events) {
      // The newest stays, however many it names.
      if (named <= most * 0.9 || seq === last) return;
      events.delete(seq);
      named -= messagesOf(one.event).length;
      since = one.at;
    }
  }

  return {
    listen: happened => {
      const told = asLifeEvent(happened);
      if (told === null) return;
      const event: typeof told = JSON.parse(scrubbedJson(told, scrub));
      last += 1;
      const one = { seq: last, at: clock.now(), event };
      events.set(last, one);
      named += messagesOf(event).length;
      if (named > most) forget();
      for (const listener of listeners) tell(listener, one);
    },
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    of: messages => [...events.values()].filter(one => concerns(one, messages)),
    last: () => last,
    since: () => since,
  };
}
