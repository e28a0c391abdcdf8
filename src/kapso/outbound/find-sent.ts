import { type Clock, sleep } from '../../clock.ts';
import { asList, asRecord, asString, type WireObject } from '../../narrow.ts';
import { backoff, waits } from '../../waits.ts';
import { KapsoApiError, KapsoError } from '../http/errors.ts';

export type Finding =
  | { kind: 'found'; id: string; waId: string | null }
  /** Kapso has the message and recorded it as failed. */
  | { kind: 'failed'; error: KapsoApiError }
  /** The outcome stays unknown: a message that is not in the list yet may still be taken. */
  | { kind: 'unsettled'; cause?: unknown };

export interface LookUpDeps {
  clock: Clock;
  random: () => number;
  /** Returns all outbound rows created since then (monotonic clock); null when there are too many to read. */
  outboundSince: (begun: number, signal: AbortSignal) => Promise<readonly unknown[] | null>;
  /** Builds the error for a message that is recorded as failed. */
  refusal: (failure: WireObject | null) => KapsoApiError;
}

/** Milliseconds before each reading of the list. A row may appear some seconds after the message left. */
const readings = [500, 1_500, 3_000, 5_000] as const;

/**
 * Looks for a message that may have been sent, by the mark (`biz_opaque_callback_data`) that it left with. Nothing else
 * proves a send: a row with the same text to the same person but without our mark may come from another process, from a
 * person in Kapso's inbox, or from the same second. Meta returns the mark in status events. The documentation does not
 * say whether Kapso's list has it; without it the outcome stays unknown.
 *
 * The first reading is always made; none begins after `until`. `begun` and `until` are of the monotonic clock. Rejects
 * with the signal's reason when it aborts.
 */
export async function lookUpSent(
  mark: string,
  begun: number,
  until: number,
  signal: AbortSignal,
  deps: LookUpDeps,
): Promise<Finding> {
  const { clock, random } = deps;
  const afterFailure = backoff(waits.lookUp, random);
  let made = 0;
  let extra = 0;
  let cause: unknown;
  for (let tries = 0; made < readings.length; tries++) {
    const pause = Math.max(readings[made] ?? 0, extra);
    if (tries > 0 && clock.monotonic() + pause > until) break;
    await sleep(clock, pause, signal);
    let rows: readonly unknown[] | null;
    try {
      rows = await deps.outboundSince(begun, signal);
    } catch (error) {
      cause = error;
      if (!(error instanceof KapsoError) || (error.disposition !== 'retry' && error.disposition !== 'wait')) break;
      const asked = error instanceof KapsoApiError ? (error.retryAfter ?? 0) : 0;
      extra = Math.max(asked, afterFailure(1));
      continue;
    }
    extra = 0;
    made++;
    const row = rows?.find(candidate => markOf(candidate) === mark);
    if (row !== undefined) return findingOf(row, deps);
    if (rows === null) break;
  }
  return { kind: 'unsettled', cause };
}

function findingOf(row: unknown, { refusal }: LookUpDeps): Finding {
  const record = asRecord(row);
  const failure = recordedFailure(row);
  if (failure !== undefined) return { kind: 'failed', error: refusal(failure) };
  const id = asString(record?.id);
  return id ? { kind: 'found', id, waId: digitsOf(record?.to) } : { kind: 'unsettled' };
}

/** Returns the `errors[0]` of a row that is recorded as failed. Undefined when it is not; null when it has no details. */
export function recordedFailure(row: unknown): WireObject | null | undefined {
  const record = asRecord(row);
  const kapso = asRecord(record?.kapso) ?? {};
  const failed = asList(kapso.statuses)
    .map(asRecord)
    .find(status => status?.status === 'failed');
  if (!failed && kapso.status !== 'failed' && record?.status !== 'failed') return undefined;
  return asRecord(asList(failed?.errors)[0]) ?? asRecord(asList(record?.errors)[0]);
}

/** The mark that a row left with: where the API took it, in Kapso's block, or in a status event. Null where it has none. */
export function markOf(row: unknown): string | null {
  const record = asRecord(row);
  const kapso = asRecord(record?.kapso);
  const statuses = asList(kapso?.statuses).map(asRecord);
  const marks = [record, kapso, ...statuses].map(place => asString(place?.biz_opaque_callback_data));
  return marks.find(mark => mark !== null) ?? null;
}

function digitsOf(value: unknown): string | null {
  const text = asString(value);
  if (!text || !/^\+?[\d\s().-]+$/.test(text)) return null;
  const digits = text.replace(/\D/g, '');
  return digits === '' ? null : digits;
}
