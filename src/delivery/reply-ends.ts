/** How a turn of an outgoing message ends: it rests, it was sent, or it is given up. */
import type { Clock } from '../clock.ts';
import type { Hold } from '../instances/hold.ts';
import type { OutgoingSends, SendResult } from '../kapso/outbound/outgoing-sends.ts';
import type { Emit } from '../observe/events.ts';
import type { Contacts } from '../store/contacts.ts';
import type { Outbox, Outgoing, Refusal, Via } from '../store/outbox.ts';
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
  /** `lookUpFor`: seconds. The template may be another one for an alert. The function is called each time. */
  settings: (via: Via) => {
    readonly lookUpFor: number;
    readonly template?: string | undefined;
    readonly templateLanguage: string;
  };
  /** Say whether a reply may leave, by who gets it. By default each may. */
  admissions?: Pick<Admissions, 'ofReply'> | undefined;
  /** Removes secrets from others' text. */
  scrub: (text: string) => string;
  /** It interrupts what goes on without a hold of its own. */
  signal: AbortSignal;
  /**
   * Milliseconds after the beginning of a send in which another process may yet bring it to Kapso: until it must leave, and
   * until its request ends. 0 where this process has the store alone.
   */
  othersMayTake?: number;
}

/** What the steps of a turn use. */
export interface SendParts extends SendRepliesOptions {
  progress: SendProgress;
  /** The right to work on the lane. It is looked at right before anything leaves. */
  hold: Hold;
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
  // A limit that passes is no failure, and is one for all who have the key.
  const counted = result.retryAfter === null;
  const forOthers = result.all && counted && (parts.othersMayTake ?? 0) > 0;
  return rest(parts, row, { ms, reason, resend: true, counted, forOthers });
}

/** Leaves a message for a time. `forOthers`: only this process waits, and others may try it at once. */
export async function rest(
  { outbox, clock }: SendParts,
  row: Outgoing,
  {
    ms,
    forOthers = false,
    ...wait
  }: { ms: number; reason: string; resend: boolean; counted: boolean; forOthers?: boolean },
): Promise<Turn> {
  const now = clock.now();
  await outbox.defer(row.id, { until: forOthers ? now : now + ms, ...wait });
  return { until: now + ms };
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
