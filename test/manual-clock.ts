import type { Clock } from '../src/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on by `ms` and runs what falls due, in order. */
  advance(ms: number): void;
  /** Due times of what waits, ascending. */
  pending(): number[];
}

/** A clock that stands still until the test moves it. */
export function manualClock(start: number): ManualClock {
  let now = start;
  const timers = new Set<{ due: number; callback: () => void }>();
  return {
    now: () => now,
    after: (ms, callback) => {
      const timer = { due: now + Math.max(0, ms), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: ms => {
      const end = now + ms;
      for (;;) {
        const next = [...timers].filter(timer => timer.due <= end).sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        timers.delete(next);
        now = Math.max(now, next.due);
        next.callback();
      }
      now = end;
    },
    pending: () => [...timers].map(timer => timer.due).sort((a, b) => a - b),
  };
}
