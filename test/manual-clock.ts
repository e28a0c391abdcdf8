import type { Clock } from '../src/clock.ts';

export interface ManualClock extends Clock {
  /** Sets the time of day forward by `ms`, as NTP, an operator, or waking from suspend does. No timer comes nearer. */
  set(ms: number): void;
  /** Advances time by `ms` and runs what becomes due, in order. */
  advance(ms: number): void;
  /** The due times of waiting timers, ascending. */
  pending(): number[];
}

/** A clock that stands still until the test moves it. */
export function manualClock(start: number): ManualClock {
  let elapsed = 0;
  let timeOfDay = start;
  const timers = new Set<{ due: number; callback: () => void }>();
  return {
    now: () => timeOfDay + elapsed,
    monotonic: () => elapsed,
    after: (ms, callback) => {
      const timer = { due: elapsed + Math.max(0, ms), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    set: ms => {
      timeOfDay += ms;
    },
    advance: ms => {
      const end = elapsed + ms;
      for (;;) {
        const next = [...timers].filter(timer => timer.due <= end).sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        timers.delete(next);
        elapsed = Math.max(elapsed, next.due);
        next.callback();
      }
      elapsed = end;
    },
    pending: () => [...timers].map(timer => timeOfDay + timer.due).sort((a, b) => a - b),
  };
}
