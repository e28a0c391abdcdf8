import type { Clock } from '../clock.ts';
import { describeError, type Log } from '../observe/log.ts';

export interface WatchdogOptions {
  /** Milliseconds that systemd waits for a sign of life before it kills the service. */
  timeout: number;
  clock: Clock;
  log: Log;
  ping: () => Promise<void>;
  /**
   * Resolves with what only a restart would heal, as a sentence, or with null. A rejection counts as a failure. An
   * unreachable Kapso or gateway is not a failure.
   */
  healthCheck: () => Promise<string | null>;
}

export interface Watchdog {
  start(): void;
  stop(): void;
}

/**
 * Returns the service manager's time limit in milliseconds, by `WATCHDOG_USEC` and `WATCHDOG_PID`
 * (sd_watchdog_enabled(3)), or null without one. The variables are removed from the environment: no child may take them
 * for its own.
 */
export function takeWatchdogTimeout(env: NodeJS.ProcessEnv, pid: number): number | null {
  const { WATCHDOG_USEC, WATCHDOG_PID } = env;
  delete env.WATCHDOG_USEC;
  delete env.WATCHDOG_PID;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return null;
  const timeout = Math.floor(Number(WATCHDOG_USEC) / 1000);
  return Number.isFinite(timeout) && timeout > 0 ? timeout : null;
}

/**
 * Sends a sign of life at half of the time limit, as systemd advises, while the event loop turns on time and the health
 * check passes. After a failure it checks four times as often: one hiccup does not end the service, a lasting fault
 * does.
 */
export function createWatchdog({ timeout, clock, log, ping, healthCheck }: WatchdogOptions): Watchdog {
  const pause = timeout / 2;
  /** A timer that is later than this shows that the event loop is mostly stuck. */
  const tolerableDelay = timeout / 4;
  let cancel: (() => void) | null = null;
  let stopped = false;
  let complaint: string | null = null;

  const wait = (ms: number) => {
    const due = clock.monotonic() + ms;
    cancel = clock.after(ms, () => void check(due));
  };

  const check = async (due: number): Promise<void> => {
    const delay = clock.monotonic() - due;
    const wrong = delay > tolerableDelay ? `the event loop was held up for ${Math.round(delay)} ms` : await diagnose();
    if (stopped) return;
    if (wrong === null) await ping();
    else if (wrong !== complaint) log.error({ reason: wrong }, 'No sign of life to systemd while this lasts');
    complaint = wrong;
    if (!stopped) wait(wrong === null ? pause : timeout / 8);
  };

  /** A check that does not return in time is a failure too. */
  const diagnose = (): Promise<string | null> =>
    new Promise(resolve => {
      const giveUp = clock.after(tolerableDelay, () => resolve('the check of the inbox does not come back'));
      healthCheck()
        .catch((error: unknown) => describeError(error))
        .then(found => {
          giveUp();
          resolve(found);
        });
    });

  return {
    start: () => wait(pause),
    stop: () => {
      stopped = true;
      cancel?.();
    },
  };
}
