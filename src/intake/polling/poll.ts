import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { describeError, type Log } from '../../observe/log.ts';
import type { PollingStatus } from '../../observe/status.ts';
import { StateError } from '../../state/errors.ts';
import { stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import type { Store } from '../../store/store.ts';
import { vary, waits } from '../../waits.ts';
import type { Intake } from '../accept.ts';
import type { NextInterval } from './fallback-interval.ts';
import { createFirstStart } from './first-start.ts';
import type { Patience } from './page-reader.ts';
import { createPageRequests, type PageRequestDeps } from './page-requests.ts';
import { createPasses } from './passes.ts';
import { pauseAfter } from './pause.ts';
import type { PassBounds } from './poll-pass.ts';
import { createPollSchedule, type PollSchedule } from './poll-schedule.ts';
import { stuckReason } from './stuck-check.ts';

export interface PollerOptions extends PageRequestDeps {
  phoneNumberId: string;
  stateDir: string;
  /** In seconds; asked for again before each wait and each pass. */
  settings: () => { readonly interval: number; readonly overlap: number };
  /** The time until the next poll; by default always the interval. */
  nextInterval?: NextInterval;
  bounds?: PassBounds;
  intake: Intake;
  store: Store;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  onStatus: (status: PollingStatus) => void;
}

export interface Poller {
  /** To be called before anything else: notes the very first start, so that a kill from now on makes nothing the past. */
  noteStart(): void;
  /** Polls until stopped; resolves then. */
  run(): Promise<void>;
  /** Polls once, now; resolves when the pass is complete, rejects when it cannot be. */
  once(): Promise<void>;
  /**
   * What came while the program was not running: one pass from the cursor, as patient as `run`. At the very first start it finds
   * nothing, unless an earlier program left its position, but the time by Kapso's clock from which the next one is to catch up.
   */
  catchUp(): Promise<void>;
  /** Begins a pass at once; where one is under way, another follows it, for what came too late for its first page. */
  pollNow(): void;
  /** Resolves when the first attempt has ended, well or not. */
  readonly attempted: Promise<void>;
  /** What should have happened long ago, in a sentence; null when all goes on. A failure to reach Kapso is an attempt like any other. */
  stuck(): string | null;
  stop(): void;
}

const endless = "Kapso's list of messages did not end; what was read of it is delivered, and the rest is read next";

/** Receives by asking Kapso's message list again and again. */
export function createPoller(options: PollerOptions): Poller {
  const { clock, random, log, settings } = options;
  const interval = () => settings().interval * 1000;
  const { nextInterval = interval } = options;
  const stopped = new AbortController();
  const { signal } = stopped;
  const schedule = createPollSchedule({ ...options, interval: settings().interval, signal });
  const requests = createPageRequests(options, signal);
  const firstStart = createFirstStart(options);
  const passes = createPasses({ ...options, requests, firstStart });
  const jittered = (ms: number) => vary(ms, waits.polling.jitter, random);
  const pause = createPatience({ ...options, schedule, signal });

  /** Returns how many messages it found, and whether the list was read to its end. */
  const pass = async (patience: Patience): Promise<{ found: number; complete: boolean }> => {
    const { found, seen, cursor, rest } = await passes.next(patience, schedule.beginPass);
    const { lastError } = schedule.status;
    if (rest !== null) {
      if (lastError !== endless) log.error({ seen }, `${endless}. If it goes on, tell Kapso's support`);
      schedule.report({ lastError: endless });
      return { found, complete: false };
    }
    if (lastError !== null) log.info({}, 'Polling Kapso works again');
    schedule.report({ lastSuccess: clock.now(), lastError: null });
    showCursor(options, cursor);
    return { found, complete: true };
  };

  /** A pass that is tried until it is complete; returns how many messages it found. */
  const completePass = async (): Promise<number> => {
    for (;;) {
      try {
        const { found, complete } = await pass(pause);
        if (complete) return found;
      } catch (error) {
        signal.throwIfAborted();
        schedule.report({ lastError: describeError(error) });
        // A store that fails may well keep the next pass, and until then nothing newer must overtake what is not yet read.
        if (error instanceof StateError) {
          passes.beginAnew();
          log.error({ error }, 'What was polled cannot be kept; the pass is repeated');
        } else await passes.giveUp(error, signal);
      }
      await schedule.wait(jittered(interval()));
    }
  };

  const run = async (): Promise<void> => {
    for (;;) {
      const next = nextInterval(await completePass());
      schedule.report({ interval: next / 1000 });
      if (!schedule.asked) await schedule.wait(jittered(next));
      signal.throwIfAborted();
    }
  };

  /** Stopping is how both end; anything else is a defect. */
  const untilStopped = async (work: Promise<unknown>): Promise<void> => {
    await work.catch(error => {
      if (!signal.aborted) throw error;
    });
  };

  return {
    noteStart: firstStart.note,
    run: () => untilStopped(run()),
    catchUp: () => untilStopped(completePass()),
    once: async () => void (await pass(error => Promise.reject(error))),
    pollNow: schedule.pollNow,
    attempted: schedule.attempted,
    stuck: () => stuckReason({ polling: schedule.attempts, ...requests.last(), at: clock.monotonic() }),
    stop: () => stopped.abort(new Error('polling was stopped')),
  };
}

/** Says why a page could not be had, and waits as long as that means; rejects when the pass is to be given up. */
function createPatience(
  deps: Pick<PollerOptions, 'settings' | 'random' | 'log'> & { schedule: PollSchedule; signal: AbortSignal },
): Patience {
  const { schedule, signal, log, random } = deps;
  return async (error, failures) => {
    signal.throwIfAborted();
    const interval = deps.settings().interval * 1000;
    const { ms, message, asked, needsOperator, givesUp } = pauseAfter(error, failures, { interval, random });
    if (schedule.status.lastError !== message || asked !== null) {
      const fields = { error: message, ...(asked !== null && { asked }), again: `${Math.round(ms / 1000)} s` };
      if (needsOperator) log.error(fields, 'Polling Kapso failed, and will until somebody puts it right');
      else log.warn(fields, 'Polling Kapso failed');
    }
    schedule.report({ lastError: message });
    if (givesUp) throw error;
    await schedule.wait(ms);
    schedule.begin();
  };
}

/** The cursor as a file people and scripts can read; the database is what counts. */
function showCursor(options: PollerOptions, cursor: number): void {
  try {
    writePrivateFile(
      join(options.stateDir, stateFiles.lastPoll),
      `${new Date(cursor).toISOString().replace(/\.\d{3}Z$/, 'Z')}\n`,
      { durable: false },
    );
  } catch (error) {
    options.log.debug({ error }, `The ${stateFiles.lastPoll} file cannot be written`);
  }
}
