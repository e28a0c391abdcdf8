import type { Clock } from './clock.ts';

/** Calls back once, roughly `ms` from now. Returns a function that cancels. */
export type Around = (ms: number, callback: () => void) => () => void;

/** The share of its time after which a callback may run together with another timer. */
const earliest = 0.8;
/** The share of its time after which a callback gets a timer of its own. */
const latest = 1.2;

/**
 * Runs work that is not urgent when another timer of the returned clock fires, so that an idle program wakes less
 * often. Each wake-up of its own finds the processor's caches cold, which costs more than the work.
 */
export function coalesceTimers(clock: Clock): { clock: Clock; around: Around } {
  const waiting = new Set<{ from: number; run: () => void }>();

  function runDue(): void {
    const at = clock.monotonic();
    for (const timer of [...waiting]) if (timer.from <= at && waiting.has(timer)) timer.run();
  }

  return {
    clock: {
      ...clock,
      after: (ms, callback) =>
        clock.after(ms, () => {
          callback();
          if (waiting.size > 0) runDue();
        }),
    },
    around: (ms, callback) => {
      const run = () => {
        cancel();
        callback();
      };
      const timer = { from: clock.monotonic() + earliest * ms, run };
      const cancelLatest = clock.after(latest * ms, run);
      const cancel = () => {
        waiting.delete(timer);
        cancelLatest();
      };
      waiting.add(timer);
      return cancel;
    },
  };
}
