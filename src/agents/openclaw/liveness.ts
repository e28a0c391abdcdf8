import type { Clock } from '../../clock.ts';

export interface Liveness {
  /** Notes that something came. */
  seen(): void;
  /** From now on something must come every two intervals (ms). */
  watch(interval: number): void;
  stop(): void;
}

/** Calls `onSilence` with the milliseconds without a frame. */
export function createLiveness(clock: Clock, onSilence: (ms: number) => void): Liveness {
  let lastSeen = clock.monotonic();
  let cancel = () => {};
  const watch = (interval: number) => {
    const left = 2 * interval - (clock.monotonic() - lastSeen);
    if (left <= 0) onSilence(2 * interval);
    // One timer, renewed when it falls due: nothing wakes the process in between.
    else cancel = clock.after(left, () => watch(interval));
  };
  return {
    seen: () => {
      lastSeen = clock.monotonic();
    },
    watch,
    stop: () => cancel(),
  };
}
