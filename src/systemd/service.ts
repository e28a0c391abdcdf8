import type { Clock } from '../clock.ts';
import type { Log } from '../observe/log.ts';
import type { Notifier } from './notify.ts';
import { createWatchdog, type Watchdog } from './watchdog.ts';

export interface ServiceOptions {
  notifier: Notifier;
  /** Milliseconds that systemd waits for a sign of life; null when it does not wait. */
  watchdogTimeout: number | null;
  clock: Clock;
  log: Log;
}

/** What this process tells its service manager, in the order of events. */
export interface Service {
  /** Reports the start. From then on systemd gets signs of life while `healthCheck` returns null. */
  ready(healthCheck: () => Promise<string | null>): void;
  /** Sends one line for people when it differs from the last one. */
  status(text: string): void;
  /** Does `work` between RELOADING=1 and READY=1. `work` returns the line to show until the status changes, or null. */
  reload(work: () => Promise<string | null>): Promise<void>;
  /** Resolves when systemd knows of the stop. systemd waits `within` milliseconds from then on. */
  stopping(within: number): Promise<void>;
  /** Whether `stopping` was called. */
  isStopping(): boolean;
}

export function createService({ notifier, watchdogTimeout, clock, log }: ServiceOptions): Service {
  let shown = 'started';
  let isReady = false;
  let stopping = false;
  let reloading = Promise.resolve();
  let watchdog: Watchdog | null = null;

  return {
    ready: healthCheck => {
      isReady = true;
      void notifier.ready(shown);
      if (watchdogTimeout === null || notifier.by === null) return;
      watchdog = createWatchdog({ timeout: watchdogTimeout, clock, log, ping: notifier.watchdog, healthCheck });
      watchdog.start();
    },
    status: text => {
      if (text === shown || stopping) return;
      shown = text;
      if (isReady) void notifier.status(text);
    },
    reload: work => {
      // One reload at a time: systemd counts a READY=1 for each RELOADING=1.
      reloading = reloading.then(async () => {
        await notifier.reloading();
        const said = await work();
        await notifier.ready(said ?? shown);
      });
      return reloading;
    },
    isStopping: () => stopping,
    stopping: async within => {
      stopping = true;
      watchdog?.stop();
      await notifier.stopping('stopping; what is under way may end first', within);
    },
  };
}
