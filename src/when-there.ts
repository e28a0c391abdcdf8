/** What a start needs of an inbox whose database may be away at the moment. */
import { type Clock, sleep } from './clock.ts';
import { isOurs } from './errors.ts';
import type { Log } from './observe/log.ts';
import { createOnce } from './observe/once.ts';
import { backoff, waits } from './waits.ts';

/** Milliseconds for which a start waits for a database. The service manager is told to wait for longer (see poller.ts). */
export const startPatience = 240_000;

/** What passes by itself: a server that starts, one that a switch-over has made a standby, a long change of another process. */
const passing: ReadonlySet<string> = new Set(['STORE_UNREACHABLE', 'STORE_READONLY', 'STORE_BUSY']);

/**
 * Does something that uses the store, and again while the database is away: what is done must be able to be repeated. Rejects
 * with what it rejects with: at once where that stays so.
 */
export type WhenThere = <T>(act: () => Promise<T>) => Promise<T>;

/** `patience`: milliseconds from now on for which it is tried again. */
export function createWhenThere({
  clock,
  log,
  random,
  patience,
}: {
  clock: Clock;
  log: Log;
  random: () => number;
  patience: number;
}): WhenThere {
  const until = clock.monotonic() + patience;
  const pause = backoff(waits.database, random);
  return async act => {
    const isNew = createOnce();
    for (let failures = 1; ; failures += 1) {
      try {
        return await act();
      } catch (error) {
        if (!isOurs(error) || !passing.has(error.code) || clock.monotonic() >= until) throw error;
        const text = 'The inbox cannot be used yet; it is tried again by itself';
        if (isNew(error.message)) log.warn({ error, hint: error.hint }, text);
        await sleep(clock, pause(failures), new AbortController().signal);
      }
    }
  };
}
