import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Counters } from './counters.ts';
import type { Agent, AgentOutcome, ToolUse } from './echo-agent.ts';
import type { SeenImage } from './gateway-attachments.ts';
import { describeEnding, type Ending } from './gateway-endings.ts';
import { done, type Reply, refused } from './gateway-frames.ts';
import type { JsonObject } from './json.ts';
import { createRunMemory, type Remembered } from './run-memory.ts';
import { createSessionQueue } from './session-queue.ts';
import type { ModelRun, Row, RowContent, Transcript } from './transcript.ts';

export interface RunInput {
  session: string;
  key: string;
  text: string;
  images: readonly SeenImage[];
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
  /** `owner`: the connection that asks for it. */
  start(input: RunInput, owner: object): Promise<Started>;
  /**
   * `chat.abort`: ends a run that runs or waits. Returns whether it did; `unauthorized` for a run that another connection
   * began.
   */
  abort(session: string, runId: string, owner: object): boolean | 'unauthorized';
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

/** The end of the exec tool's output when the program failed. The gateway counts that as a successful tool. */
const commandFailed = '\n\n(Command exited with code ';

const note =
  '[System] Your previous turn was interrupted by a gateway restart. ' +
  'Continue from the existing transcript and finish the interrupted turn.';

/** Runs inputs: one at a time in a session, in the order of acceptance, and sessions side by side. */
export function createRuns(deps: RunsDeps): Runs {
  const { transcript, clock, counters, settings, emit } = deps;
  const stopping = new AbortController();
  const memory = createRunMemory(clock, () => settings().memory);
  const queue = createSessionQueue(stopping.signal, deps.onDefect);
  const { addRow, takeTurn } = createTurn(deps, stopping.signal);
  const sessionId = (session: string) => transcript.find(session)?.id ?? session;

  const execute = async (entry: Remembered, input: RunInput, recovery: boolean, toolDone: boolean) => {
    const { runId, session } = entry;
    queue.name(session, runId);
    entry.status = 'running';
    await pause(clock, settings().startDelay);
    stopping.signal.throwIfAborted();
    const { key, text, images } = input;
    const at = clock.now();
    const run = await transcript.begin({ session, runId, key, text, images, at, note: recovery ? note : null });
    counters.add('started');
    const common = { runId, sessionKey: session, sessionId: sessionId(session), agentId: 'main' };
    emit('agent', { ...common, stream: 'lifecycle', data: { phase: 'start', startedAt: run.at }, seq: 1, ts: run.at });

    const { outcome, tools } = await takeTurn(run, input, { toolDone, aborting: entry.aborting.signal });
    const endedAt = clock.now();
    const ending = describeEnding(outcome, { runId, key, sessionId: sessionId(session), tools, endedAt });
    for (const row of ending.rows) await addRow(run, row);
    await transcript.end(run, { status: ending.status, reply: ending.reply, endedAt });
    entry.status = 'ended';
    entry.endedAt = endedAt;
    entry.result = ending.result;
    emitEnd(emit, common, ending, endedAt);
    entry.second.resolve(ending.second);
    counters.add('runs');
  };

  return {
    start: async (input, owner) => {
      const { session, key } = input;
      const known = memory.recall(key);
      if (known && known.status !== 'ended') {
        return { first: done({ runId: key, sessionKey: known.session, status: 'in_flight' }), second: null };
      }
      if (known) return { first: await known.second.promise, second: null };
      if (transcript.find(session)?.pending.get(key)?.state === 'interrupted') {
        const message = 'Pending input ownership ended; submit a new turn to continue';
        return { first: refused('UNAVAILABLE', message), second: null };
      }
      const entry = memory.remember(key, session, owner);
      const acceptedAt = clock.now();
      await transcript.accept(session, key, input.text, acceptedAt);
      counters.add('accepted');
      const payload = { runId: key, sessionKey: session, agentId: 'main', status: 'accepted', acceptedAt };
      queue.add(session, () => execute(entry, input, false, false));
      return { first: done(payload), second: entry.second.promise };
    },
    abort(session, runId, owner) {
      const entry = memory.recall(runId);
      if (entry?.session !== session || entry.status === 'ended') return false;
      if (entry.owner !== owner) return 'unauthorized';
      entry.aborting.abort();
      return true;
    },
    wait: (runId, timeoutMs) => memory.wait(runId, timeoutMs),
    active: queue.active,
    resume: () => {
      for (const lost of transcript.cutOff()) {
        clock.after(settings().resumeDelay, () => {
          if (stopping.signal.aborted || queue.draining) return;
          const { session, key, text } = lost;
          const entry = memory.remember(randomUUID(), session, null);
          const input: RunInput = { session, key, text, images: [], systemPrompt: null, timeout: null };
          queue.add(session, () =>
            execute(entry, input, true, toolSucceeded(transcript.find(session)?.rows ?? [], key)),
          );
        });
      }
    },
    drain: queue.drain,
    abandon: () => stopping.abort(new Error('the gateway went away')),
  };
}

/** Emits the end of a run: its lifecycle event, and its last message. */
function emitEnd(emit: RunsDeps['emit'], common: JsonObject, { status, reply, result }: Ending, endedAt: number): void {
  const phase = status === 'ok' ? 'end' : 'error';
  const data = { phase, endedAt, terminalReply: result.terminalReply, error: result.error };
  emit('agent', { ...common, stream: 'lifecycle', data, seq: 2, ts: endedAt });
  const message = { role: 'assistant', content: [{ type: 'text', text: reply }], timestamp: endedAt };
  const last =
    status === 'ok' ? { state: 'final', stopReason: 'stop', message } : { state: 'error', errorMessage: result.error };
  emit('chat', { ...common, seq: 3, ...last });
}

/** Writes the tools' rows to the transcript as they come. */
function createTurn(deps: Pick<RunsDeps, 'transcript' | 'agent' | 'clock' | 'settings'>, stopping: AbortSignal) {
  const { transcript, agent, clock, settings } = deps;

  const addRow = ({ session, runId }: ModelRun, row: RowContent) =>
    transcript.append(session, { ...row, timestamp: clock.now(), __openclaw: { runId } });

  const takeTurn = async (
    run: ModelRun,
    input: RunInput,
    { toolDone, aborting }: { toolDone: boolean; aborting: AbortSignal },
  ) => {
    const { session, runId } = run;
    const tools: string[] = [];
    const timeout = new AbortController();
    const cancel = input.timeout === null ? () => {} : clock.after(input.timeout * 1000, () => timeout.abort());
    const signal = AbortSignal.any([stopping, timeout.signal, aborting]);
    const use = async ({ command, output, exitCode }: ToolUse) => {
      stopping.throwIfAborted();
      const id = `call_${randomUUID()}`;
      const call = { type: 'toolCall', id, name: 'exec', arguments: { command } };
      await addRow(run, { role: 'assistant', content: [call], model: 'echo', stopReason: 'toolUse' });
      const said = output || '(no output)';
      const text =
        exitCode === null
          ? `${said}\n\nCommand not found`
          : exitCode === 0
            ? said
            : `${said}${commandFailed}${exitCode})`;
      const content = [{ type: 'text', text }];
      await addRow(run, { role: 'toolResult', toolCallId: id, toolName: 'exec', content, isError: exitCode === null });
      if (exitCode !== null) tools.push('exec');
    };

    const act = async (): Promise<AgentOutcome> => {
      await pause(clock, settings().agentDelay);
      return agent({ session, runId, text: input.text, systemPrompt: input.systemPrompt, toolDone, signal, tool: use });
    };
    const cutOff = new Promise<'timed out' | 'aborted'>(resolve => {
      const end = () => resolve(aborting.aborted ? 'aborted' : 'timed out');
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });
    // One that was aborted while it waited asks no model.
    const outcome = await (signal.aborted ? cutOff : Promise.race([cutOff, act().catch(describeFailure)]));
    cancel();
    stopping.throwIfAborted();
    return { outcome, tools };
  };

  return { addRow, takeTurn };
}

function pause(clock: Clock, ms: number): Promise<void> {
  return ms > 0 ? new Promise(resolve => clock.after(ms, resolve)) : Promise.resolve();
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
    .some(
      row =>
        row.role === 'toolResult' &&
        row.isError === false &&
        !JSON.stringify(row.content).includes(commandFailed.trim()),
    );
}
