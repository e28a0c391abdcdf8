/** A run's way: started, waited for, and looked for in the gateway's record (openclaw-gateway reference, sections 5, 8, 9). */
import { type Clock, sleep } from '../../clock.ts';
import type { Log } from '../../observe/log.ts';
import { backoff, waits } from '../../waits.ts';
import { type AgentGateway, GatewayError, type Recalled, type RunOutcome, type RunRequest } from '../agent.ts';
import type { Connection } from './connection.ts';
import { decide, isFallback, isOf, mayHaveActed, showsError } from './history.ts';
import { createRecordReader } from './record.ts';
import { readAck, readWait, updateHint, type WaitAnswer } from './wire.ts';

export interface RunOptions {
  connection: Connection;
  clock: Clock;
  log: Log;
  /** Milliseconds after which a run is given up. */
  runTimeout: number;
}

/** Milliseconds. */
const requestTimeout = 30_000;
/** One `agent.wait`. The gateway answers at its end at the latest; `grace` is for the way there and back. */
const slice = { length: 45_000, grace: 15_000 };
/** `agent.wait` cuts a reply at 4096 characters; one that comes near may be cut. */
const mayBeCut = 4000;
/** Around `params` in a request frame: type, id, method. */
const envelope = 512;
/** Records of runs whose change is watched, at most: the oldest is watched anew. */
const mostWatched = 1000;

export function createRuns({
  connection,
  clock,
  log,
  runTimeout,
}: RunOptions): Pick<AgentGateway, 'run' | 'wait' | 'recall'> {
  const history = createRecordReader({ connection, clock });
  /** Sessions of the runs that this process has started and waits for. */
  const sessions = new Map<string, string>();
  /** The last record seen of a run that may have ended, and since when it has been that. */
  const unchanged = new Map<string, { record: string; since: number }>();

  /** A reply that may have been cut, as the record has it. */
  const whole = async (reply: string, runKey: string, signal: AbortSignal): Promise<RunOutcome> => {
    const sessionKey = sessions.get(runKey);
    if (sessionKey === undefined) return { kind: 'unknown' };
    const recalled = decide(await history(sessionKey, runKey, signal), runKey, Number.POSITIVE_INFINITY);
    const kept = recalled.kind === 'answered' ? (recalled.reply ?? '') : '';
    return { kind: 'ended', reply: kept.length > reply.length ? kept : reply };
  };

  const ended = async (answer: WaitAnswer, runKey: string, signal: AbortSignal): Promise<RunOutcome> => {
    if (answer.status === 'ok') {
      if (answer.disposition === 'visible') {
        if (isFallback(answer.transcriptKey)) return { kind: 'ended', reply: null };
        return answer.reply !== null && answer.reply.length >= mayBeCut
          ? whole(answer.reply, runKey, signal)
          : { kind: 'ended', reply: answer.reply };
      }
      return answer.disposition === null ? { kind: 'unknown' } : { kind: 'ended', reply: null };
    }
    if (answer.disposition === 'silent') return { kind: 'ended', reply: null };
    const reason = answer.error ?? (answer.stopReason ? `stopped (${answer.stopReason})` : answer.status);
    // Stopped by somebody: not to be tried again behind their back.
    if (answer.stopReason !== null && answer.stopReason !== 'stop' && answer.error === null) {
      return { kind: 'error', reason, toolsRan: true };
    }
    const sessionKey = sessions.get(runKey);
    if (sessionKey === undefined) {
      // "Said nothing" and "failed after a tool" look alike here; only the record tells them apart.
      return answer.disposition === 'empty' ? { kind: 'unknown' } : { kind: 'error', reason, toolsRan: true };
    }
    const found = await history(sessionKey, runKey, signal);
    if (answer.disposition === 'empty' && !showsError(found, runKey)) return { kind: 'ended', reply: null };
    // The receipt names only tools that succeeded: one that failed may have acted too.
    return { kind: 'error', reason, toolsRan: Boolean(answer.toolNames?.length) || mayHaveActed(found, runKey) };
  };

  return {
    async run(request: RunRequest, signal: AbortSignal): Promise<void> {
      const params = {
        sessionKey: request.sessionKey,
        idempotencyKey: request.runKey,
        message: request.message,
        extraSystemPrompt: request.systemPrompt,
      };
      const limit = connection.hello?.maxPayload ?? Number.POSITIVE_INFINITY;
      const size = Buffer.byteLength(JSON.stringify(params)) + envelope;
      // The gateway would answer a larger frame by closing the connection, to the harm of all other runs.
      if (size > limit) {
        throw new GatewayError(
          'permanent',
          `The message is too large for the gateway: ${size} bytes, ${limit} at most`,
          { hint: 'It says so itself, as policy.maxPayload.' },
        );
      }
      const { status, runId } = readAck(await connection.request('agent', params, { timeout: requestTimeout, signal }));
      if (status === null || (runId !== null && runId !== request.runKey)) {
        const what =
          status === null ? 'something that is no acknowledgement' : `the acknowledgement of another one (${runId})`;
        throw new GatewayError('refused', `The gateway answered the run with ${what}`, { hint: updateHint });
      }
      sessions.set(request.runKey, request.sessionKey);
    },

    async wait(runKey: string, signal: AbortSignal): Promise<RunOutcome> {
      const deadline = clock.now() + runTimeout;
      const pause = backoff(waits.runEnd, () => 0);
      try {
        for (let round = 1; ; round += 1) {
          const asked = clock.now();
          const timeoutMs = Math.min(slice.length, deadline - asked);
          if (timeoutMs <= 0) {
            const reason = `no end after ${Math.round(runTimeout / 1000)} s`;
            return { kind: 'error', reason, toolsRan: true, mayStillRun: true };
          }
          const answer = readWait(
            await connection.request(
              'agent.wait',
              { runId: runKey, timeoutMs },
              { timeout: timeoutMs + slice.grace, signal },
            ),
          );
          if (answer.runId !== runKey) {
            // Whose end that is, is not known: the record has to say what became of ours.
            log.warn({ run: runKey, answered: answer.runId }, 'The gateway answered agent.wait for another run');
            return { kind: 'unknown' };
          }
          if (answer.over) return await ended(answer, runKey, signal);
          const sessionKey = sessions.get(runKey);
          if (sessionKey === undefined) return { kind: 'unknown' };
          const recalled = decide(await history(sessionKey, runKey, signal), runKey, Number.POSITIVE_INFINITY);
          if (recalled.kind === 'answered') return { kind: 'ended', reply: recalled.reply };
          if (recalled.kind !== 'active') return { kind: 'unknown' };
          const early = Math.min(pause(round), deadline - asked) - (clock.now() - asked);
          if (early > 0) await sleep(clock, early, signal);
        }
      } finally {
        sessions.delete(runKey);
      }
    },

    async recall(sessionKey: string, runKey: string): Promise<Recalled> {
      const found = await history(sessionKey, runKey);
      const seen = JSON.stringify([
        connection.hello?.bootId,
        found.total,
        found.rows.at(-1)?.seq,
        found.status,
        found.active,
      ]);
      const before = unchanged.get(runKey);
      const since = before?.record === seen ? before.since : clock.now();
      const recalled = decide(found, runKey, clock.now() - since);
      unchanged.delete(runKey);
      if (recalled.kind === 'active') {
        unchanged.set(runKey, { record: seen, since });
        const [oldest] = unchanged.keys();
        if (unchanged.size > mostWatched && oldest !== undefined) unchanged.delete(oldest);
      }
      if (recalled.kind === 'absent' && !isOf(found, sessionKey)) {
        throw new GatewayError('refused', 'The gateway answered with the record of another conversation', {
          hint: updateHint,
        });
      }
      return recalled;
    },
  };
}
