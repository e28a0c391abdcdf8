/** How a turn of an outgoing message ends: it rests, it was sent, or it is given up. */
import type { Clock } from '../clock.ts';
import type { OutgoingSends, SendResult } from '../kapso/outbound/outgoing-sends.ts';
import type { Emit } from '../observe/events.ts';
import type { Contacts } from '../store/contacts.ts';
import type { Outbox, Outgoing, Refusal } from '../store/outbox.ts';
import { backoff, keepTo, waits } from '../waits.ts';
import type { Admissions } from './admissions.ts';
import type { Turn } from './lanes.ts';
import type { SendProgress } from './send-progress.ts';
import type { TakeMedia } from './take-media.ts';

export interface SendRepliesOptions {
  /** The number that sends: Meta's `phone_number_id`. Messages of others are left to those. */
  account: string;
  outbox: Outbox;
  contacts: Pick<Contacts, 'get' | 'reached'>;
  kapso: OutgoingSends;
  /** Takes files that an agent names. */
  media: TakeMedia;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  emit: Emit;
  /** The time by Kapso's clock, in milliseconds since the epoch; null when unknown. */
  kapsoNow: () => number | null;
  /** `lookUpFor`: seconds. The function is called each time. */
  settings: () => {
    readonly lookUpFor: number;
    readonly template?: string | undefined;
    readonly templateLanguage: string;
  };
  /** Say whether a reply may leave, by who gets it. By default each may. */
  admissions?: Pick<Admissions, 'ofReply'> | undefined;
  /** Removes secrets from others' text. */
  scrub: (text: string) => string;
  signal: AbortSignal;
}

/** What the steps of a turn use. */
export interface SendParts extends SendRepliesOptions {
  progress: SendProgress;
}

/** A lane of the outbox is a conversation's key. */
export function contactOf({ account, lane }: Outgoing): string {
  return lane.slice(account.length + 1);
}

/** Leaves a message, or its upload, until Kapso takes it. */
export async function putOff(
  parts: SendParts,
  row: Outgoing,
  result: Extract<SendResult, { kind: 'not now' }>,
): Promise<Turn> {
  const { progress } = parts;
  const reason = parts.scrub(result.reason);
  const known = progress.of(row.id);
  known.failures += 1;
  const asked = keepTo(result.retryAfter ?? 0, waits.reply.asked).ms;
  const pause = backoff(waits.reply, parts.random)(known.failures);
  const ms = Math.max(asked, result.operator ? waits.reply.needsOperator : pause);
  if (result.all) progress.pauseAll(ms);
  const { message, id: reply } = row;
  parts.emit({ type: 'reply put off', message, reply, reason, operator: result.operator, pause: ms });
  // A limit that passes is no failure.
  return rest(parts, row, { ms, reason, resend: true, counted: result.retryAfter === null });
}

/** Leaves a message for a time. */
export async function rest(
  { outbox, clock }: SendParts,
  row: Outgoing,
  { ms, ...wait }: { ms: number; reason: string; resend: boolean; counted: boolean },
): Promise<Turn> {
  const until = clock.now() + ms;
  await outbox.defer(row.id, { until, ...wait });
  return { until };
}

/** Notes that a message was taken. */
export async function sent(
  { outbox, contacts, progress, emit }: SendParts,
  row: Outgoing,
  sentId: string,
): Promise<Turn> {
  const other = progress.of(row.id).otherSpelling;
  await Promise.all([
    outbox.sent(row.id, sentId),
    // So that the next one goes there at once.
    ...(other === null ? [] : [contacts.reached(row.account, contactOf(row), other)]),
  ]);
  progress.forget(row.id);
  const { message, id: reply, part, parts, via } = row;
  emit({ type: 'reply sent', message, reply, sentId, part, parts, via });
  return 'more';
}

/** Gives a message up. */
export async function fail(parts: SendParts, row: Outgoing, refusal: Refusal): Promise<Turn> {
  const reason = parts.scrub(refusal.reason);
  const givenUp = await parts.outbox.fail(row.id, { ...refusal, reason });
  parts.progress.forget(row.id);
  // An operator has dropped it meanwhile.
  if (givenUp.length === 0) return 'more';
  parts.emit({ type: 'reply failed', message: row.message, reply: row.id, reason, code: refusal.code });
  return 'more';
}
