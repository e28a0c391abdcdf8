import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Counters } from './counters.ts';
import type { Agent, AgentOutcome } from './echo-agent.ts';
import { describeEnding } from './gateway-endings.ts';
import { done, type Reply, refused } from './gateway-frames.ts';
import type { JsonObject } from './json.ts';
import type { ModelRun, Row, RowContent, Transcript } from './transcript.ts';

export interface RunInput {
  session: string;
  key: string;
  text: string;
  systemPrompt: string | null;
  /** Seconds, or null for no limit. */
  timeout: number | null;
}

export interface Started {
  first: Reply;
  /** The second response under the same request id; null when none will come. */
  second: Promise<Reply> | null;
}

export interface Runs {
  start(input: RunInput): Promise<Started>;
  /** `agent.wait`: the run's end, or `status: "timeout"` after `timeoutMs`. An unknown run gives the timeout too. */
  wait(runId: string, timeoutMs: number): Promise<JsonObject>;
  /** The session's running run, and whether any run is running or queued. */
  active(session: string): { running: string | null; any: boolean };
  /** Resumes the runs that a restart cut off. */
  resume(): void;
  /** Starts nothing more. Resolves when the running runs have ended. */
  drain(): Promise<void>;
  /** Stops at once and records nothing, as a crash does. */
  abandon(): void;
}

export interface RunsDeps {
  transcript: Transcript;
  agent: Agent;
  clock: Clock;
  counters: Counters;
  settings: () => {
    /** Milliseconds that a run takes at least. */
    agentDelay: number;
    startDelay: number;
    /** Milliseconds from the start of the gateway until it resumes runs. */
    resumeDelay: number;
    /** Milliseconds for which an ended run's key and result are remembered. */
    memory: number;
  };
  emit: (event: string, payload: JsonObject) => void;
  /** Called on a journal that cannot be written, or another defect: the gateway cannot go on. */
  onDefect: (error: unknown) => void;
}

interface Remembered {
  runId: string;
  session: string;
  status: 'queued' | 'running' | 'ended';
  endedAt: number;
  /** The result of `agent.wait`. */
  result: JsonObject;
  second: PromiseWithResolvers<Reply>;
}

/** The end of the exec tool's output when the program failed. The gateway counts that as a successful tool. */
const commandFailed = '\n\n(Command exited with code 1)';

const note =
  '[System] Your previous turn was interrupted by a gateway restart. ' +
  'Continue from the existing transcript and finish the interrupted turn.';

/** Runs inputs: one at a time in a session, in the order of acceptance, and sessions side by side. */
export function createRuns(deps: RunsDeps): Runs {
  const { transcript, agent, clock, counters, settings, emit } = deps;
  const memory = new Map<string, Remembered>();
  const queues = new Map<string, (() => Promise<void>)[]>();
  const running = new Map<string, string>();
  const stopping = new AbortController();
  let draining: PromiseWithResolvers<void> | null = null;

  const recall = (runId: string): Remembered | undefined => {
    const known = memory.get(runId);
    if (known?.status !== 'ended' || clock.now() - known.endedAt <= settings().memory) return known;
    memory.delete(runId);
    return undefined;
  };

  const remember = (runId: string, session: string): Remembered => {
    const second = Promise.withResolvers<Reply>();
    const entry: Remembered = { runId, session, status: 'queued', endedAt: 0, result: {}, second };
    memory.set(runId, entry);
    return entry;
  };

  const pause = (ms: number) => (ms > 0 ? new Promise<void>(resolve => clock.after(ms, resolve)) : Promise.resolve());

  const pump = (session: string) => {
    if (running.has(session) || draining || stopping.signal.aborted) return;
    const next = queues.get(session)?.shift();
    if (!next) return void queues.delete(session);
    running.set(session, '');
    next()
      .catch(error => stopping.signal.aborted || deps.onDefect(error))
      .finally(() => {
        running.delete(session);
        if (draining && running.size === 0) draining.resolve();
        pump(session);
      });
  };

  const enqueue = (session: string, work: () => Promise<void>) => {
    const queue = queues.get(session) ?? [];
    queue.push(work);
    queues.set(session, queue);
    pump(session);
  };

  const addRow = ({ session, runId }: ModelRun, row: RowContent) =>
    transcript.append(session, { ...row, timestamp: clock.now(), __openclaw: { runId } });

  const takeTurn = async (run: ModelRun, input: RunInput, toolDone: boolean) => {
    const { session, runId } = run;
    const tools: string[] = [];
    const timeout = new AbortController();
    const cancel = input.timeout === null ? () => {} : clock.after(input.timeout * 1000, () => timeout.abort());
    const signal = AbortSignal.any([stopping.signal, timeout.signal]);
    const use = async ({ command, output, ok }: { command: string; output: string; ok: boolean }) => {
      stopping.signal.throwIfAborted();
      const id = `call_${randomUUID()}`;
      const call = { type: 'toolCall', id, name: 'exec', arguments: { command } };
      await addRow(run, { role: 'assistant', content: [call], model: 'echo', stopReason: 'toolUse' });
      const text = ok ? output : `${output}${commandFailed}`;
      const content = [{ type: 'text', text }];
      await addRow(run, { role: 'toolResult', toolCallId: id, toolName: 'exec', content, isError: false });
      if (ok) tools.push('exec');
    };

    const act = async (): Promise<AgentOutcome> => {
      await pause(settings().agentDelay);
      return agent({ session, runId, text: input.text, systemPrompt: input.systemPrompt, toolDone, signal, tool: use });
    };
    const aborted = new Promise<'aborted'>(resolve => signal.addEventListener('abort', () => resolve('aborted')));
    const outcome = await Promise.race([act().catch(describeFailure), aborted]);
    cancel();
    stopping.signal.throwIfAborted();
    return { outcome: outcome === 'aborted' ? null : outcome, tools };
  };

  const execute = async (entry: Remembered, input: RunInput, recovery: boolean, toolDone: boolean) => {
    const { runId, session } = entry;
    running.set(session, runId);
    entry.status = 'running';
    await pause(settings().startDelay);
    stopping.signal.throwIfAborted();
    const { key, text } = input;
    const at = clock.now();
    const run = await transcript.begin({ session, runId, key, text, at, note: recovery ? note : null });
    counters.add('started');
    const common = { runId, sessionKey: session, sessionId: sessionId(session), agentId: 'main' };
    emit('agent', { ...common, stream: 'lifecycle', data: { phase: 'start', startedAt: run.at }, seq: 1, ts: run.at });

    const { outcome, tools } = await takeTurn(run, input, toolDone);
    const endedAt = clock.now();
    const ending = describeEnding(outcome, { runId, key, sessionId: sessionId(session), tools, endedAt });
    for (const row of ending.rows) await addRow(run, row);
    await transcript.end(run, { status: ending.status, reply: ending.reply, endedAt });
    entry.status = 'ended';
    entry.endedAt = endedAt;
    entry.result = ending.result;
    const phase = ending.status === 'ok' ? 'end' : 'error';
    const data = { phase, endedAt, terminalReply: ending.result.terminalReply, error: ending.result.error };
    emit('agent', { ...common, stream: 'lifecycle', data, seq: 2, ts: endedAt });
    const message = { role: 'assistant', content: [{ type: 'text', text: ending.reply }], timestamp: endedAt };
    emit('chat', {
      ...common,
      seq: 3,
      ...(ending.status === 'ok'
        ? { state: 'final', stopReason: 'stop', message }
        : { state: 'error', errorMessage: ending.result.error }),
    });
    entry.second.resolve(ending.second);
    counters.add('runs');
  };

  const sessionId = (session: string) => transcript.find(session)?.id ?? session;

  return {
    start: async input => {
      const { session, key } = input;
      const known = recall(key);
      if (known && known.status !== 'ended') {
        return { first: done({ runId: key, sessionKey: known.session, status: 'in_flight' }), second: null };
      }
      if (known) return { first: await known.second.promise, second: null };
      if (transcript.find(session)?.pending.get(key)?.state === 'interrupted') {
        const message = 'Pending input ownership ended; submit a new turn to continue';
        return { first: refused('UNAVAILABLE', message), second: null };
      }
      const entry = remember(key, session);
      const acceptedAt = clock.now();
      await transcript.accept(session, key, input.text, acceptedAt);
      counters.add('accepted');
      const payload = { runId: key, sessionKey: session, agentId: 'main', status: 'accepted', acceptedAt };
      enqueue(session, () => execute(entry, input, false, false));
      return { first: done(payload), second: entry.second.promise };
    },
    wait: async (runId, timeoutMs) => {
      const known = recall(runId);
      if (known?.status === 'ended') return known.result;
      const expired = Promise.withResolvers<void>();
      const cancel = clock.after(timeoutMs, expired.resolve);
      await Promise.race([known?.second.promise, expired.promise].filter(promise => promise !== undefined));
      cancel();
      const now = memory.get(runId);
      return now?.status === 'ended' ? now.result : { runId, status: 'timeout' };
    },
    active: session => ({ running: running.get(session) || null, any: running.has(session) || queues.has(session) }),
    resume: () => {
      for (const lost of transcript.cutOff()) {
        clock.after(settings().resumeDelay, () => {
          if (stopping.signal.aborted || draining) return;
          const { session, key, text } = lost;
          const entry = remember(randomUUID(), session);
          const input: RunInput = { session, key, text, systemPrompt: null, timeout: null };
          enqueue(session, () => execute(entry, input, true, toolSucceeded(transcript.find(session)?.rows ?? [], key)));
        });
      }
    },
    drain: () => {
      draining ??= Promise.withResolvers();
      if (running.size === 0) draining.resolve();
      return draining.promise;
    },
    abandon: () => stopping.abort(new Error('the gateway went away')),
  };
}

function describeFailure(error: unknown): AgentOutcome {
  return { kind: 'error', reason: error instanceof Error ? error.message : String(error) };
}

/** Whether a tool succeeded for the input before its run was cut off. */
function toolSucceeded(rows: readonly Row[], key: string): boolean {
  const from = rows.findIndex(row => row.idempotencyKey === `${key}:user`);
  if (from === -1) return false;
  const next = rows.findIndex((row, index) => index > from && row.role === 'user' && row.provenance === undefined);
  return rows
    .slice(from, next === -1 ? undefined : next)
    .some(row => row.role === 'toolResult' && !JSON.stringify(row.content).includes(commandFailed.trim()));
}
