import type { Clock } from '../clock.ts';
import type { Normalised } from '../kapso/inbound/normalised.ts';

/**
 * The present time from three clocks: this machine's, which anybody may set and which may never have been set; Kapso's,
 * in the Date header of its answers; and WhatsApp's, in the messages. The monotonic clock continues Kapso's and
 * WhatsApp's time. So setting this machine's clock does not change them.
 */
export interface KapsoTime {
  /** Notes Kapso's time, in milliseconds since the epoch; null when an answer had none. */
  observe(serverTime: number | null): void;
  /** Notes when WhatsApp took a message that has just come: the present is not earlier. */
  observeMessage(at: number): void;
  /** The best known present, for what has no time of its own. */
  now(): number;
  /** The time by Kapso's clock only; null until Kapso has told it. */
  byKapso(): number | null;
  /** A time that is surely not later than Kapso's messages, for what must not be forgotten or skipped. */
  earliest(): number;
  /** Milliseconds that this machine's clock is ahead of the others, negative when behind; null when unknown. */
  ahead(): number | null;
}

/** A Date header from before this program was written is wrong. So is such a time of this machine's clock. */
export const earliestPresent = Date.UTC(2026, 0, 1);

interface Told {
  time: number;
  at: number;
}

export function createKapsoTime(clock: Clock): KapsoTime {
  let kapso: Told | null = null;
  let newest: Told | null = null;
  const carriedOn = (told: Told | null) => (told === null ? null : told.time + clock.monotonic() - told.at);
  return {
    observe: serverTime => {
      if (serverTime !== null && serverTime >= earliestPresent) kapso = { time: serverTime, at: clock.monotonic() };
    },
    observeMessage: at => {
      if (newest === null || at > Number(carriedOn(newest))) newest = { time: at, at: clock.monotonic() };
    },
    now: () => carriedOn(kapso) ?? Math.max(clock.now(), carriedOn(newest) ?? 0),
    byKapso: () => carriedOn(kapso),
    // The monotonic clock stops while the machine sleeps, so Kapso's time may be later than this.
    earliest: () => Math.min(carriedOn(kapso) ?? clock.now(), clock.now()),
    ahead: () => {
      const present = carriedOn(kapso);
      if (present !== null) return clock.now() - present;
      // A message may be old, but not from the future.
      const atLeast = carriedOn(newest);
      return atLeast !== null && atLeast > clock.now() ? clock.now() - atLeast : null;
    },
  };
}

/** Returns when WhatsApp took the newest of the messages, by WhatsApp's clock; null when none has its own time. */
export function newestOwnTime(items: readonly Normalised[]): number | null {
  let newest: number | null = null;
  for (const item of items) {
    if (item.kind !== 'message' || item.undated) continue;
    if (newest === null || item.message.timestamp > newest) newest = item.message.timestamp;
  }
  return newest;
}
