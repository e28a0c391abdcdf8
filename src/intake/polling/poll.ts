import { join } from 'node:path';
import { sleep } from '../../clock.ts';
import { KapsoWhatsappError } from '../../errors.ts';
import { describeError } from '../../observe/log.ts';
import type { PollingStatus } from '../../observe/status.ts';
import { StateError } from '../../state/errors.ts';
import { stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import { backoff, keepTo, vary, waits } from '../../waits.ts';
import type { NextInterval } from './fallback-interval.ts';
import { createFirstStart } from './first-start.ts';
import { type PassOptions, pollPass, type Rest } from './poll-pass.ts';
import { createRequestRate, type RateLimits } from './request-rate.ts';
import type { Attempts } from './stuck-check.ts';

export interface PollerOptions extends Omit<PassOptions, 'pause'> {
  stateDir: string;
  /** The configured time between two polls, ms; asked for again before each wait. */
  readonly interval: number;
  /** The time until the next poll; by default always the interval. */
  nextInterval?: NextInterval;
  /** How often Kapso may be asked; by default a thousand times at once and fifty times a second. */
  rate?: RateLimits;
  /** 0 ≤ x < 1. */
  random: () => number;
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
  /** When it tried, and will try again. */
  attempts(): Attempts;
  stop(): void;
}

/** No backlog is held up by this, and no list without end is a storm: Kapso's largest plan has some 33 requests a second. */
const requestRate: RateLimits = { burst: 1000, perSecond: 50 };
const endless = "Kapso's list of messages did not end; what was read of it is delivered, and the rest is read next";
/** Refusals of the same page after which the pass begins anew and what it holds is released. */
const refusalsOfAPage = 5;

/** Receives by asking Kapso's message list again and again. */
export function createPoller(options: PollerOptions): Poller {
  const { store, clock, random, log, nextInterval = () => options.interval } = options;
  const stopped = new AbortController();
  let status: PollingStatus = {
    interval: options.interval / 1000,
    lastAttempt: null,
    lastSuccess: null,
    lastError: null,
    nextAt: null,
  };
  let attempts: Attempts = { lastAttempt: null, nextAt: null };
  let wake: (() => void) | null = null;
  /** By `pollNow`, since the last pass began. */
  let asked = false;
  const firstStart = createFirstStart(options);
  // Documented of Kapso's other list; every pass over rows of different seconds shows how it is.
  let newestFirst = true;
  let clocksDiffer = false;
  let rest: Rest | null = null;
  const mayAsk = createRequestRate(options.rate ?? requestRate, clock, stopped.signal);
  const fetchPage: PassOptions['fetchPage'] = async query => {
    await mayAsk();
    return options.fetchPage(query);
  };

  const report = (change: Partial<PollingStatus>) => {
    status = { ...status, ...change };
    options.onStatus(status);
  };

  const begin = () => {
    attempts = { lastAttempt: clock.monotonic(), nextAt: null };
    report({ lastAttempt: clock.now(), nextAt: null });
  };

  /** A wait that `pollNow` cuts short. */
  const wait = async (ms: number): Promise<void> => {
    attempts = { ...attempts, nextAt: clock.monotonic() + ms };
    report({ nextAt: clock.now() + ms });
    const cut = new AbortController();
    wake = () => cut.abort();
    await sleep(clock, ms, AbortSignal.any([cut.signal, stopped.signal])).catch(() => undefined);
    wake = null;
    stopped.signal.throwIfAborted();
  };

  const jittered = (ms: number) => vary(ms, waits.polling.jitter, random);

  const pause = async (error: unknown, failures: number): Promise<void> => {
    stopped.signal.throwIfAborted();
    const failureClass = options.classify(error);
    const hint = error instanceof KapsoWhatsappError ? error.hint : undefined;
    const message = [describeError(error), hint].filter(part => part !== undefined).join('; ');
    const first = Math.max(waits.polling.first, options.interval);
    const pause = failureClass.needsOperator
      ? jittered(waits.polling.needsOperator)
      : backoff({ ...waits.polling, first }, random)(failures);
    const asked = keepTo(failureClass.retryAfter ?? 0, waits.polling.asked);
    // A server that asks for no pause at all is not taken at its word.
    const ms = Math.max(asked.ms, asked.ms <= 0 ? pause : 1000);
    if (status.lastError !== message || asked.cut !== null) {
      const fields = {
        error: message,
        ...(asked.cut !== null && { asked: asked.cut }),
        again: `${Math.round(ms / 1000)} s`,
      };
      if (failureClass.needsOperator) log.error(fields, 'Polling Kapso failed, and will until somebody puts it right');
      else log.warn(fields, 'Polling Kapso failed');
    }
    report({ lastError: message });
    if (failureClass.pageRefused && failures >= refusalsOfAPage) throw error;
    await wait(ms);
    begin();
  };

  const compareClocks = (differ: number | null) => {
    if (differ !== null && !clocksDiffer) {
      const fields = { kapso: `${Math.round(Math.abs(differ) / 1000)} s ${differ > 0 ? 'ahead' : 'behind'}` };
      log.warn(
        fields,
        "Kapso's clock and this machine's differ: until they agree, polling's position only follows the messages",
      );
    } else if (differ === null && clocksDiffer) log.info({}, "Kapso's clock and this machine's agree again");
    clocksDiffer = differ !== null;
  };

  /** Returns how many messages it found, and whether the list was read to its end. */
  const pass = async (patience: PassOptions['pause']): Promise<{ found: number; complete: boolean }> => {
    const cursor = await store.cursor();
    const from = cursor === null ? await firstStart.begin() : { cursor, first: firstStart.at(cursor) };
    const proven = await store.proven();
    const [kept] = proven === null ? await store.list({ limit: 1 }) : [];
    asked = false;
    begin();
    const result = await pollPass(
      { ...from, proven, kept: kept?.occurredAt ?? null, newestFirst, rest },
      { ...options, fetchPage, pause: patience },
    );
    newestFirst = result.newestFirst;
    rest = result.rest;
    compareClocks(result.clocksDiffer);
    const { found, seen } = result;
    if (found > 0) log.info({ new: found, seen }, 'Messages received by polling');
    if (rest !== null) {
      if (status.lastError !== endless) log.error({ seen }, `${endless}. If it goes on, tell Kapso's support`);
      report({ lastError: endless });
      return { found, complete: false };
    }
    firstStart.listed(result.cursor, result.confirmed);
    if (status.lastError !== null) log.info({}, 'Polling Kapso works again');
    report({ lastSuccess: clock.now(), lastError: null });
    showCursor(options, result.cursor);
    return { found, complete: true };
  };

  /**
   * Not for a store that fails: it may well keep the next pass, and until then nothing newer must overtake what is not
   * yet read.
   */
  const giveUp = async (reason: unknown): Promise<void> => {
    log.error(
      { error: reason },
      'A polling pass was given up; what it had read is delivered, and the pass is repeated',
    );
    try {
      options.onKept(await store.releaseHeld(newestFirst));
    } catch (error) {
      stopped.signal.throwIfAborted();
      log.error({ error }, 'What the pass had read waits for the next one to be complete');
    }
  };

  /** A pass that is tried until it is complete; returns how many messages it found. */
  const completePass = async (): Promise<number> => {
    for (;;) {
      try {
        const { found, complete } = await pass(pause);
        if (complete) return found;
        await wait(jittered(options.interval));
      } catch (error) {
        stopped.signal.throwIfAborted();
        rest = null;
        report({ lastError: describeError(error) });
        if (error instanceof StateError) log.error({ error }, 'What was polled cannot be kept; the pass is repeated');
        else await giveUp(error);
        await wait(jittered(options.interval));
      }
    }
  };

  const run = async (): Promise<void> => {
    for (;;) {
      const next = nextInterval(await completePass());
      report({ interval: next / 1000 });
      if (!asked) await wait(jittered(next));
      stopped.signal.throwIfAborted();
    }
  };

  /** Stopping is how both end; anything else is a defect. */
  const untilStopped = async (work: Promise<unknown>): Promise<void> => {
    await work.catch(error => {
      if (!stopped.signal.aborted) throw error;
    });
  };

  return {
    noteStart: firstStart.note,
    run: () => untilStopped(run()),
    catchUp: () => untilStopped(completePass()),
    once: async () => {
      await pass(async error => {
        throw error;
      });
    },
    pollNow: () => {
      asked = true;
      wake?.();
    },
    attempts: () => attempts,
    stop: () => stopped.abort(new Error('polling was stopped')),
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
