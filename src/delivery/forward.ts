import type { RunLimits } from '../access/run-limits.ts';
import { type AgentGateway, GatewayError } from '../agents/agent.ts';
import type { Clock } from '../clock.ts';
import type { InboundMessage, NoticeKind } from '../domain/message.ts';
import type { GiveUpLimits } from '../domain/retry-policy.ts';
import { readBody } from '../domain/stored-body.ts';
import type { Emit } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import type { Entry, Store } from '../store/store.ts';
import type { Answers, ReplyVia } from './answer.ts';
import { applyAmendments } from './apply-amendments.ts';
import { conclude } from './conclude.ts';
import { deliver } from './deliver.ts';
import { createGather } from './gather.ts';
import type { Turn } from './lanes.ts';
import { createObstacleReport } from './obstacle.ts';
import { createPace } from './pace.ts';
import { createPick } from './pick.ts';
import { createPrecedence } from './precedence.ts';
import { createProgress } from './progress.ts';
import { afterGatewayError, type Ending, firstStep, isOver } from './recovery.ts';

export interface ForwardOptions {
  store: Store;
  gateway: AgentGateway;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  /** Called when the agent has begun on a message, and when it is found to work on it still. Never awaited. */
  onTaken: (message: InboundMessage) => void;
  /**
   * Called at the end of each turn of a message. `over`: the agent is done with it for now. `sent`: it had been sent
   * before this turn. Never awaited.
   */
  onTurnEnd?: (message: InboundMessage, how: { over: boolean; sent: boolean }) => void;
  emit: Emit;
  answers: Answers;
  /** Says that these lanes of the outbox have work. */
  wakeReplies: (lanes: readonly string[]) => void;
  /** How the answer to a message reaches its sender. The function is called each time. */
  via: (message: InboundMessage) => ReplyVia;
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
  /** Removes secrets from the gateway's text before it is kept as a reason. */
  scrub: (text: string) => string;
  signal: AbortSignal;
}

/**
 * One turn of a lane: takes its oldest message one step further. `recovery.ts` decides the step, `deliver.ts` asks the
 * gateway, and `conclude.ts` writes the result.
 */
export function createForwarder(options: ForwardOptions): (lane: string) => Promise<Turn> {
  const { store, gateway, clock, emit, signal } = options;
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
  const { answers } = options;
  const parts = {
    ...options,
    ...{ precedence, progress: createProgress(), reportObstacle },
    sentenceFor: async (entry: Entry) => {
      const body = readBody(entry);
      return body.kind === 'message' ? answers.onFailure(entry, body.message) : [];
    },
  };

  return async function forward(lane) {
    const picked = await pick(lane);
    if (picked === 'empty') gather.forget(lane);
    if (typeof picked === 'string' || 'until' in picked) return picked;
    const end = (ending: Ending, entry = picked.entry) => conclude(parts, { ...picked, entry }, ending);
    const body = readBody(picked.entry);
    if (body.kind !== 'message') {
      return end({ do: 'fail', reason: body.reason, mayStillRun: false, mayHaveActed: true });
    }
    const { message } = body;
    let over = false;
    try {
      const step = firstStep(picked.entry, message.notice, options.contextOnly());
      if (step.do !== 'note' && gateway.state.phase !== 'connected') {
        await gateway.connected(signal);
        // That may have taken hours, and an operator may have dropped the message meanwhile. So the next one is read anew.
        return 'more';
      }
      if (await applyAmendments(options, picked.entry, message)) return 'more';
      const gathers = await gather.collect(picked, message);
      if (typeof gathers === 'string' || 'until' in gathers) return gathers;
      const rest = step.do === 'send' ? pace.rest(picked.entry, message) : null;
      if (rest !== null) return rest;
      await pace.count(picked.entry, gathers);
      if (gathers.length > 0) emit({ type: 'messages gathered', message: picked.entry.id, others: gathers });
      const { entry, ending: how } = await deliver(parts, picked.entry, message, { step, gathers });
      const ending = how.do === 'answer' ? await answers.afterRun(entry, message, how.result) : how;
      over = isOver(ending);
      return await end(ending, entry);
    } catch (error) {
      // The program stops: a message that was sent stays `sending`, and its run is looked for at the next start.
      if (signal.aborted) return 'empty';
      if (!(error instanceof GatewayError)) throw error;
      return end(afterGatewayError(error));
    } finally {
      options.onTurnEnd?.(message, { over, sent: picked.entry.state === 'sending' });
    }
  };
}
