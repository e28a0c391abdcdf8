import type { Clock } from '../../clock.ts';
import { waits } from '../../waits.ts';
import { type ListOutbound, rowsSince } from './sent-rows.ts';

/** What a reading of the list shows. */
export interface SentRows {
  /** It has all rows that were created from this time on, by the server's clock. */
  since: number;
  /** When it began, by the monotonic clock. */
  begun: number;
  /** Null when they are too many to read. */
  rows: readonly unknown[] | null;
}

/**
 * Reads the outbound rows created since a time by the server's clock, and maybe older ones. Throws what `list` throws,
 * and the signal's reason when it aborts.
 */
export type ReadSent = (since: number, signal: AbortSignal) => Promise<SentRows>;

interface Reading {
  since: number;
  /** Infinity until it begins. */
  begun: number;
  asking: number;
  stop: AbortController;
  found: Promise<SentRows>;
}

/**
 * Creates a reader whose readings serve all who ask: those who wait for it to begin, and those who ask within
 * `waits.replyLookUp.shared` after that. Hundreds of messages may be looked for after a restart, and each request counts
 * against Kapso's limit.
 */
export function createSharedReading({ list, clock }: { list: ListOutbound; clock: Clock }): ReadSent {
  let last: Reading | null = null;
  let next: Reading | null = null;
  /** What was asked for lately, and will be again. */
  let wanted: { since: number; at: number }[] = [];

  const begin = async (reading: Omit<Reading, 'found'>, before: Promise<unknown> | undefined): Promise<SentRows> => {
    // What is asked in the same moment, and while the one before goes on, is read at once.
    await before?.catch(() => undefined);
    reading.stop.signal.throwIfAborted();
    [last, next] = [next, null];
    reading.begun = clock.monotonic();
    reading.since = Math.min(...wanted.map(({ since }) => since));
    const { since, begun } = reading;
    return { since, begun, rows: await rowsSince(since, reading.stop.signal, list) };
  };
  const serves = ({ since: from, begun, stop }: Reading, since: number) =>
    from <= since && !stop.signal.aborted && clock.monotonic() - begun < waits.replyLookUp.shared;
  const readingFor = (since: number): Reading => {
    const at = clock.monotonic();
    wanted = [...wanted.filter(one => at - one.at < waits.replyLookUp.longest), { since, at }];
    if (last !== null && serves(last, since)) return last;
    if (next !== null && !next.stop.signal.aborted) return next;
    const stop = new AbortController();
    const reading = { since: Number.NEGATIVE_INFINITY, begun: Number.POSITIVE_INFINITY, asking: 0, stop };
    next = Object.assign(reading, { found: begin(reading, last?.found ?? Promise.resolve()) });
    return next;
  };

  return async (since, signal) => {
    signal.throwIfAborted();
    const reading = readingFor(since);
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
