import type { Clock } from '../clock.ts';
import { NoTextError } from './text-of.ts';

export interface TimeLimit {
  clock: Clock;
  /** Milliseconds. */
  ms: number;
  /** What to say when the time is over. */
  late: string;
}

/**
 * Does a piece of work whose signal aborts with the given one, and with a NoTextError when the time is over. The work
 * rejects with the signal's reason then.
 */
export async function within<T>(
  { clock, ms, late }: TimeLimit,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const cancel = clock.after(ms, () => limit.abort(new NoTextError(late)));
  try {
    return await work(AbortSignal.any([signal, limit.signal]));
  } finally {
    cancel();
  }
}
