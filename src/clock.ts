/** Time as a dependency, so that a test can hold it in its hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Milliseconds since some moment, for how long something takes: nobody can set it, and it goes by the clock that `after` goes by.
   * On Linux that is CLOCK_MONOTONIC, which stands still while the machine is suspended (libuv's uv_hrtime; clock_gettime(2)), so
   * that after waking nothing seems late that has only slept.
   */
  monotonic(): number;
  /** Calls back once after `ms`; returns the way to cancel. */
  after(ms: number, callback: () => void): () => void;
}

/** What a timer of Node's takes, ms: 24.8 days. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not performance.now(), which would load Node's whole module for it: 2 ms of each start of the command line.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  after: (ms, callback) => {
    let timer: NodeJS.Timeout;
    // A longer time would overflow the timer, which then fires at once.
    const arm = (left: number) => {
      timer = setTimeout(
        () => (left > longestTimer ? arm(left - longestTimer) : callback()),
        Math.min(left, longestTimer),
      );
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}
