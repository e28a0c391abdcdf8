import { type Clock, sleep } from '../../clock.ts';
import type { PollingStatus } from '../../observe/status.ts';
import type { Attempts } from './stuck-check.ts';

export interface PollSchedule {
  readonly status: PollingStatus;
  /** By the clock that nobody can set. */
  readonly attempts: Attempts;
  /** Resolves when the first attempt has ended, well or not. */
  readonly attempted: Promise<void>;
  /** Whether `pollNow` was called since the last pass began. */
  readonly asked: boolean;
  report(change: Partial<PollingStatus>): void;
  /** A pass begins: what is asked for from now on is another one. */
  beginPass(): void;
  /** An attempt begins. */
  begin(): void;
  /** A wait that `pollNow` cuts short; rejects when polling is stopped. */
  wait(ms: number): Promise<void>;
  pollNow(): void;
}

/** When polling tries, and what the status says of it. `interval` is in seconds; `signal` stops every wait. */
export function createPollSchedule(deps: {
  clock: Clock;
  interval: number;
  signal: AbortSignal;
  onStatus: (status: PollingStatus) => void;
}): PollSchedule {
  const { clock, interval, signal } = deps;
  let status: PollingStatus = { interval, lastAttempt: null, lastSuccess: null, lastError: null, nextAt: null };
  let attempts: Attempts = { lastAttempt: null, nextAt: null };
  let wake: (() => void) | null = null;
  let asked = false;
  const attempted = Promise.withResolvers<void>();

  const report = (change: Partial<PollingStatus>) => {
    status = { ...status, ...change };
    deps.onStatus(status);
    if (status.lastSuccess !== null || status.lastError !== null) attempted.resolve();
  };
  const begin = () => {
    attempts = { lastAttempt: clock.monotonic(), nextAt: null };
    report({ lastAttempt: clock.now(), nextAt: null });
  };

  return {
    get status() {
      return status;
    },
    get attempts() {
      return attempts;
    },
    attempted: attempted.promise,
    get asked() {
      return asked;
    },
    report,
    beginPass: () => {
      asked = false;
      begin();
    },
    begin,
    wait: async ms => {
      attempts = { ...attempts, nextAt: clock.monotonic() + ms };
      report({ nextAt: clock.now() + ms });
      const cut = new AbortController();
      wake = () => cut.abort();
      await sleep(clock, ms, AbortSignal.any([cut.signal, signal])).catch(() => undefined);
      wake = null;
      signal.throwIfAborted();
    },
    pollNow: () => {
      asked = true;
      wake?.();
    },
  };
}
