/** When the alerts look: in rounds, soon after something has happened, and when something is due. */
import type { Clock } from '../clock.ts';
import type { Around } from '../coalesce.ts';

export interface Looks {
  /** Looks at once; while a look is under way, another one follows. From then on it looks in rounds. */
  now(): void;
  /** Looks within so many milliseconds. */
  within(ms: number): void;
  /** Looks no more. Resolves when a look that is under way has ended. */
  stop(): Promise<void>;
}

/** Milliseconds between two looks when nothing happens. */
const every = 25_000;

export function createLooks(deps: {
  look: () => Promise<void>;
  onError: (error: unknown) => void;
  clock: Clock;
  around: Around;
}): Looks {
  const { look, onError, clock, around } = deps;
  let goesOn = false;
  let looking: Promise<void> | null = null;
  let again = false;
  let cancelRound = () => {};
  let soonAt: number | null = null;
  let cancelSoon = () => {};

  const lookUntilQuiet = async () => {
    while (again && goesOn) {
      again = false;
      await look();
    }
  };
  const now = () => {
    goesOn = true;
    again = true;
    looking ??= lookUntilQuiet()
      .catch(onError)
      .finally(() => {
        looking = null;
        cancelRound();
        if (goesOn) cancelRound = around(every, now);
      });
  };

  return {
    now,
    within(ms) {
      const at = clock.monotonic() + ms;
      if (soonAt !== null && soonAt <= at) return;
      cancelSoon();
      soonAt = at;
      cancelSoon = clock.after(ms, () => {
        soonAt = null;
        now();
      });
    },
    async stop() {
      goesOn = false;
      cancelRound();
      cancelSoon();
      soonAt = null;
      await looking;
    },
  };
}
