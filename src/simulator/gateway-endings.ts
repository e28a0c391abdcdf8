import type { AgentOutcome } from './echo-agent.ts';
import { done, type Reply, refused } from './gateway-frames.ts';
import type { JsonObject } from './json.ts';
import type { ModelRun, RowContent } from './transcript.ts';

/** A run that has ended. */
export interface EndedRun {
  runId: string;
  /** The idempotency key of the input. After a restart it differs from the run id. */
  key: string;
  sessionId: string;
  /** The tools that succeeded. */
  tools: readonly string[];
  /** Milliseconds since the epoch. */
  endedAt: number;
}

/** The end of a run in its three forms: for the transcript, for `agent.wait`, and for the second response to `agent`. */
export interface Ending {
  status: ModelRun['status'];
  reply: string | null;
  rows: RowContent[];
  result: JsonObject;
  second: Reply;
}

/** The gateway's text when a run used tools and then said nothing. */
const fallback = 'The tool run finished, but no final summary was produced. I did not repeat any completed actions.';

/** Describes an ending as recorded from openclaw 2026.9.6. */
export function describeEnding(outcome: AgentOutcome | 'timed out' | 'aborted', run: EndedRun): Ending {
  if (outcome === 'timed out') return timedOut(run);
  if (outcome === 'aborted') return aborted(run);
  if (outcome.kind === 'visible') return visible(outcome.text, run);
  const acted = run.tools.length > 0;
  if (outcome.kind === 'error') return acted ? failedAfterTool(outcome.reason, run) : failed(outcome.reason, run);
  return acted ? silentAfterTool(run) : silent(run);
}

function visible(text: string, run: EndedRun): Ending {
  return {
    status: 'ok',
    reply: text,
    rows: [answer(text)],
    result: {
      ...common(run, 'ok'),
      stopReason: 'stop',
      livenessState: 'working',
      terminalReceipt: receipt(run, 'visible'),
      terminalReply: { disposition: 'visible', text },
    },
    second: completed(run, text),
  };
}

function silent(run: EndedRun): Ending {
  return { ...notVisible(run, 'silent'), status: 'silent', rows: [answer('NO_REPLY')] };
}

function silentAfterTool(run: EndedRun): Ending {
  const assistantTranscriptIdempotencyKey = `${run.runId}:settled-finalization-fallback`;
  const ending = visible(fallback, run);
  return {
    ...ending,
    status: 'silent',
    reply: null,
    rows: [answer('NO_REPLY'), { ...answer(fallback), idempotencyKey: assistantTranscriptIdempotencyKey }],
    result: {
      ...ending.result,
      terminalReceipt: { ...receipt(run, 'visible'), assistantTranscriptIdempotencyKey },
    },
  };
}

/** A run that failed before any tool has no receipt. */
function failed(reason: string, run: EndedRun): Ending {
  return {
    status: 'error',
    reply: null,
    rows: [failure(reason, run)],
    result: { ...common(run, 'error'), error: reason },
    second: refused('UNAVAILABLE', reason),
  };
}

function failedAfterTool(reason: string, run: EndedRun): Ending {
  return { ...notVisible(run, 'empty'), status: 'error', rows: [failure(reason, run)] };
}

function notVisible(run: EndedRun, disposition: 'silent' | 'empty'): Omit<Ending, 'status' | 'rows'> {
  return {
    reply: null,
    result: {
      ...common(run, 'error'),
      error: 'failed',
      livenessState: 'abandoned',
      terminalReceipt: receipt(run, 'not-visible'),
      terminalReply: { disposition },
    },
    second: completed(run, null),
  };
}

function timedOut(run: EndedRun): Ending {
  const error = 'Request timed out before a response was generated.';
  return {
    status: 'timeout',
    reply: null,
    rows: [],
    result: { ...common(run, 'timeout'), error, timeoutPhase: 'provider' },
    second: refused('UNAVAILABLE', error),
  };
}

/** A run that `chat.abort` has ended. */
function aborted(run: EndedRun): Ending {
  const stopReason = 'rpc';
  return {
    status: 'error',
    reply: null,
    rows: [],
    result: { ...common(run, 'error'), stopReason },
    second: done({ runId: run.runId, status: 'timeout', summary: 'aborted', stopReason }),
  };
}

function common({ runId, endedAt }: EndedRun, status: 'ok' | 'error' | 'timeout'): JsonObject {
  return { runId, status, endedAt };
}

function receipt({ runId, sessionId, tools }: EndedRun, terminalDisposition: string): JsonObject {
  return {
    runId,
    sessionId,
    turnId: runId,
    requested: { provider: 'simulator', model: 'echo' },
    effective: { provider: 'simulator', model: 'echo', responseModel: 'echo' },
    successfulToolNames: tools,
    rerouted: false,
    terminalDisposition,
  };
}

function completed({ runId }: EndedRun, text: string | null): Reply {
  const payloads = text === null ? [] : [{ text, mediaUrl: null }];
  return done({ runId, status: 'ok', summary: 'completed', result: { payloads, meta: {} } });
}

function answer(text: string): RowContent {
  return { role: 'assistant', content: [{ type: 'text', text }], model: 'echo', stopReason: 'stop' };
}

function failure(reason: string, { runId }: EndedRun): RowContent {
  const content = [{ type: 'text', text: `⚠️ ${reason}` }];
  return { role: 'assistant', content, model: 'echo', stopReason: 'error', idempotencyKey: `${runId}:terminal-error` };
}
