import type { Clock } from '../clock.ts';

export interface Activity {
  /** Whether something is under way or waits for another attempt. */
  busy: boolean;
  /** When something last happened, in milliseconds since the epoch. */
  at: number;
}

/**
 * Calls `onIdle` once, after nothing has been under way for `after` milliseconds. It wakes when that time may be over,
 * not at intervals. After work that it did not see it may be late by up to `after` milliseconds.
 */
export function watchIdleness(options: { after: number; clock: Clock; activity: () => Activity; onIdle: () => void }): {
  stop(): void;
} {
  const { after, clock, activity, onIdle } = options;
  let cancel: () => void;

  const check = () => {
    const { busy, at } = activity();
    const left = busy ? after : at + after - clock.now();
    // The clock may have been set back: never wait longer than `after`.
    if (left > 0) cancel = clock.after(Math.min(left, after), check);
    else onIdle();
  };
  cancel = clock.after(after, check);
  return { stop: () => cancel() };
}
