import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { isOurs } from '../../errors.ts';
import { isOwn, type Role } from '../../instances/roles.ts';
import type { Emit } from '../../observe/events.ts';
import { describeError, type Log } from '../../observe/log.ts';
import { isStateError } from '../../state/errors.ts';
import { fileOfAccount, stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import type { Store } from '../../store/store.ts';
import { vary, waits } from '../../waits.ts';
import type { Intake } from '../accept.ts';
import { failsHere } from './classify-failure.ts';
import type { NextInterval } from './fallback-interval.ts';
import type { FirstStart } from './first-start.ts';
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
  /** In whose name its files there are; null for the plain names. */
  owner?: string | null;
  firstStart: FirstStart;
  /** Both in seconds. The function is called before each wait and each pass. */
  settings: () => { readonly interval: number; readonly overlap: number };
  /** The time until the next poll. The default is always the interval. */
  nextInterval?: NextInterval;
  bounds?: PassBounds;
  /** Where several processes share the store, the right to poll. */
  role?: Role | undefined;
  intake: Intake;
  store: Store;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  emit: Emit;
}

export interface Poller {
  /** Polls until stopped. Resolves then. */
  run(): Promise<void>;
  /** Polls once, now. Resolves when the pass is complete. Rejects when it cannot be. */
  once(): Promise<void>;
  /**
   * Fetches what came while the program was not running: one pass from the cursor, with the waits of `run`. At the very
   * first start it finds no messages, unless an earlier program left its position. It then only learns the time by
   * Kapso's clock from which the next catch-up begins.
   */
  catchUp(): Promise<void>;
  /** Begins a pass at once. During a pass another one follows, for what came too late for its first page. */
  pollNow(): void;
  /** Resolves when the first attempt has ended, failed or not. */
  readonly attempted: Promise<void>;
  /** Returns why polling is stuck, or null. A failed request is not stuck. */
  stuck(): string | null;
  stop(): void;
}

const endless = "Kapso's list of messages did not end; what was read of it is delivered, and the rest is read next";

/** Receives by repeated requests for Kapso's message list. */
export function createPoller(options: PollerOptions): Poller {
  const { clock, random, emit, settings } = options;
  const interval = () => settings().interval * 1000;
  const { nextInterval = interval } = options;
  const stopped = new AbortController();
  const { signal } = stopped;
  const schedule = createPollSchedule({ ...options, interval: settings().interval, signal });
  const requests = createPageRequests(options, signal);
  const passes = createPasses({ ...options, requests });
  const jittered = (ms: number) => vary(ms, waits.polling.jitter, random);
  const pause = createPatience({ ...options, schedule, signal });
  const ownTurn = createWait(options.role);

  /** Returns how many messages it found, and whether the list was read to its end. */
  const pass = async (patience: Patience): Promise<{ found: number; complete: boolean }> => {
    const { found, seen, cursor, rest } = await passes.next(patience, schedule.beginPass);
    const { lastError } = schedule.status;
    if (rest !== null) {
      if (lastError !== endless) emit({ type: 'list without end', seen, reason: endless });
      schedule.report({ lastError: endless, errorCode: null });
      return { found, complete: false };
    }
    if (lastError !== null) emit({ type: 'poll works again' });
    // The files that say how far polling has come are written after that.
    if (found > 0) await handedOver();
    schedule.report({ lastSuccess: clock.now(), lastError: null, errorCode: null });
    showCursor(options, cursor);
    return { found, complete: true };
  };

  /** Repeats a pass until it is complete. Returns how many messages it found. */
  const completePass = async (): Promise<number> => {
    for (;;) {
      if (!isOwn(options.role)) {
        passes.beginAnew();
        await schedule.leave(ownTurn());
      }
      try {
        const { found, complete } = await pass(pause);
        if (complete) return found;
      } catch (error) {
        signal.throwIfAborted();
        // The store takes nothing of this pass any more. Another process makes one of its own.
        if (!isOwn(options.role)) continue;
        schedule.report({ lastError: describeError(error), errorCode: codeOf(error) });
        // A store that failed may store the next pass. Until then nothing newer may overtake what is not yet read.
        if (isStateError(error)) {
          passes.beginAnew();
          emit({ type: 'pass not stored', error });
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

  /** Both end by being stopped. Any other end is a defect. */
  const untilStopped = async (work: Promise<unknown>): Promise<void> => {
    await work.catch(error => {
      if (!signal.aborted) throw error;
    });
  };

  return {
    run: () => untilStopped(run()),
    catchUp: () => untilStopped(completePass()),
    once: async () => {
      if (isOwn(options.role)) await pass(error => Promise.reject(error));
    },
    pollNow: schedule.pollNow,
    attempted: schedule.attempted,
    stuck: () => stuckReason({ polling: schedule.attempts, ...requests.last(), at: clock.monotonic() }),
    stop: () => stopped.abort(new Error('polling was stopped')),
  };
}

/** Returns a function that resolves when this process has the role. */
function createWait(role: Role | undefined): () => Promise<void> {
  let changed = Promise.withResolvers<void>();
  role?.onChange(() => {
    changed.resolve();
    changed = Promise.withResolvers();
  });
  return async () => {
    while (!isOwn(role)) await changed.promise;
  };
}

/** Tells why a page could not be read, and waits. Rejects when the pass must be given up. */
function createPatience(
  deps: Pick<PollerOptions, 'settings' | 'random' | 'emit' | 'role'> & { schedule: PollSchedule; signal: AbortSignal },
): Patience {
  const { schedule, signal, emit, random, role } = deps;
  return async (error, failures) => {
    signal.throwIfAborted();
    const interval = deps.settings().interval * 1000;
    const { ms, message, asked, needsOperator, givesUp } = pauseAfter(error, failures, { interval, random });
    const repeated = schedule.status.lastError === message && asked === null;
    emit({ type: 'poll failed', error: message, asked, pause: ms, needsOperator, repeated });
    schedule.report({ lastError: message, errorCode: codeOf(error) });
    if (failsHere(error, failures)) role?.giveUp(`polling failed: ${message}`);
    if (givesUp || !isOwn(role)) throw error;
    await schedule.wait(ms);
    schedule.begin();
  };
}

/**
 * Resolves when what a pass has brought is on its way to the agent, if nothing holds it up: the commit before it comes a
 * few turns of the event loop after the pass's own (`group-commit.ts`).
 */
async function handedOver(): Promise<void> {
  for (let turns = 0; turns < 6; turns += 1) await new Promise(resolve => setImmediate(resolve));
}

function codeOf(error: unknown): string | null {
  return isOurs(error) ? error.code : null;
}

/** Writes the cursor to a file for people and scripts. The program reads it from the database. */
function showCursor(options: PollerOptions, cursor: number): void {
  try {
    writePrivateFile(
      join(options.stateDir, fileOfAccount(stateFiles.lastPoll, options.owner ?? null)),
      `${new Date(cursor).toISOString().replace(/\.\d{3}Z$/, 'Z')}\n`,
      { durable: false },
    );
  } catch (error) {
    options.log.debug({ error }, `The ${stateFiles.lastPoll} file cannot be written`);
  }
}
