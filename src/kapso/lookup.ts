import { type Clock, sleep } from '../clock.ts';
import { backoff, waits } from '../waits.ts';
import { KapsoApiError, KapsoError } from './errors.ts';
import { canonicalDigits, type Recipient } from './recipient.ts';
import { asList, asRecord, asString, asText, type WireObject } from './wire.ts';

export interface SentText {
  recipient: Recipient;
  text: string;
  /** Our mark on the send (`biz_opaque_callback_data`), which Meta gives back in status events. */
  mark: string;
}

export type Finding =
  | { kind: 'found'; id: string; waId: string | null }
  /** Kapso has it and says that it failed. */
  | { kind: 'failed'; error: KapsoApiError }
  /** The list was read to its end several times over some seconds, and has no copy. */
  | { kind: 'absent' }
  /** It cannot be said. */
  | { kind: 'unsettled'; cause?: unknown };

export interface LookUpDeps {
  clock: Clock;
  random: () => number;
  /** All outbound rows created since the local time; null when there are too many to read. */
  outboundSince: (startedAt: number, signal: AbortSignal) => Promise<readonly unknown[] | null>;
  /** Ids that other sends of this client have returned. */
  isTaken: (id: string) => boolean;
  /** The error for a copy that is recorded as failed. */
  refusal: (failure: WireObject | null) => KapsoApiError;
}

/** Milliseconds before each reading of the list: a row may appear some seconds after the message left. */
const readings = [500, 1_500, 3_000, 5_000] as const;

/**
 * Looks for a copy of a text that may have been sent. The first reading is always made; none begins after `until`.
 * Rejects with the signal's reason when it aborts.
 */
export async function lookUpSent(
  sent: SentText,
  startedAt: number,
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
    if (tries > 0 && clock.now() + pause > until) return { kind: 'unsettled', cause };
    await sleep(clock, pause, signal);
    let rows: readonly unknown[] | null;
    try {
      rows = await deps.outboundSince(startedAt, signal);
    } catch (error) {
      if (!(error instanceof KapsoError) || (error.disposition !== 'retry' && error.disposition !== 'wait')) {
        return { kind: 'unsettled', cause: error };
      }
      cause = error;
      const asked = error instanceof KapsoApiError ? (error.retryAfter ?? 0) : 0;
      extra = Math.max(asked, afterFailure(1));
      continue;
    }
    extra = 0;
    made++;
    const found = pick(rows ?? [], sent, deps);
    if (found && found !== 'perhaps') return found;
    if (found === 'perhaps' && made === readings.length) return { kind: 'unsettled' };
    if (rows === null) return { kind: 'unsettled' };
  }
  return { kind: 'absent' };
}

function pick(rows: readonly unknown[], sent: SentText, deps: LookUpDeps): Finding | 'perhaps' | null {
  let perhaps = false;
  for (const row of rows) {
    const id = asString(asRecord(row)?.id);
    if (!id || deps.isTaken(id)) continue;
    const verdict = compareOutbound(row, sent);
    if (verdict === 'perhaps') perhaps = true;
    if (verdict !== 'yes') continue;
    const failure = recordedFailure(row);
    if (failure !== undefined) return { kind: 'failed', error: deps.refusal(failure) };
    return { kind: 'found', id, waId: digitsOf(asRecord(row)?.to) };
  }
  return perhaps ? 'perhaps' : null;
}

/**
 * Whether an outbound row is a copy of the text that was sent.
 *
 * yes      the same mark, or the same text to the same recipient
 * no       another mark, text or recipient
 * perhaps  the same text, to a recipient the row names in a way that cannot be compared
 */
export function compareOutbound(row: unknown, sent: SentText): 'yes' | 'no' | 'perhaps' {
  const record = asRecord(row);
  if (!record) return 'no';
  const kapso = asRecord(record.kapso) ?? {};
  const mark = readMark(record, kapso);
  if (mark !== null) return mark === sent.mark ? 'yes' : 'no';
  const text = asText(asRecord(record.text)?.body) ?? asText(kapso.content) ?? asText(record.content);
  if (text === null || plain(text) !== plain(sent.text)) return 'no';
  return sameRecipient(record, kapso, sent.recipient);
}

/** The `errors[0]` of a row that is recorded as failed; undefined when it is not, null when it says nothing more. */
export function recordedFailure(row: unknown): WireObject | null | undefined {
  const record = asRecord(row);
  const kapso = asRecord(record?.kapso) ?? {};
  const failed = asList(kapso.statuses)
    .map(asRecord)
    .find(status => status?.status === 'failed');
  if (!failed && kapso.status !== 'failed' && record?.status !== 'failed') return undefined;
  return asRecord(asList(failed?.errors)[0]) ?? asRecord(asList(record?.errors)[0]);
}

/** Ends of lines and white space around a text may not survive the way. */
function plain(text: string): string {
  return text.replaceAll('\r\n', '\n').trim();
}

function readMark(record: WireObject, kapso: WireObject): string | null {
  const statuses = asList(kapso.statuses).map(asRecord);
  for (const place of [record, kapso, ...statuses]) {
    const mark = asString(place?.biz_opaque_callback_data);
    if (mark) return mark;
  }
  return null;
}

function sameRecipient(record: WireObject, kapso: WireObject, recipient: Recipient): 'yes' | 'no' | 'perhaps' {
  const statuses = asList(kapso.statuses).map(asRecord);
  const named = [record.to, record.recipient, kapso.phone_number, ...statuses.map(status => status?.recipient_id)];
  const numbers = named.map(digitsOf).filter(digits => digits !== null);
  if (recipient.kind === 'phone') {
    if (numbers.length === 0) return 'perhaps';
    const wanted = canonicalDigits(recipient.digits);
    return numbers.some(digits => canonicalDigits(digits) === wanted) ? 'yes' : 'no';
  }
  const ids = [
    ...named,
    record.to_user_id,
    ...[record, kapso].flatMap(place => [place.business_scoped_user_id, place.parent_business_scoped_user_id]),
    ...statuses.map(status => status?.recipient_user_id),
  ]
    .map(asString)
    .filter(id => id !== null)
    .filter(id => digitsOf(id) === null);
  if (ids.includes(recipient.userId)) return 'yes';
  // A parent id (`US.ENT.…`) and a plain one may be the same person.
  const comparable = ids.some(id => isParent(id) === isParent(recipient.userId));
  return comparable ? 'no' : 'perhaps';
}

function isParent(userId: string): boolean {
  return userId.split('.').length > 2;
}

function digitsOf(value: unknown): string | null {
  const text = asString(value);
  if (!text || !/^\+?[\d\s().-]+$/.test(text)) return null;
  const digits = text.replace(/\D/g, '');
  return digits === '' ? null : digits;
}
