import type { Clock } from '../clock.ts';

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
/** Buckets to look at with each that is taken from. Two find every full one before as many again were added. */
const looks = 2;

/**
 * Each bucket is one number: when it will be full. A full bucket is as good as none and is forgotten, so that memory
 * depends on who wrote in the last minutes, and not on who ever wrote.
 */
export function createBuckets({ clock, perMinute }: BucketsOptions): Buckets {
  const fullAt = new Map<string, number>();
  let next = fullAt.entries();

  const forget = (now: number) => {
    for (let look = 0; look < looks; look += 1) {
      const { value, done } = next.next();
      if (done) {
        next = fullAt.entries();
        return;
      }
      if (value[1] <= now) fullAt.delete(value[0]);
    }
  };

  return {
    take(key, amount) {
      const now = clock.monotonic();
      forget(now);
      const rate = perMinute();
      if (rate === null) return 0;
      const before = Math.max(fullAt.get(key) ?? 0, now);
      const token = minute / rate;
      fullAt.set(key, before + amount * token);
      return Math.max(0, before + Math.min(amount, rate) * token - minute - now);
    },
    size: () => fullAt.size,
  };
}
