import { type Clock, sleep } from '../../clock.ts';
import type { Emit } from '../../observe/events.ts';
import type { PollingStatus } from '../../observe/status.ts';
import type { Attempts } from './stuck-check.ts';

export interface PollSchedule {
  readonly status: PollingStatus;
  /** Times by the monotonic clock. */
  readonly attempts: Attempts;
  /** Resolves when the first attempt has ended, failed or not. */
  readonly attempted: Promise<void>;
  /** Whether `pollNow` was called since the last pass began. */
  readonly asked: boolean;
  report(change: Partial<PollingStatus>): void;
  /** Marks the beginning of a pass: a later request asks for another one. */
  beginPass(): void;
  /** Marks the beginning of an attempt. */
  begin(): void;
  /** Waits. `pollNow` ends the wait early. Rejects when polling is stopped. */
  wait(ms: number): Promise<void>;
  /** Says that this process does not poll for now, and resolves when the promise does. Rejects when polling is stopped. */
  leave(until: Promise<void>): Promise<void>;
  pollNow(): void;
}

/** Decides when polling tries, and reports it to the status. `interval` is in seconds; `signal` stops every wait. */
export function createPollSchedule(deps: {
  clock: Clock;
  interval: number;
  signal: AbortSignal;
  emit: Emit;
}): PollSchedule {
  const { clock, interval, signal } = deps;
  const untried: PollingStatus = { interval, lastAttempt: null, lastSuccess: null, lastError: null, nextAt: null };
  let status = untried;
  let attempts: Attempts = { lastAttempt: null, nextAt: null };
  let wake: (() => void) | null = null;
  let asked = false;
  const attempted = Promise.withResolvers<void>();

  const report = (change: Partial<PollingStatus>) => {
    status = { ...status, ...change };
    deps.emit({ type: 'polling changed', polling: status });
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
    leave: async until => {
      attempts = { lastAttempt: null, nextAt: null };
      // What it knows is over: others poll meanwhile.
      status = untried;
      deps.emit({ type: 'polling changed', polling: null });
      attempted.resolve();
      const stopped = Promise.withResolvers<never>();
      const stop = () => stopped.reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      await Promise.race([until, stopped.promise]).finally(() => signal.removeEventListener('abort', stop));
    },
    pollNow: () => {
      asked = true;
      wake?.();
    },
  };
}
