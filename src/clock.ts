/** Time as a dependency, so that a test can control it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Milliseconds since an arbitrary moment, to measure durations. Nobody can set it, and `after` counts by it. On Linux
   * it is CLOCK_MONOTONIC, which stops while the machine is suspended (libuv's uv_hrtime; clock_gettime(2)). So after a
   * suspension nothing seems late.
   */
  monotonic(): number;
  /** Calls back once after `ms`. Returns a function that cancels. */
  after(ms: number, callback: () => void): () => void;
}

/** The longest time of a Node timer in milliseconds: 24.8 days. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not performance.now(): Node would load the whole module for it, which costs each start of the command line 2 ms.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  after: (ms, callback) => {
    let timer: NodeJS.Timeout;
    // A longer time would overflow Node's timer, which then fires at once.
    const arm = (left: number) => {
      timer = setTimeout(
        () => (left > longestTimer ? arm(left - longestTimer) : callback()),
        Math.min(left, longestTimer),
      );
    };
    // A time that is over already is no defect, and Node would warn of it.
    arm(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`. Rejects with the signal's reason when it aborts first. */
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
