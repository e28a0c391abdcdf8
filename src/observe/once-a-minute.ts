import type { Clock } from '../clock.ts';

/** Milliseconds. */
const interval = 60_000;

/**
 * Limits the log of what anyone can cause. The returned function is true once a minute for each kind. The kinds are the
 * program's own, and few.
 */
export function createOnceAMinute(clock: Pick<Clock, 'monotonic'>): (kind: string) => boolean {
  const notedAt = new Map<string, number>();
  return kind => {
    const now = clock.monotonic();
    if (now - (notedAt.get(kind) ?? Number.NEGATIVE_INFINITY) < interval) return false;
    notedAt.set(kind, now);
    return true;
  };
}
