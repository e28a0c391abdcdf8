/** A run: started, waited for, and looked for in the gateway's record (openclaw-gateway reference, sections 5, 8, 9). */
import { isAbsolute } from 'node:path';
import { type Clock, sleep } from '../../clock.ts';
import type { Emit } from '../../observe/events.ts';
import { backoff, waits } from '../../waits.ts';
import {
  type AgentGateway,
  type Attachment,
  GatewayError,
  type MediaReference,
  type RunOutcome,
  type RunRequest,
} from '../agent.ts';
import type { Connection } from './connection.ts';
import { decide, isOf, resultInRecord } from './history.ts';
import { createRecordReader } from './record.ts';
import { createRecordWatch } from './record-watch.ts';
import { endByRecord, endOf, endWithoutRecord } from './run-end.ts';
import { withMedia } from './tool-calls.ts';
import { readAborted, readAck, readAttached, readWait, readWorkspace, updateHint, type WaitAnswer } from './wire.ts';

export interface RunOptions {
  connection: Connection;
  clock: Clock;
  emit: Emit;
  /** Milliseconds after which a run is given up. */
  runTimeout: number;
  /** The gateway is on this host. */
  nearby: boolean;
}

/** Milliseconds. */
const requestTimeout = 30_000;
/** One `agent.wait`, in milliseconds. The gateway answers at the end of `length`; `grace` is for the network. */
const slice = { length: 45_000, grace: 15_000 };
/** Why the second answer to a run is not waited for any longer. */
const runIsOver = 'the run is over';
/** Why `chat.abort` may be refused. */
const ownRunsOnly =
  'OpenClaw lets only the connection that began a run stop it, or the same device: with gateway.identity "always", a new ' +
  'connection may too.';
/** Bytes around `params` in a request frame: type, id, method. */
const envelope = 512;

export function createRuns({
  connection,
  clock,
  emit,
  runTimeout,
  nearby,
}: RunOptions): Pick<AgentGateway, 'imageLimits' | 'run' | 'wait' | 'recall' | 'record' | 'workspaceOf' | 'abort'> {
  const readRecord = createRecordReader({ connection, clock });
  const watch = createRecordWatch(clock);
  /** Sessions of the runs that this process has started and waits for. */
  const sessions = new Map<string, string>();
  /** What they attach, by the gateway's second answer. `letGo` ends the wait for it, for which the library keeps the request. */
  const attached = new Map<string, { media: Promise<readonly MediaReference[]>; letGo: () => void }>();

  const endBy = async (answer: WaitAnswer, runKey: string, signal: AbortSignal): Promise<RunOutcome> => {
    const end = endOf(answer);
    if (end !== 'in the record') return end;
    const sessionKey = sessions.get(runKey);
    if (sessionKey === undefined) return endWithoutRecord(answer);
    return endByRecord(answer, await readRecord(sessionKey, runKey, signal), runKey);
  };

  /** The outcome by one answer of `agent.wait`; null while the run continues. */
  const ask = async (runKey: string, timeoutMs: number, signal: AbortSignal): Promise<RunOutcome | null> => {
    const limits = { timeout: timeoutMs + slice.grace, signal };
    const answer = readWait(await connection.request('agent.wait', { runId: runKey, timeoutMs }, limits));
    if (answer.runId !== runKey) {
      // It is not known whose end that is. The record must say what became of our run.
      emit({ type: 'other run answered', run: runKey, answered: answer.runId });
      return { kind: 'unknown' };
    }
    const sessionKey = sessions.get(runKey);
    if (answer.over) {
      const end = await endBy(answer, runKey, signal);
      return end.kind === 'ended' && answer.toolNames?.length ? withAttached(end, await attachedBy(runKey)) : end;
    }
    if (sessionKey === undefined) return { kind: 'unknown' };
    const recalled = decide(await readRecord(sessionKey, runKey, signal), runKey, Number.POSITIVE_INFINITY);
    if (recalled.kind === 'active') return null;
    return recalled.kind === 'answered' ? { ...recalled, kind: 'ended' } : { kind: 'unknown' };
  };

  /** What a run attaches that has used tools. Its own text is not needed for that. */
  const attachedBy = async (runKey: string): Promise<readonly MediaReference[]> => {
    const late = Promise.withResolvers<readonly MediaReference[]>();
    const cancel = clock.after(waits.secondAnswer.within, () => late.resolve([]));
    return Promise.race([attached.get(runKey)?.media ?? [], late.promise]).finally(cancel);
  };

  /** Adds what the run did, by the record. `calls` stays null when the record does not show the run's answer in time. */
  const withCalls = async (runKey: string, outcome: RunOutcome, signal: AbortSignal): Promise<RunOutcome> => {
    const sessionKey = sessions.get(runKey);
    if (outcome.kind !== 'ended' || outcome.calls !== null || sessionKey === undefined) return outcome;
    const pause = backoff(waits.answerInRecord, () => 0);
    try {
      for (let reading = 1; ; reading += 1) {
        const result = resultInRecord(await readRecord(sessionKey, runKey, signal), runKey);
        const quotes = outcome.reply !== null && result?.quote === true;
        if (result !== null) {
          const known = withAttached(outcome, result.media ?? []);
          return { ...known, ...(quotes ? { quote: true } : {}), calls: result.calls };
        }
        if (reading === waits.answerInRecord.readings) return outcome;
        await sleep(clock, pause(reading), signal);
      }
    } catch (error) {
      // A record that cannot be read says nothing of what the run did. Its end is known all the same.
      if (error instanceof GatewayError && error.kind !== 'away') return outcome;
      throw error;
    }
  };

  return {
    imageLimits: () => connection.hello?.images ?? null,

    async run(request, signal, guard) {
      const params = agentParams(request, connection.hello?.maxPayload);
      const { promise, resolve } = Promise.withResolvers<readonly MediaReference[]>();
      const over = new AbortController();
      const second = { within: runTimeout, over, take: (payload: unknown) => resolve(readAttached(payload)) };
      try {
        const answer = await connection.request('agent', params, { timeout: requestTimeout, signal, second, guard });
        checkAck(answer, request.runKey);
      } finally {
        // The library keeps them until the second answer, which may be minutes away or never come: 7 MB for each image.
        delete params.attachments;
      }
      sessions.set(request.runKey, request.sessionKey);
      attached.set(request.runKey, { media: promise, letGo: () => over.abort(runIsOver) });
    },

    async wait(runKey, signal, { calls } = { calls: false }) {
      const deadline = clock.monotonic() + runTimeout;
      const pause = backoff(waits.runEnd, () => 0);
      try {
        for (let round = 1; ; round += 1) {
          const asked = clock.monotonic();
          const timeoutMs = Math.min(slice.length, deadline - asked);
          if (timeoutMs <= 0) {
            const reason = `no end after ${Math.round(runTimeout / 1000)} s`;
            return { kind: 'error', reason, toolsRan: true, mayStillRun: true };
          }
          const outcome = await ask(runKey, timeoutMs, signal);
          if (outcome !== null) return calls ? await withCalls(runKey, outcome, signal) : outcome;
          const early = Math.min(pause(round), deadline - asked) - (clock.monotonic() - asked);
          if (early > 0) await sleep(clock, early, signal);
        }
      } finally {
        sessions.delete(runKey);
        attached.get(runKey)?.letGo();
        attached.delete(runKey);
      }
    },

    async recall(sessionKey, runKey) {
      const found = await readRecord(sessionKey, runKey);
      const recalled = decide(found, runKey, watch.unchangedFor(runKey, found, connection.hello?.bootId));
      if (recalled.kind !== 'active') watch.forget(runKey);
      if (recalled.kind === 'absent' && !isOf(found, sessionKey)) {
        const reason = 'The gateway answered with the record of another conversation';
        throw new GatewayError('refused', reason, { hint: updateHint });
      }
      return recalled;
    },

    // What counts is the present: a run that looks stuck is under way as long as nobody has given it up.
    record: async (sessionKey, runKey, signal) => decide(await readRecord(sessionKey, runKey, signal), runKey, 0),

    async workspaceOf(sessionKey) {
      const agent = /^agent:([^:]+):/.exec(sessionKey)?.[1];
      if (!nearby || agent === undefined) return null;
      try {
        const workspace = readWorkspace(
          await connection.request('agents.list', {}, { timeout: requestTimeout }),
          agent,
        );
        return workspace !== null && isAbsolute(workspace) ? workspace : null;
      } catch (error) {
        // An older gateway, or one that does not tell it to this connection.
        if (error instanceof GatewayError && error.kind !== 'away') return null;
        throw error;
      }
    },

    async abort(sessionKey, runId) {
      try {
        const answer = await connection.request('chat.abort', { sessionKey, runId }, { timeout: requestTimeout });
        return readAborted(answer).includes(runId);
      } catch (error) {
        if (!(error instanceof GatewayError) || error.kind !== 'refused') throw error;
        throw new GatewayError('refused', error.message, { hint: ownRunsOnly, cause: error });
      }
    },
  };
}

function withAttached<Outcome extends RunOutcome>(outcome: Outcome, attached: readonly MediaReference[]): Outcome {
  return outcome.kind === 'ended' ? { ...outcome, ...withMedia(outcome.media, attached) } : outcome;
}

/**
 * Builds the parameters of `agent` (openclaw-gateway reference, section 5). `limit` is the largest frame, in bytes, that
 * the gateway takes.
 *
 * @throws GatewayError for a larger one: the gateway would close the connection, which harms all other runs. It is
 * `permanent`, but with attachments `refused`: they fitted, until another gateway answered.
 */
function agentParams(request: RunRequest, limit = Number.POSITIVE_INFINITY): Record<string, unknown> {
  const { attachments = [] } = request;
  const params = {
    sessionKey: request.sessionKey,
    idempotencyKey: request.runKey,
    message: request.message,
    extraSystemPrompt: request.systemPrompt,
  };
  const images = sum(attachments.map(sizeInFrame));
  const size = sizeOf(params, limit - images) + envelope + images;
  if (size > limit) {
    const reason = `The message is too large for the gateway: ${size} bytes, ${limit} at most`;
    const kind = attachments.length > 0 ? 'refused' : 'permanent';
    throw new GatewayError(kind, reason, { hint: 'It says so itself, as policy.maxPayload.' });
  }
  if (attachments.length === 0) return params;
  const shown = attachments.map(({ mimeType, fileName, content }) => ({
    type: 'image',
    mimeType,
    fileName,
    content: content.toString('base64'),
  }));
  return { ...params, attachments: shown };
}

/** In JSON a character takes six bytes at most. */
const mostBytes = 6;

/**
 * Returns the bytes that the texts take in the frame, and no less. It counts them only where they may come near to the
 * limit: to write them out for that costs as much as to send them.
 */
function sizeOf(params: Readonly<Record<string, string>>, limit: number): number {
  const most = mostBytes * sum(Object.values(params).map(({ length }) => length)) + envelope;
  return most < limit / 2 ? most : Buffer.byteLength(JSON.stringify(params));
}

/** Returns the bytes that an attachment takes in the frame, and no less. */
function sizeInFrame({ mimeType, fileName, content }: Attachment): number {
  return 4 * Math.ceil(content.length / 3) + Buffer.byteLength(JSON.stringify({ mimeType, fileName })) + envelope;
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all + size, 0);
}

/** @throws GatewayError `refused` when the answer does not say that this run was taken. */
function checkAck(answer: unknown, runKey: string): void {
  const { status, runId } = readAck(answer);
  if (status !== null && (runId === null || runId === runKey)) return;
  const what =
    status === null ? 'something that is no acknowledgement' : `the acknowledgement of another one (${runId})`;
  throw new GatewayError('refused', `The gateway answered the run with ${what}`, { hint: updateHint });
}
