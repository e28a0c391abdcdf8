import { type AgentGateway, GatewayError } from '../agents/agent.ts';
import type { Clock } from '../clock.ts';
import type { InboundMessage, NoticeKind } from '../domain/message.ts';
import { agentMessage, type Companions, systemPrompt } from '../domain/prompt.ts';
import { afterFailedAttempt, deferredUntil, type GiveUpLimits, nextCheck, nextTrial } from '../domain/retry-policy.ts';
import type { Log } from '../observe/log.ts';
import type { Entry, Store } from '../store/store.ts';
import { keepTo, waits } from '../waits.ts';
import { type Amended, amend, amendAmendment, isUntouched } from './amend.ts';
import type { Turn } from './lanes.ts';
import { createPick, mostWaiting, type Picked } from './pick.ts';
import { createPrecedence } from './precedence.ts';
import { afterGatewayError, afterRecall, afterRun, firstStep, type Step } from './recovery.ts';

/** Why the gateway takes no run until somebody changes something at it, and what that may be. */
export interface Obstacle {
  reason: string;
  hint: string | null;
}

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
  /** The time by Kapso's clock, ms since the epoch; null where it is not known. */
  kapsoNow: () => number | null;
  /** Kinds of message that start no run; asked for again each time. */
  contextOnly: () => ReadonlySet<NoticeKind>;
  /** Called with why the gateway takes no message at present, whichever it is, and with null when it takes one again. */
  onObstacle?: (obstacle: Obstacle | null) => void;
  /** Called when the agent answers again, and conversations rest that may be looked at before their time. */
  onRecovered?: () => void;
  /** Asked for again each time. */
  giveUp: () => GiveUpLimits;
  /** Takes secrets out of what the gateway said, before it is kept as a reason. */
  scrub: (text: string) => string;
  signal: AbortSignal;
}

/** A message in its turn. */
interface Work extends Picked {
  message: InboundMessage;
}

/** How long to wait (ms) for the end of a connection that takes no more requests; the next connection ends this wait. */
const closingRest = 250;
/** How much of what was noted in the conversation a message carries to the agent: the newest. */
const mostContext = 20;
/** After how many pauses that the gateway asked for somebody should know. */
const patienceBeforeWarning = 10;

/**
 * One turn of a lane: takes its oldest message one step further. What the step is stands in `recovery.ts`, when it is due in
 * `retry-policy.ts`; here it is carried out.
 *
 * Before anything leaves, the store knows under which key; so after any crash the message is found in state `sending` and
 * its run is looked for in the gateway's record before it is sent again (openclaw-gateway reference, section 9).
 */
export function createForwarder(options: ForwardOptions): (lane: string) => Promise<Turn> {
  const { store, gateway, clock, random, log, signal } = options;
  /** How often a message's run was found going on, and how often without a trace. */
  const checksByMessage = new Map<string, number>();
  const sendsWithoutTrace = new Map<string, number>();
  const precedence = createPrecedence();
  const pick = createPick({ store, clock, log, precedence, limit: () => options.giveUp().beforeNext });
  /** When the first counted attempt of a message failed, by the clock that nobody can set. */
  const firstFailures = new Map<string, number>();
  let obstacle: Obstacle | null = null;

  const noteObstacle = (next: Obstacle | null) => {
    if (obstacle?.reason === next?.reason) return;
    if (next) log.warn({ ...next }, 'The gateway takes no message at present; all wait for it, and none is lost');
    else log.info({}, 'The gateway takes messages again');
    obstacle = next;
    options.onObstacle?.(next);
  };

  /** An operator dropped it meanwhile, and may have queued it again: this run's end is no longer its business. */
  const supersededByOperator = (entry: Entry): Turn => {
    firstFailures.delete(entry.id);
    log.info({ message: entry.id, run: entry.runKey }, 'A run ended without an answer after its message was dropped');
    return 'more';
  };

  const settle = async ({ entry, passing }: Work, outcome: string): Promise<Turn> => {
    const overtaken = passing.map(({ id, attempts, reason }) => ({
      id,
      reason: `${reason ?? 'It failed'} (after ${attempts} attempts; the next message of the conversation was handled, so this one is not tried again)`,
    }));
    const givenUp = await store.settle(entry.id, outcome, [], overtaken);
    log.info({ message: entry.id, outcome }, 'Message handled by the agent');
    for (const { id } of [entry, ...passing]) firstFailures.delete(id);
    options.onEnd(entry, null);
    for (const one of passing) {
      const reason = overtaken.find(({ id }) => id === one.id)?.reason ?? '';
      if (givenUp.includes(one.id)) reportFailure(one, reason);
    }
    return 'more';
  };

  const reportFailure = (entry: Entry, reason: string) => {
    log.error(
      { message: entry.id, reason },
      `Message given up; "kapso-whatsapp-cli inbox retry ${entry.id}" tries it again`,
    );
    options.onEnd(entry, reason);
  };

  const fail = async (entry: Entry, reason: string, mayStillRun: boolean): Promise<Turn> => {
    if (!(await store.fail(entry.id, reason, { runKey: entry.runKey, mayStillRun })))
      return supersededByOperator(entry);
    firstFailures.delete(entry.id);
    reportFailure(entry, reason);
    return 'more';
  };

  const retry = async (entry: Entry, reason: string, resend: boolean): Promise<Turn> => {
    if (entry.attempts === 0) firstFailures.set(entry.id, clock.monotonic());
    const first = firstFailures.get(entry.id);
    // Setting the clock makes no attempt older. Of one in an earlier life of the program there is only the time of day.
    const firstAttemptAt = first === undefined ? entry.firstAttemptAt : clock.now() - (clock.monotonic() - first);
    const limits = options.giveUp();
    const next = afterFailedAttempt({ attempts: entry.attempts, firstAttemptAt }, limits, clock.now(), random());
    if (next.giveUp) return fail(entry, `${reason} (after ${next.attempts} attempts)`, !resend);
    const { until, attempts } = next;
    const { runKey } = entry;
    if (!(await store.defer(entry.id, { until, reason, counted: true, resend, runKey })))
      return supersededByOperator(entry);
    log.warn({ message: entry.id, reason, attempts, again: new Date(until).toISOString() }, 'Attempt failed');
    sendsWithoutTrace.delete(entry.id);
    const aside = attempts >= limits.beforeNext;
    const waiting = aside ? (await store.waiting(entry.lane, mostWaiting)).map(({ id }) => id) : [];
    precedence.failed(entry.lane, entry.id, waiting, clock.now());
    if (!aside) return { until };
    // Where others wait, whose turn it is then is another question.
    return waiting.length > 1 ? 'more' : { until, wakes: true };
  };

  const countCheck = (entry: Entry): number => {
    const before = checksByMessage.get(entry.id) ?? 0;
    checksByMessage.set(entry.id, before + 1);
    return before;
  };

  const deferAsAsked = async (entry: Entry, reason: string, retryAfter: number): Promise<Turn> => {
    const until = deferredUntil(retryAfter, countCheck(entry), clock.now());
    const { cut } = keepTo(retryAfter, waits.busy.asked);
    if (checksByMessage.get(entry.id) === patienceBeforeWarning)
      log.warn({ message: entry.id, reason, ...(cut !== null && { asked: cut }) }, 'Message put off again and again');
    else if (cut !== null) log.info({ message: entry.id, asked: cut }, 'The gateway asks for a long pause');
    return deferUncounted(entry, reason, until);
  };

  /** Back to its place until a time, without counting an attempt; its run is looked for first. */
  const deferUncounted = async (entry: Entry, reason: string, until: number): Promise<Turn> => {
    const { runKey } = entry;
    const back = await store.defer(entry.id, { until, reason, counted: false, resend: false, runKey });
    return back ? { until } : supersededByOperator(entry);
  };

  /** Milliseconds. Without Kapso's clock by this machine's, which may have been set since the message came, or be wrong now. */
  const ageOf = (entry: Entry, message: InboundMessage): number => {
    const kapsoNow = options.kapsoNow();
    if (kapsoNow !== null) return kapsoNow - message.timestamp;
    return clock.now() - Math.max(entry.receivedAt, message.timestamp);
  };

  const companions = async (entry: Entry): Promise<Omit<Companions, 'age'>> => {
    const { entries, count } = await store.context(entry.id, mostContext);
    return { context: entries.map(one => JSON.parse(one.body) as InboundMessage), omitted: count - entries.length };
  };

  /** Keeps for the next message what starts no run of its own. */
  const note = async (entry: Entry, message: InboundMessage): Promise<Turn> => {
    await store.note(entry.id);
    log.info({ message: entry.id, kind: message.notice }, 'Kept as context of the next message of its conversation');
    return 'more';
  };

  const carryOut = async (entry: Entry, amended: Amended): Promise<Turn | null> => {
    if (amended.do === 'nothing') return null;
    if (amended.do === 'revise') {
      if (await store.revise(entry.id, amended))
        log.info({ message: entry.id, edits: amended.merged }, 'Edited by its sender before the agent had it');
    } else {
      await store.settle(entry.id, amended.outcome, amended.merged);
      log.info(
        { message: entry.id, outcome: amended.outcome },
        'Not for the agent any more: its sender has changed it',
      );
    }
    return 'more';
  };

  /** Applies edits and deletions, as long as nothing has left; null when the message may. */
  const applyAmendments = async (entry: Entry, message: InboundMessage): Promise<Turn | null> => {
    const { lane, author } = entry;
    if (author === null || !isUntouched(entry)) return null;
    const of = (id: string) => store.amendments({ id, lane, author });
    if (entry.amends === null) return carryOut(entry, amend(message, await of(entry.id)));
    const original = await store.get(entry.amends);
    const waits = original?.state === 'pending' && isUntouched(original);
    // It may come later in the lane than its edit, where both are of one second.
    if (waits && original.lane === lane && original.author === author) {
      return carryOut(original, amend(JSON.parse(original.body) as InboundMessage, await of(original.id)));
    }
    return carryOut(entry, amendAmendment(entry, await of(entry.amends)));
  };

  const send = async (work: Work, runNumber: number): Promise<Turn> => {
    const { entry, message } = work;
    const runKey = runNumber === 1 ? entry.id : `${entry.id}:${runNumber}`;
    await store.begin(entry.id, { runKey, runNumber });
    // Whatever comes of it is said of this run, also where it ends with an error.
    Object.assign(entry, { state: 'sending', runKey, runNumber } satisfies Partial<Entry>);
    const request = {
      sessionKey: entry.lane,
      runKey,
      message: agentMessage(message, { ...(await companions(entry)), age: ageOf(entry, message) }),
      systemPrompt: systemPrompt(message),
    };
    await gateway.run(request, signal);
    noteObstacle(null);
    log.debug({ message: entry.id, run: runKey }, 'Message taken by the gateway');
    options.onTaken(message);
    const outcome = await gateway.wait(runKey, signal);
    const turn = await take(work, afterRun(outcome));
    if (outcome.kind === 'ended' && precedence.worked()) options.onRecovered?.();
    return turn;
  };

  const recall = async (work: Work, runKey: string): Promise<Turn> => {
    const { entry } = work;
    const recalled = await gateway.recall(entry.lane, runKey);
    log.debug({ message: entry.id, run: runKey, found: recalled.kind }, 'Looked for the run of an earlier attempt');
    const before = sendsWithoutTrace.get(entry.id) ?? 0;
    const next = afterRecall(entry, recalled, before);
    if (recalled.kind === 'absent') sendsWithoutTrace.set(entry.id, before + 1);
    return take(work, next);
  };

  /** Carries a step out. Reasons come from the gateway: from here on they are free of secrets. */
  const take = async (work: Work, step: Step): Promise<Turn> => {
    const { entry } = work;
    switch (step.do) {
      case 'settle':
        return settle(work, step.outcome);
      case 'send':
        return send(work, step.runNumber);
      case 'recall':
        return recall(work, step.runKey);
      case 'check again':
        return { until: nextCheck(countCheck(entry), clock.now()) };
      case 'retry':
        return retry(entry, options.scrub(step.reason), step.resend);
      case 'fail':
        return fail(entry, options.scrub(step.reason), step.mayStillRun);
      case 'defer':
        return deferAsAsked(entry, options.scrub(step.reason), step.retryAfter);
      case 'wait': {
        const reason = options.scrub(step.reason);
        noteObstacle({ reason, hint: step.hint });
        // It was not taken, so that there can be no trace of it.
        sendsWithoutTrace.delete(entry.id);
        return deferUncounted(entry, reason, nextTrial(countCheck(entry), clock.now()));
      }
      case 'change key': {
        const [until, reason, { runKey }] = [clock.now(), options.scrub(step.reason), entry];
        await store.defer(entry.id, { until, reason, counted: false, resend: true, runKey });
        return 'more';
      }
      case 'reconnect':
        // A connection that is closing refuses at once, and counts as connected until its end is read, for which there must be time.
        return gateway.state.phase === 'connected' ? { until: clock.now() + closingRest } : 'more';
    }
  };

  return async lane => {
    const picked = await pick(lane);
    if (typeof picked === 'string' || 'until' in picked) return picked;
    const { entry } = picked;
    const message = JSON.parse(entry.body) as InboundMessage | { unreadable: string };
    if ('unreadable' in message) return fail(entry, options.scrub(message.unreadable), false);
    if (isUntouched(entry) && message.notice && options.contextOnly().has(message.notice)) {
      const changed = entry.amends === null ? null : await applyAmendments(entry, message);
      return changed ?? note(entry, message);
    }
    const work = { ...picked, message };
    try {
      if (gateway.state.phase !== 'connected') {
        await gateway.connected(signal);
        // That may have taken hours, in which an operator may have dropped the message: what is next is read anew.
        return 'more';
      }
      const changed = await applyAmendments(entry, message);
      if (changed !== null) return changed;
      const next = await take(work, firstStep(entry));
      if (next === 'more') {
        checksByMessage.delete(entry.id);
        sendsWithoutTrace.delete(entry.id);
      }
      return next;
    } catch (error) {
      // Stopping: whatever was sent stays `sending`, and its run is looked for at the next start.
      if (signal.aborted) return 'empty';
      if (!(error instanceof GatewayError)) throw error;
      return take(work, afterGatewayError(error));
    }
  };
}
