/**
 * How a run has ended, by the answer of `agent.wait` and by the gateway's record (openclaw-gateway reference, sections
 * 8 and 9). Pure.
 */
import type { RunOutcome } from '../agent.ts';
import { isFallback, mayHaveActed, resultInRecord, showsError } from './history.ts';
import { spoken } from './reply.ts';
import type { History, WaitAnswer } from './wire.ts';

/** `agent.wait` cuts a reply at 4096 characters. A reply nearly as long may have been cut. */
const mayBeCut = 4000;

/** Reads the end of a run from the answer alone. `in the record` when only the record can tell. */
export function endOf(answer: WaitAnswer): RunOutcome | 'in the record' {
  const { status, disposition, reply } = answer;
  if (status === 'ok') {
    if (disposition === null) return { kind: 'unknown' };
    if (disposition !== 'visible' || isFallback(answer.transcriptKey)) return said(null);
    return reply !== null && reply.length >= mayBeCut ? 'in the record' : said(reply);
  }
  if (disposition === 'silent') return said(null);
  // Somebody stopped it. It must not be tried again behind their back.
  if (answer.stopReason !== null && answer.stopReason !== 'stop' && answer.error === null) {
    return { kind: 'error', reason: reasonOf(answer), toolsRan: true };
  }
  return 'in the record';
}

/**
 * Reads the end of a run from the answer and its session's record: the whole of a reply that may have been cut, and
 * whether a failed run may have acted.
 */
export function endByRecord(answer: WaitAnswer, record: History, runKey: string): RunOutcome {
  if (answer.status === 'ok') {
    const own = said(answer.reply);
    const kept = resultInRecord(record, runKey);
    return (kept?.reply ?? '').length > (own.reply ?? '').length ? { ...own, ...kept } : own;
  }
  if (answer.disposition === 'empty' && !showsError(record, runKey)) return said(null);
  // The receipt names only tools that succeeded. One that failed may have acted too.
  const toolsRan = Boolean(answer.toolNames?.length) || mayHaveActed(record, runKey);
  return { kind: 'error', reason: reasonOf(answer), toolsRan };
}

/** Reads the end of a run whose session is not known, so that no record can be read. */
export function endWithoutRecord(answer: WaitAnswer): RunOutcome {
  // "Said nothing" and "failed after a tool" look alike here. Only the record shows the difference.
  if (answer.status === 'ok' || answer.disposition === 'empty') return { kind: 'unknown' };
  return { kind: 'error', reason: reasonOf(answer), toolsRan: true };
}

function said(text: string | null): RunOutcome & { kind: 'ended' } {
  return { kind: 'ended', ...spoken(text), calls: null };
}

function reasonOf({ error, stopReason, status }: WaitAnswer): string {
  return error ?? (stopReason ? `stopped (${stopReason})` : status);
}
