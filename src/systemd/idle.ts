import type { Clock } from '../clock.ts';

export interface Activity {
  /** Whether something is under way, or waits to be tried again. */
  busy: boolean;
  /** When something last happened, milliseconds since the epoch. */
  at: number;
}

/**
 * Calls `onIdle` once when nothing has been under way for so many milliseconds. It looks when that time could be over at the
 * earliest, not at intervals; after work that ended unseen it may be late by one such time.
 */
export function watchIdleness(options: { after: number; clock: Clock; activity: () => Activity; onIdle: () => void }): {
  stop(): void;
} {
  const { after, clock, activity, onIdle } = options;
  let cancel: () => void;

  const check = () => {
    const { busy, at } = activity();
    const left = busy ? after : at + after - clock.now();
    // A clock that was set back must not keep the process for as long.
    if (left > 0) cancel = clock.after(Math.min(left, after), check);
    else onIdle();
  };
  cancel = clock.after(after, check);
  return { stop: () => cancel() };
}
