import { type Clock, sleep } from '../../clock.ts';
import { waits } from '../../waits.ts';
import { type ListOutbound, rowsSince } from './sent-rows.ts';

/** What a reading of the list shows. */
export interface SentRows {
  /** It has all rows that were created from this time on, by the server's clock. */
  since: number;
  /** Null when they are too many to read. */
  rows: readonly unknown[] | null;
}

/**
 * Reads the outbound rows created since a time by the server's clock, and maybe older ones, after the call. Throws what
 * `list` throws, and the signal's reason when it aborts.
 */
export type ReadSent = (since: number, signal: AbortSignal) => Promise<SentRows>;

interface Reading {
  since: number;
  asking: number;
  stop: AbortController;
  found: Promise<SentRows>;
}

/**
 * Creates a reader that serves all who ask before a reading begins with that one, and begins none sooner than
 * `waits.replyLookUp.apart` after the one before: hundreds of messages may be looked for after a restart, and each
 * request counts against Kapso's limit.
 */
export function createSharedReading({ list, clock }: { list: ListOutbound; clock: Clock }): ReadSent {
  let next: Reading | null = null;
  let before: Promise<unknown> = Promise.resolve();
  let begun = Number.NEGATIVE_INFINITY;

  const begin = async (reading: Omit<Reading, 'found'>, after: Promise<unknown>): Promise<SentRows> => {
    await after;
    const { signal } = reading.stop;
    const rest = begun + waits.replyLookUp.apart - clock.monotonic();
    if (rest > 0) await sleep(clock, rest, signal);
    signal.throwIfAborted();
    next = null;
    begun = clock.monotonic();
    const { since } = reading;
    return { since, rows: await rowsSince(since, signal, list) };
  };
  const toCome = (since: number): Reading => {
    if (next !== null && !next.stop.signal.aborted) return next;
    const reading = { since, asking: 0, stop: new AbortController() };
    next = Object.assign(reading, { found: begin(reading, before) });
    before = next.found.catch(() => undefined);
    return next;
  };

  return async (since, signal) => {
    signal.throwIfAborted();
    const reading = toCome(since);
    reading.since = Math.min(reading.since, since);
    reading.asking += 1;
    const left = Promise.withResolvers<never>();
    const leave = () => {
      reading.asking -= 1;
      if (reading.asking === 0) reading.stop.abort(signal.reason);
      left.reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([reading.found, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  };
}
