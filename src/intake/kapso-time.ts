import type { Clock } from '../clock.ts';

/** The time by Kapso's clock, carried on by the monotonic one: setting this machine's clock does not change it. */
export interface KapsoTime {
  /** Notes what Kapso said, ms since the epoch; null where it did not. */
  observe(serverTime: number | null): void;
  /** The time of which Kapso's messages are surely no later, for what must not be forgotten or passed over. */
  earliest(): number;
  /** The time of which Kapso's messages may be, for what must not be refused. */
  latest(): number;
}

/** Until Kapso has told its time, this machine's is all there is. */
export function createKapsoTime(clock: Clock): KapsoTime {
  let told: { time: number; at: number } | null = null;
  const byKapso = () => (told === null ? clock.now() : told.time + clock.monotonic() - told.at);
  return {
    observe: serverTime => {
      if (serverTime !== null) told = { time: serverTime, at: clock.monotonic() };
    },
    // The monotonic clock stands still while the machine sleeps, so Kapso's time may be later than this.
    earliest: () => Math.min(byKapso(), clock.now()),
    latest: () => Math.max(byKapso(), clock.now()),
  };
}
