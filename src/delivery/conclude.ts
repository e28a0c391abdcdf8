/**
 * Ends the turn of a message: writes the decision of `recovery.ts` to the store, reports it, and says what the lane does
 * next. `retry-policy.ts` says when a message is tried again.
 */
import type { AgentGateway } from '../agents/agent.ts';
import type { Clock } from '../clock.ts';
import {
  afterFailedAttempt,
  deferredUntil,
  firstFailureAt,
  type GiveUpLimits,
  nextCheck,
  nextTrial,
} from '../domain/retry-policy.ts';
import type { Emit } from '../observe/events.ts';
import type { NewOutgoing } from '../store/outbox.ts';
import type { Entry, Store } from '../store/store.ts';
import { keepTo, waits } from '../waits.ts';
import type { Turn } from './lanes.ts';
import type { Obstacle } from './obstacle.ts';
import { mostWaiting, type Picked } from './pick.ts';
import type { Precedence } from './precedence.ts';
import type { ProgressOfMessages } from './progress.ts';
import type { Ending } from './recovery.ts';

export interface ConcludeParts {
  store: Store;
  gateway: AgentGateway;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  precedence: Precedence;
  progress: ProgressOfMessages;
  reportObstacle: (obstacle: Obstacle) => void;
  giveUp: () => GiveUpLimits;
  emit: Emit;
  /** Says that these lanes of the outbox have work. */
  wakeReplies: (lanes: readonly string[]) => void;
  /** Returns what the customer reads when the message is given up. */
  sentenceFor: (entry: Entry) => Promise<readonly NewOutgoing[]>;
  /** Removes secrets from the gateway's text before it is kept as a reason. */
  scrub: (text: string) => string;
}

type Settled = Extract<Ending, { do: 'settle' }>;
type Failed = Omit<Extract<Ending, { do: 'fail' }>, 'do'>;

/** After this many pauses that the gateway asked for, an operator should know. */
const patienceBeforeWarning = 10;

export async function conclude(parts: ConcludeParts, picked: Picked, decided: Ending): Promise<Turn> {
  const { store, clock } = parts;
  const { entry } = picked;
  const ending =
    'reason' in decided && decided.reason !== null ? { ...decided, reason: parts.scrub(decided.reason) } : decided;
  switch (ending.do) {
    case 'settle':
      return settle(parts, picked, ending);
    case 'note':
      await store.note(entry.id);
      parts.emit({ type: 'message kept as context', message: entry.id, kind: ending.kind });
      return 'more';
    case 'check again':
      return { until: nextCheck(countCheck(parts, entry), clock.now()) };
    case 'retry':
      return retry(parts, entry, ending);
    case 'fail':
      return fail(parts, entry, ending);
    case 'defer':
      return deferAsAsked(parts, entry, ending);
    case 'wait':
      parts.reportObstacle({ reason: ending.reason, hint: ending.hint });
      // It was not taken, so there can be no trace of it.
      parts.progress.of(entry.id).sendsWithoutTrace = 0;
      return deferUncounted(parts, entry, ending.reason, nextTrial(countCheck(parts, entry), clock.now()));
    case 'change key': {
      const { runKey } = entry;
      await store.defer(entry.id, { until: clock.now(), reason: ending.reason, counted: false, resend: true, runKey });
      return 'more';
    }
    case 'reconnect':
      // A connection that is closing refuses at once, and counts as connected until its end is read. That needs time.
      return parts.gateway.state.phase === 'connected' ? { until: clock.now() + waits.closing.first } : 'more';
  }
}

async function settle(
  parts: ConcludeParts,
  { entry, passing }: Picked,
  { outcome, outgoing, reason }: Settled,
): Promise<Turn> {
  const overtaken = passing.map(({ id, attempts, reason }) => ({
    id,
    reason:
      `${reason ?? 'It failed'} (after ${attempts} attempts; the next message of the conversation was handled, ` +
      'so this one is not tried again)',
  }));
  const others = new Map<string, string[]>();
  for (const { id } of passing) others.set(id, await gatheredWith(parts.store, id));
  const givenUp = await parts.store.settle(entry.id, outcome, { overtaken, outgoing, reason });
  parts.wakeReplies(outgoing.map(({ lane }) => lane));
  for (const { id } of [entry, ...passing]) parts.progress.forget(id);
  parts.emit({ type: 'message settled', message: entry.id, outcome, note: reason });
  for (const one of passing) {
    const reason = overtaken.find(({ id }) => id === one.id)?.reason ?? '';
    if (!givenUp.includes(one.id)) continue;
    for (const id of [one.id, ...(others.get(one.id) ?? [])])
      parts.emit({ type: 'message failed', message: id, reason });
  }
  return 'more';
}

async function fail(parts: ConcludeParts, entry: Entry, { reason, mayStillRun, mayHaveActed }: Failed): Promise<Turn> {
  const { runKey } = entry;
  // A run that may have answered, or may yet, is not followed by the sentence that there is no answer.
  const outgoing = mayStillRun || mayHaveActed ? [] : await parts.sentenceFor(entry);
  const others = await gatheredWith(parts.store, entry.id);
  const isFailed = await parts.store.fail(entry.id, reason, { runKey, mayStillRun, outgoing });
  for (const id of isFailed ? [entry.id, ...others] : others)
    parts.emit({ type: 'message failed', message: id, reason });
  if (!isFailed) return supersededByOperator(parts, entry);
  parts.wakeReplies(outgoing.map(({ lane }) => lane));
  parts.progress.forget(entry.id);
  return 'more';
}

async function retry(
  parts: ConcludeParts,
  entry: Entry,
  { reason, resend }: { reason: string; resend: boolean },
): Promise<Turn> {
  const { store, clock } = parts;
  const progress = parts.progress.of(entry.id);
  if (entry.attempts === 0) progress.firstFailedAt = clock.monotonic();
  const since = progress.firstFailedAt === null ? null : clock.monotonic() - progress.firstFailedAt;
  const firstAttemptAt = firstFailureAt(entry, since, clock.now());
  const next = afterFailedAttempt(
    parts.giveUp(),
    { attempts: entry.attempts, firstAttemptAt },
    clock.now(),
    parts.random(),
  );
  if (next.giveUp) {
    const whole = `${reason} (after ${next.attempts} attempts)`;
    return fail(parts, entry, { reason: whole, mayStillRun: !resend, mayHaveActed: false });
  }
  const { until, attempts, aside } = next;
  const { runKey } = entry;
  if (!(await store.defer(entry.id, { until, reason, counted: true, resend, runKey }))) {
    return supersededByOperator(parts, entry);
  }
  parts.emit({ type: 'message deferred', message: entry.id, reason, attempts, until });
  progress.sendsWithoutTrace = 0;
  const waiting = aside ? (await store.waiting(entry.lane, mostWaiting)).map(({ id }) => id) : [];
  parts.precedence.failed(entry.lane, entry.id, waiting, clock.now());
  if (!aside) return { until };
  if (waiting.length <= 1) return { until, wakes: true };
  // The turn may then be another message's.
  progress.checks = 0;
  return 'more';
}

/** The ids of the messages that are in the run of this one, and end as it ends. */
async function gatheredWith(store: Store, id: string): Promise<string[]> {
  return (await store.context(id, 0)).gathered.map(one => one.id);
}

function countCheck({ progress }: ConcludeParts, { id }: Entry): number {
  const known = progress.of(id);
  known.checks += 1;
  return known.checks - 1;
}

async function deferAsAsked(
  parts: ConcludeParts,
  entry: Entry,
  { reason, retryAfter }: { reason: string; retryAfter: number },
): Promise<Turn> {
  const checks = countCheck(parts, entry);
  const { cut } = keepTo(retryAfter, waits.busy.asked);
  if (checks + 1 === patienceBeforeWarning) {
    parts.emit({ type: 'message put off often', message: entry.id, reason, asked: cut });
  } else if (cut !== null) parts.emit({ type: 'message put off long', message: entry.id, asked: cut });
  return deferUncounted(parts, entry, reason, deferredUntil(retryAfter, checks, parts.clock.now()));
}

/** Puts the message back until a time and counts no attempt. Its run is looked for first. */
async function deferUncounted(parts: ConcludeParts, entry: Entry, reason: string, until: number): Promise<Turn> {
  const { runKey } = entry;
  const back = await parts.store.defer(entry.id, { until, reason, counted: false, resend: false, runKey });
  return back ? { until } : supersededByOperator(parts, entry);
}

/** An operator dropped the message meanwhile, and may have queued it again. The end of this run no longer concerns it. */
function supersededByOperator({ progress, emit }: ConcludeParts, entry: Entry): Turn {
  progress.forget(entry.id);
  emit({ type: 'dropped run ended', message: entry.id, run: entry.runKey });
  return 'more';
}
