export interface CatchUp {
  /** Fetches what was missed, and once more what is asked for meanwhile; resolves when nothing more is due, for each call but the first at once. */
  fetch(): Promise<void>;
  /** Whether something is being fetched. */
  underWay(): boolean;
  /** Whether all that was asked for has been fetched. */
  complete(): boolean;
  /** Begins no further pass. */
  stop(): void;
}

/** One pass at a time, and one more for all that was asked for during it. `pass` rejects on a defect only. */
export function createCatchUp(pass: () => Promise<void>): CatchUp {
  let due = 0;
  let complete = false;
  let stopped = false;
  return {
    fetch: async () => {
      due += 1;
      if (due > 1) return;
      complete = false;
      while (due > 0 && !stopped) {
        const served = due;
        await pass();
        due -= served;
      }
      complete = !stopped;
    },
    underWay: () => due > 0,
    complete: () => complete,
    stop: () => {
      stopped = true;
    },
  };
}
