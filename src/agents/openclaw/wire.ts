/**
 * Narrows the gateway's answers once, where they enter. A missing field, or one of another type, counts as absent.
 * Where a decision depends on that absence, the whole answer is refused as unreadable. Sizes that only a fault explains
 * are limited.
 */
import { asList, asNumber, asText, fieldsOf } from '../../narrow.ts';
import { GatewayError, type ImageLimits, type MediaReference } from '../agent.ts';
import { mediaIn, readToolRow, type ToolRow } from './tool-calls.ts';

/** The beginning of a text for a person, from a side that may say too much. */
export function brief(said: string): string {
  return said.length <= longestSaying ? said : `${said.slice(0, longestSaying)}…`;
}

/** The version of the gateway's protocol that this program speaks. */
export const ourProtocol = 4;

/** Characters to keep of a reason, a name or a version. */
const longestSaying = 500;

/** For an answer in a form that this program does not know. */
export const updateHint =
  'The gateway may be newer than this program: update kapso-whatsapp, or see CHANGELOG.md for the releases of ' +
  'OpenClaw that it was made for.';

/** The limits that a gateway may state, in bytes and milliseconds. A value outside becomes the nearest one inside. */
const sane = {
  /** From what the gateway takes before the handshake, which holds every message, to its default (section 2). */
  maxPayload: { least: 64 * 1024, usual: 25 * 1024 * 1024, most: 25 * 1024 * 1024 },
  tickInterval: { least: 5000, usual: 30_000, most: 300_000 },
};

function within(limits: { least: number; usual: number; most: number }, said: number | null): number {
  return Math.min(limits.most, Math.max(limits.least, said ?? limits.usual));
}

/** What `hello-ok` says of the connection (openclaw-gateway reference, section 3). */
export interface Hello {
  protocol: number | null;
  /** The id of the gateway process; null when it does not say. */
  bootId: string | null;
  version: string | null;
  /** What this connection may really do, whatever was requested. */
  scopes: string[];
  /** Bytes of the largest frame that the gateway takes. */
  maxPayload: number;
  /** Milliseconds between two `tick` events. */
  tickInterval: number;
  /** What images a run may have; null when the gateway says nothing of them. */
  images: ImageLimits | null;
  /** Limits that the gateway cannot mean, with the values that replace them. */
  corrected: { name: string; said: number; taken: number }[];
}

export function readHello(payload: unknown): Hello {
  const hello = fieldsOf(payload);
  const server = fieldsOf(hello.server);
  const policy = fieldsOf(hello.policy);
  const said = { maxPayload: asNumber(policy.maxPayload), tickInterval: asNumber(policy.tickIntervalMs) };
  const taken = {
    maxPayload: within(sane.maxPayload, said.maxPayload),
    tickInterval: within(sane.tickInterval, said.tickInterval),
  };
  const names = ['maxPayload', 'tickInterval'] as const;
  const bootId = asText(server.bootId);
  const version = asText(server.version);
  return {
    protocol: asNumber(hello.protocol),
    bootId: bootId === null ? null : brief(bootId),
    version: version === null ? null : brief(version),
    scopes: asList(fieldsOf(hello.auth).scopes).filter(scope => typeof scope === 'string'),
    ...taken,
    images: readImageLimits(policy.attachments, taken.maxPayload),
    corrected: names.flatMap(name => {
      const value = said[name];
      return value === null || value === taken[name] ? [] : [{ name, said: value, taken: taken[name] }];
    }),
  };
}

/** Bytes of a frame that images leave to everything else in it. */
const besideImages = 2 * 1024 * 1024;

/** In a frame, three bytes of an image take four. */
function readImageLimits(attachments: unknown, maxPayload: number): ImageLimits | null {
  const said = fieldsOf(attachments);
  const [maxBytes, maxImageBytes] = [asNumber(said.maxBytes), asNumber(said.maxImageBytes)];
  if (maxBytes === null || maxImageBytes === null) return null;
  const most = Math.max(0, Math.min(maxBytes, Math.floor(((maxPayload - besideImages) * 3) / 4)));
  return { maxBytes: most, maxImageBytes: Math.max(0, Math.min(maxImageBytes, most)) };
}

/** The first answer to `agent`: that it has the run (section 5). Null when it does not say. */
export function readAck(payload: unknown): { status: string | null; runId: string | null } {
  const answer = fieldsOf(payload);
  return { status: asText(answer.status), runId: asText(answer.runId) };
}

/** The second answer to `agent`: what the run attaches (section 5). It has what tools attach, and what the text names. */
export function readAttached(payload: unknown): MediaReference[] {
  return asList(fieldsOf(fieldsOf(payload).result).payloads)
    .map(fieldsOf)
    .flatMap(mediaIn);
}

/** The answer to `agents.list`: the directory in which an agent works; null when it is not said. */
export function readWorkspace(payload: unknown, agent: string): string | null {
  const found = asList(fieldsOf(payload).agents)
    .map(fieldsOf)
    .find(one => one.id === agent);
  return asText(found?.workspace);
}

/** The answer to `chat.abort`: the runs that it has ended (section 7). */
export function readAborted(payload: unknown): string[] {
  const answer = fieldsOf(payload);
  return answer.aborted === true ? asList(answer.runIds).filter(id => typeof id === 'string') : [];
}

/** The answer of `agent.wait` about a run (section 8). */
export interface WaitAnswer {
  /** The run of the answer. The receipt may name another one: a run that was resumed after a restart has a new id. */
  runId: string | null;
  status: string;
  /** The run has ended in any way. */
  over: boolean;
  error: string | null;
  stopReason: string | null;
  disposition: string | null;
  reply: string | null;
  /** The transcript's key of the reply, when that is no ordinary answer. */
  transcriptKey: string | null;
  /** Null when the gateway gives no receipt, as for a run whose model could not be reached. */
  toolNames: string[] | null;
}

export function readWait(payload: unknown): WaitAnswer {
  const answer = fieldsOf(payload);
  const reply = fieldsOf(answer.terminalReply);
  const receipt = fieldsOf(answer.terminalReceipt);
  const status = asText(answer.status) ?? 'unknown';
  const error = asText(answer.error);
  return {
    runId: asText(answer.runId),
    status,
    over: status === 'ok' || status === 'error' || asNumber(answer.endedAt) !== null || error !== null,
    error: error === null ? null : brief(error),
    stopReason: asText(answer.stopReason),
    disposition: asText(reply.disposition),
    reply: asText(reply.text),
    transcriptKey: asText(receipt.assistantTranscriptIdempotencyKey),
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
  /** Position in the transcript, from 1 without gaps. Hidden rows leave a gap. */
  seq: number | null;
  stopReason: string | null;
  text: string;
  tools: ToolRow;
  /** The agent asked for the answer to quote its message. The gateway takes the tag off the text. */
  quotes: boolean;
  /** The row begins a turn whose input the gateway does not show, such as the end of a command in the background. */
  beginsTurn: boolean;
}

/** One page of `chat.history`, or several joined. */
export interface History {
  /** The session of the page; null when it does not say. */
  sessionKey: string | null;
  /** The oldest first. */
  rows: HistoryRow[];
  pending: { runId: string | null; state: string | null }[];
  /** Run keys whose input waits, also those that `pending` does not list. */
  receipts: string[];
  active: boolean;
  /** Runs that are open now, where the gateway names them. */
  activeRuns: string[];
  status: string | null;
  /** Rows of the transcript, shown or hidden. */
  total: number | null;
  /** The offset of the next older page; null when there is none, or when it cannot be requested. */
  nextOffset: number | null;
  /** There are older rows that cannot be requested. */
  cut: boolean;
}

/** Rows to read of one answer: the newest. It is twenty times what is requested. */
const mostRows = 20_000;

function rowText(content: unknown): string {
  if (typeof content === 'string') return content;
  return asList(content)
    .map(fieldsOf)
    .filter(block => block.type === 'text' || block.type === 'output_text')
    .map(block => (typeof block.text === 'string' ? block.text : ''))
    .join('');
}

function readRow(value: unknown): HistoryRow {
  const row = fieldsOf(value);
  const own = fieldsOf(row.__openclaw);
  const role = asText(row.role) ?? '';
  const text = rowText(row.content);
  return {
    role,
    idempotencyKey: asText(row.idempotencyKey) ?? asText(own.idempotencyKey),
    runId: asText(own.runId),
    seq: asNumber(own.seq),
    stopReason: asText(row.stopReason),
    text: role === 'toolResult' ? '' : text,
    tools: readToolRow(row, text),
    quotes: fieldsOf(row.openclawDelivery).replyToCurrent === true,
    beginsTurn: own.turnBoundary === true,
  };
}

/** @throws GatewayError `refused` for an answer without a list of rows: it does not prove that there are none. */
export function readHistory(payload: unknown): History {
  const history = fieldsOf(payload);
  if (!Array.isArray(history.messages)) {
    throw new GatewayError(
      'refused',
      'The gateway answered chat.history with something that is no record of a session',
      {
        hint: updateHint,
      },
    );
  }
  const session = fieldsOf(history.sessionInfo);
  const inFlight = asText(fieldsOf(history.inFlightRun).runId);
  const named = asList(session.activeRunIds).filter(id => typeof id === 'string');
  const offset = asNumber(history.nextOffset);
  const nextOffset = history.hasMore === true && offset !== null && Number.isSafeInteger(offset) ? offset : null;
  return {
    sessionKey: asText(history.sessionKey),
    rows: history.messages.slice(-mostRows).map(readRow),
    pending: asList(fieldsOf(history.pendingInputs).items)
      .map(fieldsOf)
      .map(item => ({ runId: asText(item.runId), state: asText(item.state) })),
    receipts: asList(history.inputReceipts)
      .map(fieldsOf)
      .filter(receipt => receipt.state === 'pending')
      .flatMap(receipt => asText(receipt.runId) ?? []),
    active: session.hasActiveRun === true || inFlight !== null || named.length > 0,
    activeRuns: inFlight === null ? named : [...named, inFlight],
    status: asText(session.status),
    total: asNumber(history.totalMessages),
    nextOffset,
    cut: history.messages.length > mostRows || (history.hasMore === true && nextOffset === null),
  };
}
