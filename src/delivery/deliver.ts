import { type AgentGateway, GatewayError, type RunOutcome } from '../agents/agent.ts';
import type { Clock } from '../clock.ts';
import type { Attached } from '../domain/attached.ts';
import type { InboundMessage } from '../domain/message.ts';
import type { Route } from '../domain/route.ts';
import type { Hold } from '../instances/hold.ts';
import type { Emit, RunEndKind } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import type { InSlot } from '../slots.ts';
import type { Entry, Store } from '../store/store.ts';
import type { ReplyVia } from './answer.ts';
import { obtainFor, type RunMedia, releaseImages } from './attach.ts';
import type { Precedence } from './precedence.ts';
import type { ProgressOfMessages } from './progress.ts';
import {
  afterGatewayError,
  afterRecall,
  afterRun,
  afterStop,
  type Ending,
  type RunEnd,
  type Step,
} from './recovery.ts';
import { type RunOptions, runKeyOf, runRequest } from './run-request.ts';

export interface DeliverParts {
  store: Store;
  gateway: AgentGateway;
  clock: Clock;
  log: Log;
  emit: Emit;
  precedence: Precedence;
  progress: ProgressOfMessages;
  reportObstacle: (obstacle: null) => void;
  onTaken: (message: InboundMessage) => void;
  onRecovered?: (() => void) | undefined;
  /** How the answer reaches the sender, by that one's route. The function is called each time. */
  via: (route: Route) => ReplyVia;
  /** What people call the number, where it is one of several. */
  label?: RunOptions['label'];
  /** What an operator has laid down for an entry's sender. */
  routeOf: (entry: Entry) => Promise<Route>;
  /** Say whether the agent may read what another one has written. By default it may. */
  admissions?: RunOptions['admissions'];
  findMessage?: RunOptions['findMessage'];
  /** Without it, the agent has the links to media. */
  media?: RunMedia | undefined;
  /** Bounds the runs that hand over images at the same time. */
  inSlot: InSlot;
  kapsoNow: () => number | null;
  gather?: (() => number) | undefined;
  /** Whether an operator has stopped the run with this key. By default none has. */
  isStopped?: ((runKey: string) => boolean | Promise<boolean>) | undefined;
  /** Removes secrets from the gateway's text. */
  scrub: (text: string) => string;
  signal: AbortSignal;
  /** The right to work on the lane. It is looked at right before a run begins. */
  hold: Hold;
}

export interface DeliverOptions {
  step: Step;
  gathers: readonly string[];
  route: Route;
  /** The medium of the message, where it was obtained before; null when that is still to be done, or when it has none. */
  medium: Attached | null;
}

/**
 * Asks the gateway, step by step, until the end of the turn is known. Returns that end with the entry as the store has
 * it then: an error of the gateway is reported for the run that had begun. Throws every other failure, and whatever an
 * abort by the signal causes.
 *
 * Before anything is sent, the store knows the key. So after any crash the message is found in state `sending`, and its
 * run is looked for in the gateway's record before it is sent again (openclaw-gateway reference, section 9). So it is
 * with the messages that are gathered into its run.
 */
export async function deliver(
  parts: DeliverParts,
  waiting: Entry,
  message: InboundMessage,
  { step: firstStep, gathers, route, medium: prepared }: DeliverOptions,
): Promise<{ entry: Entry; ending: RunEnd | Ending }> {
  const { store, log, signal } = parts;
  let entry = waiting;
  let step = firstStep;
  try {
    while (step.do === 'send' || step.do === 'recall') {
      if (step.do === 'recall') {
        const { runKey } = step;
        const next = await recall(parts, entry, runKey, () => parts.onTaken(message));
        step = await unlessStopped(parts, runKey, next);
        continue;
      }
      const { runNumber } = step;
      const runKey = runKeyOf(entry.id, runNumber);
      const contextOf = message.groupId === undefined ? 'author' : 'lane';
      await store.begin(entry.id, { runKey, runNumber, lane: entry.lane, session: entry.session, gathers, contextOf });
      const begunAt = entry.runKey === runKey ? (entry.begunAt ?? parts.clock.now()) : parts.clock.now();
      entry = { ...entry, state: 'sending', runKey, runNumber, begunAt, unresolvedRun: null };
      const via = parts.via(route);
      const medium = prepared ?? (await obtainNow(parts, message));
      const newest = await begin(parts, entry, message, { runKey, via, route, medium });
      parts.reportObstacle(null);
      log.debug({ message: entry.id, run: runKey }, 'Message taken by the gateway');
      parts.onTaken(newest);
      const started = parts.clock.monotonic();
      const ended = afterRun(await waitFor(parts, entry.id, runKey, { calls: via !== 'relay' }));
      step = await unlessStopped(parts, runKey, ended);
      // What the agent sent itself is looked for from this time on. The clock may have been set back during the run.
      entry.begunAt = Math.min(begunAt, parts.clock.now() - (parts.clock.monotonic() - started));
      if (step.do === 'answer' && parts.precedence.worked()) parts.onRecovered?.();
    }
    return { entry, ending: step };
  } catch (error) {
    if (signal.aborted || !(error instanceof GatewayError)) throw error;
    return { entry, ending: afterGatewayError(error) };
  }
}

/** What follows for a run, or what follows when an operator has stopped it. */
async function unlessStopped<Next extends Step>(
  { isStopped }: DeliverParts,
  runKey: string,
  next: Next,
): Promise<Next | Ending> {
  const stopped = afterStop(next);
  return stopped !== next && (await isStopped?.(runKey)) ? stopped : next;
}

/** Obtains a medium before a run that cannot wait: it has begun before. */
async function obtainNow({ media, signal }: DeliverParts, message: InboundMessage): Promise<Attached | null> {
  const obtained = await obtainFor(media, message, { patient: false, signal });
  return obtained?.kind === 'not yet' ? { ...obtained, kind: 'missing' } : obtained;
}

/** Attempts of a message after which the agent gets its image as a file: the run may fail because of the image. */
const attemptsWithImages = 2;

/**
 * Begins the run, with the images that the agent is to see. Where the gateway refuses it with them, as one whose model sees
 * no images, it gets them as files. Returns the newest message of the run.
 */
async function begin(
  parts: DeliverParts,
  entry: Entry,
  message: InboundMessage,
  run: Pick<RunOptions, 'runKey' | 'via' | 'route' | 'medium'>,
): Promise<InboundMessage> {
  const { gateway, clock, emit, signal, hold, label, routeOf, admissions, findMessage, log } = parts;
  const prepared = await runRequest(
    parts.store,
    entry,
    {
      ...{ label, routeOf, admissions, findMessage, log, signal },
      ...run,
      mayGather: (parts.gather?.() ?? 0) > 0,
      mediumOf: one => obtainNow(parts, one),
    },
    message,
    { now: clock.now(), kapsoNow: parts.kapsoNow() },
  );
  const limits = prepared.hasImages && entry.attempts < attemptsWithImages ? gateway.imageLimits() : null;
  // A frame with an image takes several times its size in memory.
  const taken =
    limits !== null &&
    (await parts.inSlot(signal, async () => {
      const request = await prepared.request(limits);
      try {
        await gateway.run(request, signal, hold.assertHeld);
        return true;
      } catch (error) {
        const isRefused = error instanceof GatewayError && (error.kind === 'permanent' || error.kind === 'refused');
        if (!isRefused || request.attachments === undefined) throw error;
        emit({ type: 'images refused', message: entry.id, reason: error.message });
        return false;
      } finally {
        releaseImages(request.attachments ?? []);
      }
    }));
  if (!taken) await gateway.run(await prepared.request(null), signal, hold.assertHeld);
  const { medium } = run;
  if (medium?.kind === 'missing') emit({ type: 'medium missing', message: entry.id, reason: medium.reason });
  const words = medium?.words;
  if (words && 'failed' in words)
    emit({ type: 'words missing', message: entry.id, reason: words.failed, hint: words.hint });
  return prepared.newest;
}

/** Waits for the end of a run that the gateway has taken, and tells of its beginning and end. */
async function waitFor(
  { gateway, clock, emit, scrub, signal }: DeliverParts,
  message: string,
  run: string,
  options: { calls: boolean },
): Promise<RunOutcome> {
  const since = clock.monotonic();
  const ended = (end: RunEndKind, reason: string | null) =>
    emit({ type: 'run ended', message, run, end, took: clock.monotonic() - since, reason });
  emit({ type: 'run began', message, run });
  let outcome: RunOutcome;
  try {
    outcome = await gateway.wait(run, signal, options);
  } catch (error) {
    ended('lost', null);
    throw error;
  }
  if (outcome.kind !== 'error') ended(outcome.kind, null);
  else ended(outcome.mayStillRun ? 'timed out' : 'error', scrub(outcome.reason));
  return outcome;
}

/** `onActive` is called when the run is under way. */
async function recall(
  { gateway, progress, log, emit }: DeliverParts,
  entry: Entry,
  runKey: string,
  onActive: () => void,
): Promise<Step> {
  const recalled = await gateway.recall(entry.session, runKey);
  log.debug({ message: entry.id, run: runKey, found: recalled.kind }, 'Looked for the run of an earlier attempt');
  emit({ type: 'run looked for', message: entry.id, run: runKey, found: recalled.kind });
  if (recalled.kind === 'active') onActive();
  const known = progress.of(entry.id);
  const next = afterRecall(entry, recalled, known.sendsWithoutTrace);
  if (recalled.kind === 'absent') known.sendsWithoutTrace += 1;
  return next;
}
