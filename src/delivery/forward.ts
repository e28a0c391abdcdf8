import type { RunLimits } from '../access/run-limits.ts';
import { type AgentGateway, GatewayError } from '../agents/agent.ts';
import type { Clock } from '../clock.ts';
import type { InboundMessage, NoticeKind } from '../domain/message.ts';
import type { GiveUpLimits } from '../domain/retry-policy.ts';
import { plainRoute, type Route } from '../domain/route.ts';
import { readBody } from '../domain/stored-body.ts';
import { type Hold, ownHold } from '../instances/hold.ts';
import type { Emit } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { createSlots } from '../slots.ts';
import { isClaimed } from '../store/claims.ts';
import type { Entry, Store } from '../store/store.ts';
import { waits } from '../waits.ts';
import type { IsAddressed } from './addressed.ts';
import { type TurnAwayParts, turnAway } from './admissions.ts';
import { isUntouched } from './amend.ts';
import type { Answers, ReplyVia } from './answer.ts';
import { applyAmendments } from './apply-amendments.ts';
import { type Obtained, obtainFor, type RunMedia } from './attach.ts';
import { conclude } from './conclude.ts';
import { deliver } from './deliver.ts';
import { createGather } from './gather.ts';
import type { Turn } from './lanes.ts';
import { createObstacleReport, type Obstacle } from './obstacle.ts';
import { createPace } from './pace.ts';
import { createPick } from './pick.ts';
import { createPrecedence } from './precedence.ts';
import { createProgress } from './progress.ts';
import { afterGatewayError, type Ending, firstStep, isOver, type Step } from './recovery.ts';
import type { FindMessage } from './references.ts';

export interface ForwardOptions {
  store: Store;
  gateway: AgentGateway;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  /**
   * Called when the agent has begun on a message, and when it is found to work on it still. Never awaited, and never called
   * for a sender to whom nothing is sent.
   */
  onTaken: (message: InboundMessage, hold: Hold) => void;
  /**
   * Called at the end of each turn of a message. `over`: the agent is done with it for now. `sent`: it had been sent
   * before this turn. Never awaited, and like `onTaken` only for whom something may be sent to.
   */
  onTurnEnd?: (message: InboundMessage, how: { over: boolean; sent: boolean }) => void;
  emit: Emit;
  /** What people call the number, where it is one of several. */
  label?: string | null;
  answers: Answers;
  /** Says that these lanes of the outbox have work. */
  wakeReplies: (lanes: readonly string[]) => void;
  /** How the answer reaches the sender, by that one's route. The function is called each time. */
  via: (route: Route) => ReplyVia;
  /** What an operator has laid down for an entry's sender. By default nothing. */
  routeOf?: (entry: Entry) => Promise<Route>;
  /** By default every message is for the agent. */
  isAddressed?: IsAddressed;
  /** Say whether a message is for the agent, by who wrote it. By default each is. */
  admissions?: TurnAwayParts['admissions'];
  /** Asks Kapso for an earlier message that is not known here. By default nobody is asked. */
  findMessage?: FindMessage | undefined;
  offerPairing?: TurnAwayParts['offerPairing'];
  onDenied?: TurnAwayParts['onDenied'];
  /** Without it, the agent has the links to media. */
  media?: RunMedia | undefined;
  /** The time by Kapso's clock, in milliseconds since the epoch; null when unknown. */
  kapsoNow: () => number | null;
  /** Kinds of message that start no run. The function is called each time. */
  contextOnly: () => ReadonlySet<NoticeKind>;
  /** The pause in milliseconds that ends the wait for further texts of a run; 0, or without it, each has its own. */
  gather?: (() => number) | undefined;
  /** How fast runs may begin; without it, as they come. */
  limits?: RunLimits | undefined;
  /** Called when the agent answers again and resting conversations may be looked at early. */
  onRecovered?: () => void;
  /** The function is called each time. */
  giveUp: () => GiveUpLimits;
  /** Whether an operator has stopped the run with this key. By default none has. */
  isStopped?: ((runKey: string) => boolean | Promise<boolean>) | undefined;
  /** Removes secrets from the gateway's text before it is kept as a reason. */
  scrub: (text: string) => string;
  /** It interrupts what goes on without a hold of its own. */
  signal: AbortSignal;
  /** Whether other processes could work on a lane for which this one has no gateway. */
  shared?: boolean;
}

/** How many runs hand over images at the same time: until the gateway has taken one, it takes six times its size in memory. */
const runsWithImages = 1;

/**
 * One turn of a lane: takes its oldest message one step further. `recovery.ts` decides the step, `deliver.ts` asks the
 * gateway, and `conclude.ts` writes the result.
 */
export function createForwarder(options: ForwardOptions): (lane: string, hold?: Hold) => Promise<Turn> {
  const { store, gateway, clock, emit } = options;
  const ownTurns = ownHold(options.signal);
  const precedence = createPrecedence();
  const pick = createPick({ store, clock, emit, precedence, limit: () => options.giveUp().beforeNext });
  const gather = createGather({
    store,
    clock,
    pause: () => options.gather?.() ?? 0,
    amend: (entry, message) => applyAmendments(options, entry, message),
  });
  const pace = createPace(options);
  const reportObstacle = createObstacleReport(options);
  const { answers, routeOf = async () => plainRoute, isAddressed = async () => true } = options;
  const parts = {
    ...options,
    ...{ precedence, progress: createProgress(), routeOf, inSlot: createSlots(() => runsWithImages) },
    reportObstacle: (obstacle: Obstacle | null) => reportObstacle(obstacle, null),
    hold: ownTurns,
    sentenceFor: async (entry: Entry) => {
      const body = readBody(entry);
      return body.kind === 'message' ? answers.onFailure(entry, body.message, await routeOf(entry)) : [];
    },
  };

  return async function forward(lane, hold = ownTurns) {
    const { signal } = hold;
    const picked = await pick(lane);
    if (picked === 'empty') gather.forget(lane);
    if (typeof picked === 'string' || 'until' in picked) return picked;
    const body = readBody(picked.entry);
    if (body.kind !== 'message') {
      return conclude(parts, picked, { do: 'fail', reason: body.reason, mayStillRun: false, mayHaveActed: true });
    }
    const { message } = body;
    if (await turnAway(options, picked.entry, message)) return 'more';
    const route = await routeOf(picked.entry);
    const shows = route.mode !== 'monitor';
    const agent = message.groupId === undefined ? route.agent : null;
    const own = {
      ...parts,
      ...{ signal, hold },
      reportObstacle: (obstacle: Obstacle | null) => reportObstacle(obstacle, agent),
      onTaken: (taken: InboundMessage) => shows && options.onTaken(taken, hold),
    };
    const end = (ending: Ending, entry = picked.entry) => conclude(own, { ...picked, entry }, ending);
    let over = false;
    try {
      let step = firstStep(picked.entry, message.notice, options.contextOnly());
      if (step.do !== 'note' && isUntouched(picked.entry)) {
        const addressed = await isAddressed(message);
        if (addressed === null) return await end(unknownWhetherAddressed);
        if (!addressed) step = { do: 'note', kind: 'not-addressed' };
      }
      if (step.do !== 'note' && gateway.state.phase !== 'connected') {
        if (options.shared) return 'empty';
        await gateway.connected(signal);
        // That may have taken hours, and an operator may have dropped the message meanwhile. So the next one is read anew.
        return 'more';
      }
      if (await applyAmendments(options, picked.entry, message)) return 'more';
      const gathers = step.do === 'note' ? [] : await gather.collect(picked, message);
      if (typeof gathers === 'string' || 'until' in gathers) return gathers;
      const medium = await readyMedium(own, picked.entry, message, step);
      if (medium?.kind === 'not yet') return await end(notYet(message, medium.reason));
      const rest = step.do === 'send' ? pace.rest(picked.entry, message) : null;
      if (rest !== null) return rest;
      await pace.count(picked.entry, gathers);
      if (gathers.length > 0) emit({ type: 'messages gathered', message: picked.entry.id, others: gathers });
      const { entry, ending: how } = await deliver(own, picked.entry, message, { step, gathers, route, medium });
      const ending = how.do === 'answer' ? await answers.afterRun(entry, message, how.result, route, signal) : how;
      over = isOver(ending);
      return await end(ending, entry);
    } catch (error) {
      // The program stops, or the lane is lost: a message that was sent stays `sending`, and whoever takes it up looks for it.
      if (signal.aborted) return 'empty';
      // An operator is joining the conversation with another one, or has done so.
      if (isClaimed(error)) return { until: clock.now() + waits.claimed.first, wakes: true };
      if (!(error instanceof GatewayError)) throw error;
      return end(afterGatewayError(error));
    } finally {
      if (shows) options.onTurnEnd?.(message, { over, sent: picked.entry.state === 'sending' });
    }
  };
}

const unknownWhetherAddressed: Ending = {
  do: 'defer',
  reason: 'Whether it mentions this number cannot be known yet: Kapso does not say how the number is called',
  retryAfter: waits.busy.first,
};

/** Obtains the medium of a message before its first run; null where it has none, or has to be looked for in the gateway first. */
async function readyMedium(
  { media, signal }: Pick<ForwardOptions, 'media' | 'signal'>,
  entry: Entry,
  message: InboundMessage,
  step: Step,
): Promise<Obtained | null> {
  return step.do === 'send' && isUntouched(entry) ? obtainFor(media, message, { patient: true, signal }) : null;
}

/** The message waits for its medium; an inbox list shows why. */
function notYet({ media }: InboundMessage, reason: string): Ending {
  return { do: 'defer', reason: `Its ${media?.kind ?? 'file'} is not ready: ${reason}`, retryAfter: waits.busy.first };
}
