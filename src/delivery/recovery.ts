/** Decides what to do with a message, by what the gateway says of its run (openclaw-gateway reference, section 9). Pure. */
import type { GatewayError, Recalled, RunOutcome, RunResult } from '../agents/agent.ts';
import type { NoticeKind } from '../domain/message.ts';
import type { NewOutgoing } from '../store/outbox.ts';
import type { Entry } from '../store/store.ts';
import { isUntouched } from './amend.ts';

/** The next step of a message: a question for the gateway, or the end of its turn. */
export type Step =
  /** Begin the run of this number. `afterRun` says what follows. */
  | { do: 'send'; runNumber: number }
  /** Look for the run in the gateway's record. `afterRecall` says what follows. */
  | { do: 'recall'; runKey: string }
  | RunEnd
  | Ending;

/** The run has ended. What the customer gets is yet to be decided. */
export interface RunEnd {
  do: 'answer';
  result: RunResult;
}

/** How the turn of a message ends. */
export type Ending =
  /** The run has ended. `outcome` is what the customer gets, `reason` what an operator should know of it. */
  | {
      do: 'settle';
      outcome: 'answering' | 'answered' | 'silent' | 'failed' | 'stopped';
      outgoing: readonly NewOutgoing[];
      reason: string | null;
    }
  /** It starts no run. It is kept for the next message of its conversation. */
  | { do: 'note'; kind: NoticeKind | 'not-addressed' }
  /** The run continues. Look for it again soon. */
  | { do: 'check again' }
  /** A counted attempt without a result. It is repeated after a pause, with `resend` under a new key. */
  | { do: 'retry'; reason: string; resend: boolean }
  /** Give the message up. With `mayStillRun` its run may be under way; with `mayHaveActed` it may have answered before. */
  | { do: 'fail'; reason: string; mayStillRun: boolean; mayHaveActed: boolean }
  /** The gateway asks for another attempt in `retryAfter` milliseconds. */
  | { do: 'defer'; reason: string; retryAfter: number }
  /** The gateway takes no run at all until somebody changes something there. This is no attempt of the message. */
  | { do: 'wait'; reason: string; hint: string | null }
  /** The gateway takes no more under this key. Send at once under another one. */
  | { do: 'change key'; reason: string }
  /** The connection is gone or about to go. */
  | { do: 'reconnect' };

/** Whether the agent is done with the message for now. Otherwise its run may be under way. */
export function isOver({ do: end }: Ending): boolean {
  return end !== 'check again' && end !== 'change key' && end !== 'reconnect';
}

/** How often a message may leave no trace in the gateway's record before that counts as a failure. */
const mostSendsWithoutTrace = 3;

const fail = (reason: string, { mayStillRun = false, mayHaveActed = false } = {}): Ending => ({
  do: 'fail',
  reason,
  mayStillRun,
  mayHaveActed,
});

/** The first step of a message in its turn. `contextOnly` are the kinds of message that start no run. */
export function firstStep(
  entry: Pick<Entry, 'state' | 'runKey' | 'unresolvedRun' | 'runNumber'>,
  kind: NoticeKind | undefined,
  contextOnly: ReadonlySet<NoticeKind>,
): Step {
  if (kind !== undefined && contextOnly.has(kind) && isUntouched(entry)) return { do: 'note', kind };
  if (entry.state === 'sending' && entry.runKey !== null) return { do: 'recall', runKey: entry.runKey };
  if (entry.unresolvedRun !== null) return { do: 'recall', runKey: entry.unresolvedRun };
  return { do: 'send', runNumber: entry.runNumber + 1 };
}

/** Decides what follows the end of a run that was waited for. */
export function afterRun(outcome: RunOutcome): RunEnd | Ending {
  if (outcome.kind === 'ended') return { do: 'answer', result: outcome };
  if (outcome.kind === 'unknown') return { do: 'check again' };
  if (outcome.mayStillRun) {
    return fail(`The agent's run did not end in time: ${outcome.reason}`, { mayStillRun: true, mayHaveActed: true });
  }
  // A run that used no tool has done nothing outside and can be repeated. One that did may have answered already.
  if (outcome.toolsRan) {
    const reason = `The agent's run ended with an error after it had used tools: ${outcome.reason}`;
    return fail(reason, { mayHaveActed: true });
  }
  return { do: 'retry', reason: `The agent's run ended with an error: ${outcome.reason}`, resend: true };
}

/**
 * Decides what to do with a message whose run was looked for, by the gateway's record.
 *
 * @param sendsWithoutTrace How often it was sent again before because there was no trace of it.
 */
export function afterRecall(
  entry: Pick<Entry, 'state' | 'runNumber'>,
  recalled: Recalled,
  sendsWithoutTrace: number,
): Step {
  if (recalled.kind === 'answered') return { do: 'answer', result: recalled };
  if (recalled.kind === 'active') return { do: 'check again' };
  // An operator has queued it again while the end of its run was unknown. Under the same key it stays one run, if its
  // request is still on the way.
  if (entry.state !== 'sending') {
    return { do: 'send', runNumber: recalled.kind === 'absent' ? entry.runNumber : entry.runNumber + 1 };
  }
  switch (recalled.kind) {
    case 'unanswered': {
      const reason = 'The gateway took the message, but its run ended without an answer';
      return recalled.toolsRan === false ? { do: 'retry', reason, resend: true } : fail(reason, { mayHaveActed: true });
    }
    case 'interrupted':
      return { do: 'send', runNumber: entry.runNumber + 1 };
    case 'absent':
      if (sendsWithoutTrace < mostSendsWithoutTrace) return { do: 'send', runNumber: entry.runNumber };
      return { do: 'retry', reason: 'The gateway takes the message, but keeps no record of it', resend: false };
  }
}

/**
 * Changes what follows for a message whose run an operator has stopped: it is not run again, and it has not failed. A
 * run that ended by itself before that has its answer.
 */
export function afterStop<Next extends Step>(next: Next): Next | Ending {
  const isSpared = next.do === 'send' || next.do === 'retry' || next.do === 'fail' || next.do === 'change key';
  return isSpared ? { do: 'settle', outcome: 'stopped', outgoing: [], reason: 'Stopped by an operator (!stop)' } : next;
}

/** Decides what follows a request that failed. */
export function afterGatewayError({ kind, message, hint, retryAfter }: GatewayError): Ending {
  switch (kind) {
    case 'away':
      // The message is not at fault, and this is no attempt. It stays as it is, and its run is looked for when the
      // gateway is back.
      return retryAfter === null ? { do: 'reconnect' } : { do: 'defer', reason: message, retryAfter };
    case 'key-spent':
      return { do: 'change key', reason: message };
    case 'permanent':
      return fail(message);
    case 'unready':
      return { do: 'wait', reason: message, hint: hint ?? null };
    case 'refused':
      return { do: 'retry', reason: message, resend: false };
  }
}
