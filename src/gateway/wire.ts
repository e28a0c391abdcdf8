/** The gateway's answers, narrowed once where they enter. What is missing or of another type reads as absent. */

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

export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
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
}

export function readHello(payload: unknown): Hello {
  const hello = record(payload);
  const server = record(hello.server);
  const policy = record(hello.policy);
  return {
    protocol: number(hello.protocol),
    bootId: text(server.bootId),
    version: text(server.version),
    scopes: list(record(hello.auth).scopes).filter(scope => typeof scope === 'string'),
    maxPayload: number(policy.maxPayload) ?? 25 * 1024 * 1024,
    tickInterval: Math.max(1000, number(policy.tickIntervalMs) ?? 30_000),
  };
}

/** What `agent.wait` says of a run (section 8). */
export interface WaitAnswer {
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
    status,
    over: status === 'ok' || status === 'error' || number(answer.endedAt) !== null || error !== null,
    error,
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
  /** Where the next older page begins; null when there is none. */
  nextOffset: number | null;
}

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
  return {
    role: text(row.role) ?? '',
    idempotencyKey: text(row.idempotencyKey) ?? text(own.idempotencyKey),
    runId: text(own.runId),
    seq: number(own.seq),
    stopReason: text(row.stopReason),
    text: rowText(row.content),
    callsTool: row.role === 'toolResult' || list(row.content).some(block => record(block).type === 'toolCall'),
  };
}

export function readHistory(payload: unknown): History {
  const history = record(payload);
  const session = record(history.sessionInfo);
  const inFlight = text(record(history.inFlightRun).runId);
  const named = list(session.activeRunIds).filter(id => typeof id === 'string');
  return {
    rows: list(history.messages).map(readRow),
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
    nextOffset: history.hasMore === true ? number(history.nextOffset) : null,
  };
}
