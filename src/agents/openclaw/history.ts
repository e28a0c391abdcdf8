/** What the gateway's durable record says of a run (openclaw-gateway reference, sections 8 and 9). Pure: no clock, no wire. */
import type { Recalled, RunResult } from '../agent.ts';
import { spoken } from './reply.ts';
import { toolCallsOf, withMedia } from './tool-calls.ts';
import type { History, HistoryRow } from './wire.ts';

/**
 * Milliseconds that a record must stay unchanged before silence counts as the end. After a restart the gateway needs
 * some seconds to resume its work. A session that it still calls running gets more time.
 */
const quiet = { usual: 30_000, running: 600_000 };

/**
 * The gateway resumes an interrupted run under its own note. Rows are identified by their key, never by what somebody
 * wrote. This text is looked for only at the start of a row, where our messages have their header line.
 */
const recoveryNote = '[System] Your previous turn was interrupted by a gateway restart';

/** The gateway writes this when a run used tools and then said nothing. It is a notice for the operator, not an answer. */
const fallbackSuffix = ':settled-finalization-fallback';

/** True for the key under which the gateway keeps a notice instead of an answer. */
export function isFallback(idempotencyKey: string | null): boolean {
  return idempotencyKey?.endsWith(fallbackSuffix) === true;
}

/** Whether the record says that it belongs to this session. Another session's record proves nothing by what it lacks. */
export function isOf(history: History, sessionKey: string): boolean {
  return history.sessionKey === null || history.sessionKey.toLowerCase() === sessionKey.toLowerCase();
}

interface Turn {
  /** The rows after the input, up to the next input. */
  rows: HistoryRow[];
  /** No other input came after it. */
  latest: boolean;
  /** The transcript ends with rows that the gateway does not show: the agent chose to say nothing. */
  hiddenEnd: boolean;
}

export function hasInput(history: History, runKey: string): boolean {
  return history.rows.some(row => row.role === 'user' && row.idempotencyKey === `${runKey}:user`);
}

function turnOf(history: History, runKey: string): Turn | null {
  const { rows } = history;
  const start = rows.findLastIndex(row => row.role === 'user' && row.idempotencyKey === `${runKey}:user`);
  if (start < 0) {
    // The gateway hides an input that it takes for internal context, but shows what followed from it.
    const own = rows.filter(row => row.runId === runKey);
    return own.length > 0 ? { rows: own, latest: own.at(-1) === rows.at(-1), hiddenEnd: false } : null;
  }
  const next = rows.findIndex((row, i) => i > start && (row.beginsTurn || isInput(row)));
  const end = next < 0 ? rows.length : next;
  const last = rows[end - 1]?.seq ?? null;
  const following = next < 0 ? (history.total === null ? null : history.total + 1) : (rows[next]?.seq ?? null);
  return {
    rows: rows.slice(start + 1, end),
    latest: next < 0,
    hiddenEnd: last !== null && following !== null && following - last > 1,
  };
}

const isInput = (row: HistoryRow) => row.role === 'user' && !row.text.startsWith(recoveryNote);

const usesTool = ({ tools }: HistoryRow) => tools.result !== null || tools.calls.length > 0;

const isAnswer = (row: HistoryRow) =>
  row.role === 'assistant' && (row.stopReason === 'stop' || row.stopReason === 'length');

const isError = (row: HistoryRow) =>
  row.stopReason === 'error' || row.idempotencyKey?.endsWith(':terminal-error') === true;

/** Whether a run may have acted. Only a run with an error and without a tool call is known not to have. */
export function mayHaveActed(history: History, runKey: string): boolean {
  const turn = turnOf(history, runKey);
  return !turn?.rows.some(isError) || turn.rows.some(usesTool);
}

/** Whether the record shows that the run ended with an error. */
export function showsError(history: History, runKey: string): boolean {
  return turnOf(history, runKey)?.rows.some(isError) ?? false;
}

/**
 * The decision table of section 9.
 *
 * @param history The session's whole transcript, or its end from the run's input on.
 * @param idleFor Milliseconds for which the record has been unchanged.
 */
export function decide(history: History, runKey: string, idleFor: number): Recalled {
  const turn = turnOf(history, runKey);
  if (!turn) return withoutInput(history, runKey);
  if (history.activeRuns.includes(runKey) || (history.active && turn.latest)) return { kind: 'active' };
  const answer = turn.rows.findLast(isAnswer);
  if (answer) return { kind: 'answered', ...resultOf(answer, turn) };
  if (turn.latest && idleFor < (history.status === 'running' ? quiet.running : quiet.usual)) return { kind: 'active' };
  if (turn.hiddenEnd && history.status !== 'killed' && !turn.rows.some(isError)) {
    return { kind: 'answered', reply: null, ...attachedIn(turn), calls: callsOf(turn) };
  }
  return { kind: 'unanswered', toolsRan: mayHaveActed(history, runKey) };
}

function resultOf(answer: HistoryRow, turn: Turn): RunResult {
  const { media: named, ...said } = spoken(isFallback(answer.idempotencyKey) ? null : answer.text);
  const media = attachedIn(turn, named);
  const isSaid = said.reply !== null || media.media !== undefined;
  return { ...said, ...media, ...(answer.quotes && isSaid ? { quote: true } : {}), calls: callsOf(turn) };
}

const attachedIn = (turn: Turn, named?: RunResult['media']) =>
  withMedia(
    named,
    turn.rows.flatMap(row => row.tools.media),
  );

const callsOf = (turn: Turn) => toolCallsOf(turn.rows.map(row => row.tools));

/**
 * What a run that has ended said and did, by the record. Null while the record lacks its answer: the last row may be
 * written a moment after the gateway has told the end.
 */
export function resultInRecord(history: History, runKey: string): RunResult | null {
  const turn = turnOf(history, runKey);
  if (!turn) return null;
  const answer = turn.rows.findLast(isAnswer);
  if (answer) return resultOf(answer, turn);
  // An answer that is silence is kept and not shown.
  return turn.hiddenEnd || !turn.latest ? { reply: null, ...attachedIn(turn), calls: callsOf(turn) } : null;
}

function withoutInput(history: History, runKey: string): Recalled {
  if (history.activeRuns.includes(runKey)) return { kind: 'active' };
  const pending = history.pending.find(item => item.runId === runKey);
  if (pending) return { kind: pending.state === 'interrupted' ? 'interrupted' : 'active' };
  // The list of waiting inputs is cut at twenty. The receipts are not.
  if (history.receipts.includes(runKey)) return { kind: history.active ? 'active' : 'interrupted' };
  return { kind: 'absent' };
}
