export interface CatchUp {
  /**
   * Fetches what was missed, and again for requests that come meanwhile. Resolves when nothing more is due. Only the
   * first call waits; each further one resolves at once.
   */
  fetch(): Promise<void>;
  /** Whether a fetch is under way. */
  underWay(): boolean;
  /** Whether all requested fetches are complete. */
  complete(): boolean;
  /** Begins no further pass. */
  stop(): void;
}

/** Runs one pass at a time, and one more for all requests during it. `pass` rejects only on a defect. */
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
