/**
 * The gateway's answers, narrowed once where they enter. What is missing or of another type reads as absent, except where a decision
 * would hang on its absence: such an answer is refused as unreadable. Nothing of it is taken at a size that only a fault explains.
 */
import { GatewayError } from '../agent.ts';

export type Json = Record<string, unknown>;

export function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Text for a person, from a side that may say too much: the beginning of it. */
export function brief(said: string): string {
  return said.length <= longestSaying ? said : `${said.slice(0, longestSaying)}…`;
}

export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The version of the gateway's protocol that this program speaks. */
export const ourProtocol = 4;

/** Characters of a reason, a name or a version that are kept. */
const longestSaying = 500;

/** For an answer in a form that this program does not know. */
export const updateHint =
  'The gateway may be newer than this program: update kapso-whatsapp, or see CHANGELOG.md for the releases of OpenClaw that it was made for.';

/** What a gateway may say of its limits: bytes and milliseconds. What lies outside is taken for the nearest of them. */
const sane = {
  /** From what it takes before the handshake, which every message fits into, to what it says by default (section 2). */
  maxPayload: { least: 64 * 1024, usual: 25 * 1024 * 1024, most: 25 * 1024 * 1024 },
  tickInterval: { least: 5000, usual: 30_000, most: 300_000 },
};

function within(limits: { least: number; usual: number; most: number }, said: number | null): number {
  return Math.min(limits.most, Math.max(limits.least, said ?? limits.usual));
}

/** What `hello-ok` says of the connection (openclaw-gateway reference, section 3). */
export interface Hello {
  protocol: number | null;
  /** Names the gateway process. */
  bootId: string | null;
  version: string | null;
  /** What this connection may do; the truth, whatever was asked for. */
  scopes: string[];
  /** Bytes of the largest frame that the gateway takes. */
  maxPayload: number;
  /** Milliseconds between two `tick` events. */
  tickInterval: number;
  /** What it said of its limits that cannot be meant, and what is taken instead. */
  corrected: { name: string; said: number; taken: number }[];
}

export function readHello(payload: unknown): Hello {
  const hello = record(payload);
  const server = record(hello.server);
  const policy = record(hello.policy);
  const said = { maxPayload: number(policy.maxPayload), tickInterval: number(policy.tickIntervalMs) };
  const taken = {
    maxPayload: within(sane.maxPayload, said.maxPayload),
    tickInterval: within(sane.tickInterval, said.tickInterval),
  };
  const names = ['maxPayload', 'tickInterval'] as const;
  const bootId = text(server.bootId);
  const version = text(server.version);
  return {
    protocol: number(hello.protocol),
    bootId: bootId === null ? null : brief(bootId),
    version: version === null ? null : brief(version),
    scopes: list(record(hello.auth).scopes).filter(scope => typeof scope === 'string'),
    ...taken,
    corrected: names.flatMap(name => {
      const value = said[name];
      return value === null || value === taken[name] ? [] : [{ name, said: value, taken: taken[name] }];
    }),
  };
}

/** What `agent` says at first: that it has the run (section 5). Null where it does not say. */
export function readAck(payload: unknown): { status: string | null; runId: string | null } {
  const answer = record(payload);
  return { status: text(answer.status), runId: text(answer.runId) };
}

/** What `agent.wait` says of a run (section 8). */
export interface WaitAnswer {
  /** The run it is about. The receipt may name another: a run that was resumed after a restart has a new id. */
  runId: string | null;
  status: string;
  /** The run is over, by whatever end. */
  over: boolean;
  error: string | null;
  stopReason: string | null;
  disposition: string | null;
  reply: string | null;
  /** Under which key the transcript has the reply, where it is not an ordinary answer. */
  transcriptKey: string | null;
  /** Null when the gateway gives no receipt, as for a run whose model could not be reached. */
  toolNames: string[] | null;
}

export function readWait(payload: unknown): WaitAnswer {
  const answer = record(payload);
  const reply = record(answer.terminalReply);
  const receipt = record(answer.terminalReceipt);
  const status = text(answer.status) ?? 'unknown';
  const error = text(answer.error);
  return {
    runId: text(answer.runId),
    status,
    over: status === 'ok' || status === 'error' || number(answer.endedAt) !== null || error !== null,
    error: error === null ? null : brief(error),
    stopReason: text(answer.stopReason),
    disposition: text(reply.disposition),
    reply: text(reply.text),
    transcriptKey: text(receipt.assistantTranscriptIdempotencyKey),
    toolNames: Array.isArray(receipt.successfulToolNames)
      ? receipt.successfulToolNames.filter(name => typeof name === 'string')
      : null,
  };
}

export interface HistoryRow {
  role: string;
  /** `<run key>:user` on the row of a run's input. */
  idempotencyKey: string | null;
  runId: string | null;
  /** Position in the transcript, from 1 without gaps; rows that the gateway does not show leave a gap. */
  seq: number | null;
  stopReason: string | null;
  text: string;
  callsTool: boolean;
}

/** One page of `chat.history`, or several put together. */
export interface History {
  /** The session it is of, where it says. */
  sessionKey: string | null;
  /** Oldest first. */
  rows: HistoryRow[];
  pending: { runId: string | null; state: string | null }[];
  /** Run keys whose input waits, also those that `pending` has no place for. */
  receipts: string[];
  active: boolean;
  /** Runs that are open now, where the gateway names them. */
  activeRuns: string[];
  status: string | null;
  /** Rows of the transcript, shown or not. */
  total: number | null;
  /** Where the next older page begins; null when there is none, or when it cannot be asked for. */
  nextOffset: number | null;
  /** There are older rows that cannot be asked for. */
  cut: boolean;
}

/** Rows of one answer that are read: the newest. Twenty times what is asked for. */
const mostRows = 20_000;

function rowText(content: unknown): string {
  if (typeof content === 'string') return content;
  return list(content)
    .map(record)
    .filter(block => block.type === 'text' || block.type === 'output_text')
    .map(block => text(block.text) ?? '')
    .join('');
}

function readRow(value: unknown): HistoryRow {
  const row = record(value);
  const own = record(row.__openclaw);
  const role = text(row.role) ?? '';
  return {
    role,
    idempotencyKey: text(row.idempotencyKey) ?? text(own.idempotencyKey),
    runId: text(own.runId),
    seq: number(own.seq),
    stopReason: text(row.stopReason),
    // What a tool printed may be long, and is never looked at.
    text: role === 'toolResult' ? '' : rowText(row.content),
    callsTool: role === 'toolResult' || list(row.content).some(block => record(block).type === 'toolCall'),
  };
}

/** @throws GatewayError `refused` for an answer without a list of rows: that nothing is there must not be concluded from it. */
export function readHistory(payload: unknown): History {
  const history = record(payload);
  if (!Array.isArray(history.messages)) {
    throw new GatewayError(
      'refused',
      'The gateway answered chat.history with something that is no record of a session',
      {
        hint: updateHint,
      },
    );
  }
  const session = record(history.sessionInfo);
  const inFlight = text(record(history.inFlightRun).runId);
  const named = list(session.activeRunIds).filter(id => typeof id === 'string');
  const offset = number(history.nextOffset);
  const nextOffset = history.hasMore === true && offset !== null && Number.isSafeInteger(offset) ? offset : null;
  return {
    sessionKey: text(history.sessionKey),
    rows: history.messages.slice(-mostRows).map(readRow),
    pending: list(record(history.pendingInputs).items)
      .map(record)
      .map(item => ({ runId: text(item.runId), state: text(item.state) })),
    receipts: list(history.inputReceipts)
      .map(record)
      .filter(receipt => receipt.state === 'pending')
      .flatMap(receipt => text(receipt.runId) ?? []),
    active: session.hasActiveRun === true || inFlight !== null || named.length > 0,
    activeRuns: inFlight === null ? named : [...named, inFlight],
    status: text(session.status),
    total: number(history.totalMessages),
    nextOffset,
    cut: history.messages.length > mostRows || (history.hasMore === true && nextOffset === null),
  };
}
