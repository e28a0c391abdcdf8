import type { Clock } from '../clock.ts';
import { createSweep } from './sweep.ts';

/** Token buckets, one for each key. A full bucket holds what its rate gives in a minute. */
export interface Buckets {
  /**
   * Takes `amount` tokens, and returns the milliseconds after which they are there; 0 when they were. They are taken
   * either way, so what is taken later waits at least as long. More than a bucket holds is there as soon as it is full.
   */
  take(key: string, amount: number): number;
  /** Keys that are remembered: those whose buckets are not full, and some that have filled up since. */
  size(): number;
}

export interface BucketsOptions {
  clock: Pick<Clock, 'monotonic'>;
  /** Tokens a minute, more than 0; null for no limit. The function is called each time. */
  perMinute: () => number | null;
}

const minute = 60_000;

/**
 * Each bucket is one number: when it will be full. A full bucket is as good as none and is forgotten, so that memory
 * depends on who wrote in the last minutes, and not on who ever wrote.
 */
export function createBuckets({ clock, perMinute }: BucketsOptions): Buckets {
  const fullAt = new Map<string, number>();
  const forgetFull = createSweep(fullAt, time => time <= clock.monotonic());

  return {
    take(key, amount) {
      const rate = perMinute();
      if (rate === null && fullAt.size === 0) return 0;
      const now = clock.monotonic();
      forgetFull();
      if (rate === null) return 0;
      const before = Math.max(fullAt.get(key) ?? 0, now);
      const token = minute / rate;
      fullAt.set(key, before + amount * token);
      return Math.max(0, before + Math.min(amount, rate) * token - minute - now);
    },
    size: () => fullAt.size,
  };
}
