import type { Clock } from '../clock.ts';
import { type AgentGateway, GatewayRefusal, type RunOutcome } from '../gateway/gateway.ts';
import type { InboundMessage } from '../kapso/message.ts';
import type { Log } from '../observe/log.ts';
import type { Entry, Store } from '../store/store.ts';
import type { Turn } from './lanes.ts';
import { agentMessage, systemPrompt } from './prompt.ts';

export interface ForwardOptions {
  store: Store;
  gateway: AgentGateway;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  /** Called when the agent has begun on a message: read mark and typing. Never awaited. */
  onTaken: (message: InboundMessage) => void;
  /** Called when a message is settled or has failed; `failure` is the reason in the latter case. */
  onEnd: (entry: Entry, failure: string | null) => void;
  /** A message fails only after this many counted attempts and this much time (ms) since the first; asked for again each time. */
  giveUp: () => { attempts: number; after: number };
  /** Takes secrets out of what the gateway said, before it is kept as a reason. */
  scrub: (text: string) => string;
  signal: AbortSignal;
}

/** How long to wait before looking again for a run that the gateway is still busy with. */
const lookAgain = { first: 1000, most: 10_000 };
/** How long to wait for the end of a connection that takes no more requests; the next connection ends this wait. */
const closingRest = 250;
const firstBackoff = 30_000;
const longestBackoff = 4 * 3_600_000;
/** The longest pause that a gateway may ask for, and after how many of them somebody should know. */
const longestPutOff = 300_000;
const patienceBeforeWarning = 10;
/** How often a message may leave no trace in the gateway's record before that counts as failing. */
const tracelessSends = 3;

/**
 * One turn of a lane: takes its oldest message one step further.
 *
 * Before anything leaves, the store knows under which key; so after any crash the message is found in state `sending` and
 * its run is looked for in the gateway's record before it is sent again (openclaw-gateway reference, section 9).
 */
export function createForwarder(options: ForwardOptions): (lane: string) => Promise<Turn> {
  const { store, gateway, clock, random, log, giveUp, signal } = options;
  const looks = new Map<string, number>();
  const traceless = new Map<string, number>();

  const settle = async (entry: Entry, outcome: string): Promise<Turn> => {
    await store.settle(entry.id, outcome);
    log.info({ message: entry.id, outcome }, 'Message handled by the agent');
    options.onEnd(entry, null);
    return 'more';
  };

  /** An operator dropped it meanwhile, and may have queued it again: this run's end is no longer its business. */
  const overtaken = (entry: Entry): Turn => {
    log.info({ message: entry.id, run: entry.runKey }, 'A run ended without an answer after its message was dropped');
    return 'more';
  };

  const putBack = (entry: Entry, wait: Omit<Parameters<Store['defer']>[1], 'runKey'>): Promise<boolean> =>
    store.defer(entry.id, { ...wait, runKey: entry.runKey });

  /** `open`: its run may be under way, or have answered. */
  const fail = async (entry: Entry, said: string, open = false): Promise<Turn> => {
    const reason = options.scrub(said);
    if (!(await store.fail(entry.id, reason, { runKey: entry.runKey, open }))) return overtaken(entry);
    log.error(
      { message: entry.id, reason },
      `Message given up; "kapso-whatsapp-cli inbox retry ${entry.id}" tries it again`,
    );
    options.onEnd(entry, reason);
    return 'more';
  };

  /** Counts an attempt that led nowhere, and gives up when enough of them failed over a long enough time. */
  const attemptFailed = async (entry: Entry, said: string, resend: boolean): Promise<Turn> => {
    const reason = options.scrub(said);
    const attempts = entry.attempts + 1;
    const now = clock.now();
    const limits = giveUp();
    if (attempts >= limits.attempts && now - (entry.firstAttemptAt ?? now) >= limits.after) {
      return fail(entry, `${reason} (after ${attempts} attempts)`, !resend);
    }
    const pause = Math.min(longestBackoff, firstBackoff * 2 ** Math.min(entry.attempts, 20));
    const until = now + Math.round(pause * (0.75 + random() / 2));
    if (!(await putBack(entry, { until, reason, counted: true, resend }))) return overtaken(entry);
    log.warn({ message: entry.id, reason, attempts, again: new Date(until).toISOString() }, 'Attempt failed');
    return { until };
  };

  /** The gateway is busy with the message: look again soon, without occupying a place meanwhile. */
  const lookLater = (entry: Entry): { until: number } => {
    const seen = looks.get(entry.id) ?? 0;
    looks.set(entry.id, seen + 1);
    return { until: clock.now() + Math.min(lookAgain.most, lookAgain.first * 2 ** Math.min(seen, 10)) };
  };

  /** The gateway is there, but asks to be tried again later: for as long as it says, within reason. */
  const putOff = async (entry: Entry, said: string, retryAfter: number): Promise<Turn> => {
    const reason = options.scrub(said);
    const { until: patient } = lookLater(entry);
    const until = Math.max(patient, clock.now() + Math.min(retryAfter, longestPutOff));
    if (looks.get(entry.id) === patienceBeforeWarning)
      log.warn({ message: entry.id, reason }, 'Message put off again and again');
    const back = await putBack(entry, { until, reason, counted: false, resend: false });
    return back ? { until } : overtaken(entry);
  };

  const refused = async (entry: Entry, error: unknown): Promise<Turn> => {
    if (!(error instanceof GatewayRefusal)) throw error;
    switch (error.kind) {
      case 'away':
        // Not the message's fault and no attempt: the entry stays `sending`, and its run is looked for when the gateway is back.
        if (error.retryAfter !== null) return putOff(entry, error.message, error.retryAfter);
        // A connection that is closing refuses at once, and counts as connected until its end is read, for which there must be time.
        return gateway.state.phase === 'connected' ? { until: clock.now() + closingRest } : 'more';
      case 'key-spent':
        await putBack(entry, {
          until: clock.now(),
          reason: options.scrub(error.message),
          counted: false,
          resend: true,
        });
        return 'more';
      case 'permanent':
        return fail(entry, error.message);
      case 'refused':
        return attemptFailed(entry, error.message, false);
    }
  };

  const ended = async (entry: Entry, outcome: RunOutcome): Promise<Turn> => {
    if (outcome.kind === 'ended') return settle(entry, outcome.reply === null ? 'silent' : 'answered');
    if (outcome.kind === 'unknown') return lookLater(entry);
    // A run that used no tool has done nothing outside: it can be tried again. One that did may have answered already.
    if (outcome.open) return fail(entry, `The agent's run did not end in time: ${outcome.reason}`, true);
    if (outcome.toolsRan)
      return fail(entry, `The agent's run ended with an error after it had used tools: ${outcome.reason}`);
    return attemptFailed(entry, `The agent's run ended with an error: ${outcome.reason}`, true);
  };

  const send = async (entry: Entry, message: InboundMessage, runNumber: number): Promise<Turn> => {
    const runKey = runNumber === 1 ? entry.id : `${entry.id}:${runNumber}`;
    await store.begin(entry.id, { runKey, runNumber });
    // Whatever comes of it is said of this run, also where it ends with an error.
    Object.assign(entry, { state: 'sending', runKey, runNumber } satisfies Partial<Entry>);
    const request = {
      sessionKey: entry.lane,
      runKey,
      message: agentMessage(message),
      systemPrompt: systemPrompt(message),
    };
    await gateway.run(request, signal);
    log.debug({ message: entry.id, run: runKey }, 'Message taken by the gateway');
    options.onTaken(message);
    return ended(entry, await gateway.wait(runKey, signal));
  };

  /** What to do with a message that was sent before, by what the gateway's record says. */
  const recover = async (entry: Entry, message: InboundMessage, runKey: string): Promise<Turn> => {
    const recalled = await gateway.recall(entry.lane, runKey);
    log.debug({ message: entry.id, run: runKey, found: recalled.kind }, 'Looked for the run of an earlier attempt');
    switch (recalled.kind) {
      case 'answered':
        return settle(entry, recalled.reply === null ? 'silent' : 'answered');
      case 'active':
        return lookLater(entry);
      case 'unanswered': {
        const reason = 'The gateway took the message, but its run ended without an answer';
        return recalled.toolsRan === false ? attemptFailed(entry, reason, true) : fail(entry, reason);
      }
      case 'interrupted':
        return send(entry, message, entry.runNumber + 1);
      case 'absent': {
        const sends = (traceless.get(entry.id) ?? 0) + 1;
        traceless.set(entry.id, sends);
        if (sends <= tracelessSends) return send(entry, message, entry.runNumber);
        traceless.delete(entry.id);
        return attemptFailed(entry, 'The gateway takes the message, but keeps no record of it', false);
      }
    }
  };

  /**
   * What to do with a message that an operator has queued again while the end of its run was not known: another begins only when that
   * one has led to nothing.
   */
  const lookBack = async (entry: Entry, message: InboundMessage, openRun: string): Promise<Turn> => {
    const recalled = await gateway.recall(entry.lane, openRun);
    log.debug({ message: entry.id, run: openRun, found: recalled.kind }, 'Looked for the run before the retry');
    if (recalled.kind === 'answered') return settle(entry, recalled.reply === null ? 'silent' : 'answered');
    if (recalled.kind === 'active') return lookLater(entry);
    // Under the same key it stays one run, where its request is still on the way.
    return send(entry, message, recalled.kind === 'absent' ? entry.runNumber : entry.runNumber + 1);
  };

  /** The next step of a message that is to be delivered. */
  const step = (entry: Entry, message: InboundMessage): Promise<Turn> => {
    if (entry.state === 'sending' && entry.runKey !== null) return recover(entry, message, entry.runKey);
    if (entry.openRun !== null) return lookBack(entry, message, entry.openRun);
    return send(entry, message, entry.runNumber + 1);
  };

  return async lane => {
    const entry = await store.head(lane);
    if (!entry) return 'empty';
    // A time further away than any of ours comes from a clock that was wrong.
    const rests = entry.retryAt !== null && entry.retryAt - clock.now() <= 1.25 * longestBackoff;
    if (rests && Number(entry.retryAt) > clock.now()) return { until: Number(entry.retryAt) };
    const message = JSON.parse(entry.body) as InboundMessage | { unreadable: string };
    if ('unreadable' in message) return fail(entry, message.unreadable);
    try {
      if (gateway.state.phase !== 'connected') {
        await gateway.connected(signal);
        // That may have taken hours, in which an operator may have dropped the message: what is next is read anew.
        return 'more';
      }
      const next = await step(entry, message);
      if (next === 'more') {
        looks.delete(entry.id);
        traceless.delete(entry.id);
      }
      return next;
    } catch (error) {
      // Stopping: whatever was sent stays `sending`, and its run is looked for at the next start.
      if (signal.aborted) return 'empty';
      return refused(entry, error);
    }
  };
}
