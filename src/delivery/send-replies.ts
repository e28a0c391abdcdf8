/**
 * One turn of a lane of the outbox: takes its oldest outgoing message one step further. One message is under way to a
 * recipient at a time, so the parts of an answer and the answers to one person arrive in order.
 */
import type { Clock } from '../clock.ts';
import type { Admission } from '../domain/admission.ts';
import type { Content } from '../domain/content.ts';
import { customerWindow } from '../domain/customer-window.ts';
import { asTemplate, readContent, writeContent } from '../domain/outgoing-body.ts';
import { isOurs } from '../errors.ts';
import type { OutgoingSends, SendResult } from '../kapso/outbound/outgoing-sends.ts';
import type { Emit } from '../observe/events.ts';
import type { Contacts } from '../store/contacts.ts';
import type { Outbox, Outgoing } from '../store/outbox.ts';
import { backoff, keepTo, waits } from '../waits.ts';
import type { Admissions } from './admissions.ts';
import type { Turn } from './lanes.ts';
import { ageOf, leftAfter, newMark } from './reply-marks.ts';
import { createSendProgress, type SendProgress } from './send-progress.ts';

export interface SendRepliesOptions {
  /** The number that sends: Meta's `phone_number_id`. Messages of others are left to those. */
  account: string;
  outbox: Outbox;
  contacts: Pick<Contacts, 'get' | 'reached'>;
  kapso: OutgoingSends;
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

/** Meta's code for a message after that time. */
const windowClosed = 131047;
const windowReason =
  "WhatsApp takes free text only within 24 hours of the contact's last message, and these are over (131047). Set " +
  'reply.template to send late replies as a template';

const noAddress =
  'The number of its recipient is another person’s by now, and no other address is known; what it answers can be looked at with ' +
  'inbox show';

export function createReplySender(options: SendRepliesOptions): (lane: string) => Promise<Turn> {
  const { account, outbox, clock, signal } = options;
  const progress = createSendProgress(clock);
  const parts = { ...options, progress };

  return async lane => {
    const row = await outbox.head(lane);
    if (row === null || row.account !== account) return 'empty';
    const until = Math.max(progress.pausedUntil(), restsUntil(row.retryAt, clock.now()) ?? 0);
    if (until > clock.now()) return { until };
    const content = readContent(row.body);
    if (content === null)
      return fail(parts, row, { reason: 'The reply as it is kept in the outbox is damaged', code: null });
    try {
      return row.state === 'sending' ? await lookUp(parts, row, content) : await send(parts, row, content);
    } catch (error) {
      // The program stops. What had left is looked for at the next start.
      if (signal.aborted) return 'empty';
      // An operator has dropped it, or joined its contact with another one, in this moment.
      if (isOurs(error) && error.code === 'STORE_STATE') return 'more';
      throw error;
    }
  };
}

interface Parts extends SendRepliesOptions {
  progress: SendProgress;
}

/** A pause further away than any that this program makes comes from a clock that was set since. */
function restsUntil(retryAt: number | null, now: number): number | null {
  return retryAt !== null && retryAt - now <= 2 * waits.reply.asked ? retryAt : null;
}

async function send(parts: Parts, row: Outgoing, given: Content): Promise<Turn> {
  const { outbox, kapso, clock, progress, signal } = parts;
  const admission = await parts.admissions?.ofReply(row);
  if (admission !== undefined && admission.kind !== 'admitted') return fail(parts, row, whyNot(admission));
  const content = await inTime(parts, row, given);
  if (content === null) return fail(parts, row, { reason: windowReason, code: windowClosed });
  const to = progress.of(row.id).otherSpelling ?? (await addressOf(parts, row));
  if (to === '') return fail(parts, row, { reason: noAddress, code: null });
  const mark = newMark(row.id, { kapsoNow: await timeAtKapso(parts), now: clock.now() });
  await outbox.begin(row.id, { lane: row.lane, mark, recipient: to, body: writeContent(content) });
  progress.of(row.id).begunAt = clock.monotonic();
  const result = await kapso.attempt({ to, content, mark }, signal);
  return conclude(parts, { ...row, state: 'sending', recipient: to, mark }, result, content);
}

function whyNot(admission: Admission): { reason: string; code: null } {
  const why = 'reason' in admission ? admission.reason : 'Its sender has not been approved, or no longer is';
  return { reason: `It answers a message that is not for the agent any more. ${why}`, code: null };
}

/** Returns what can be sent at this time: the content, its template when the customer's window is closed, or null. */
async function inTime(parts: Parts, row: Outgoing, content: Content): Promise<Content | null> {
  // Over only when both clocks say so: one of them may be wrong, and WhatsApp knows for sure.
  const now = Math.min(parts.kapsoNow() ?? 0, parts.clock.now());
  if (isTemplate(content) || row.sendBefore === null || now < row.sendBefore) return content;
  // A lane of the outbox is a conversation's key. What anybody writes in a group opens the window of the group alone.
  const { account, lane: conversation } = row;
  const heard = await parts.outbox.lastHeard({ account, conversation, after: row.sendBefore - customerWindow });
  if (heard !== null && now < heard + customerWindow) return content;
  return templateOf(parts, content);
}

/** A lane of the outbox is a conversation's key. */
function contactOf({ account, lane }: Outgoing): string {
  return lane.slice(account.length + 1);
}

/** The number may have changed since the row was written. */
async function addressOf({ contacts }: Parts, row: Outgoing): Promise<string> {
  return (await contacts.get(row.account, contactOf(row)))?.address ?? row.recipient;
}

function templateOf({ settings }: Parts, content: Content): Content | null {
  const { template, templateLanguage } = settings();
  // The caption of a picture alone is not what was meant.
  if (template === undefined || content.kind !== 'text') return null;
  return asTemplate(content.text, { name: template, language: templateLanguage });
}

function isTemplate({ kind }: Content): boolean {
  return kind === 'template' || kind === 'filled-template';
}

async function conclude(parts: Parts, row: Outgoing, result: SendResult, content: Content): Promise<Turn> {
  const { outbox, clock, progress } = parts;
  const reason = 'reason' in result ? parts.scrub(result.reason) : '';
  switch (result.kind) {
    case 'sent':
      return sent(parts, row, result.id);
    case 'unknown':
      parts.emit({ type: 'reply in doubt', message: row.message, reply: row.id, reason });
      return rest(parts, row, { ms: waits.replyLookUp.first, reason, resend: false, counted: false });
    case 'refused': {
      const known = progress.of(row.id);
      const late = result.window && !isTemplate(content) ? templateOf(parts, content) : null;
      if (late !== null) {
        await outbox.defer(row.id, { until: clock.now(), reason, counted: false, resend: true });
        await outbox.begin(row.id, {
          lane: row.lane,
          mark: `${row.mark}-t`,
          recipient: row.recipient,
          body: writeContent(late),
        });
        known.begunAt = clock.monotonic();
        const again = await parts.kapso.attempt(
          { to: row.recipient, content: late, mark: `${row.mark}-t` },
          parts.signal,
        );
        return conclude(parts, { ...row, mark: `${row.mark}-t` }, again, late);
      }
      if (result.other !== null && known.otherSpelling === null) {
        known.otherSpelling = result.other;
        await outbox.defer(row.id, { until: clock.now(), reason, counted: false, resend: true });
        return 'more';
      }
      return fail(parts, row, result);
    }
    case 'not now': {
      const known = progress.of(row.id);
      known.failures += 1;
      const asked = keepTo(result.retryAfter ?? 0, waits.reply.asked).ms;
      const pause = backoff(waits.reply, parts.random)(known.failures);
      const ms = Math.max(asked, result.operator ? waits.reply.needsOperator : pause);
      if (result.all) progress.pauseAll(ms);
      parts.emit({
        type: 'reply put off',
        message: row.message,
        reply: row.id,
        reason,
        operator: result.operator,
        pause: ms,
      });
      // A limit that passes is no failure.
      return rest(parts, row, { ms, reason, resend: true, counted: result.retryAfter === null });
    }
  }
}

/** Looks for a message that may have been sent. It is sent again only when it was looked for long enough. */
async function lookUp(parts: Parts, row: Outgoing, content: Content): Promise<Turn> {
  const { outbox, clock, progress, settings, signal } = parts;
  const known = progress.of(row.id);
  const ago = known.begunAt === null ? null : clock.monotonic() - known.begunAt;
  // An earlier process sent it. By WhatsApp's clock that was after the customer's message; ours may have been set since.
  const since = ago === null ? { at: startOf(row) } : { ago };
  known.lookedSince ??= known.begunAt ?? clock.monotonic();
  const message = { to: row.recipient, content, mark: row.mark ?? '' };
  const found = await parts.kapso.lookUp(message, since, outbox.knows, signal);
  switch (found.kind) {
    case 'found':
      return sent(parts, row, found.id);
    case 'failed':
      return fail(parts, row, found);
    case 'too many': {
      const reason =
        'It may have been sent: Kapso did not answer, and lists too many messages since then to look for it';
      return fail(parts, row, { reason, code: null });
    }
    case 'absent': {
      known.refusedSince = null;
      const left = known.begunAt === null && !known.unreadable ? await leftAgo(row, parts, found.asOf) : 0;
      const looked = Math.max(found.asOf - known.lookedSince, left);
      if (looked < settings().lookUpFor * 1000) break;
      parts.emit({ type: 'reply sent again', message: row.message, reply: row.id, after: looked });
      progress.forget(row.id);
      const reason = 'Kapso did not answer, and has not got it';
      await outbox.defer(row.id, { until: clock.now(), reason, counted: true, resend: true });
      return 'more';
    }
    case 'unreadable':
      // Its absence would prove nothing, so the time begins when the list can be read again.
      known.lookedSince = clock.monotonic();
      known.refusedSince = found.refused === null ? null : (known.refusedSince ?? clock.monotonic());
      if (known.refusedSince !== null && clock.monotonic() - known.refusedSince >= settings().lookUpFor * 1000) {
        const reason = `It may have been sent: Kapso did not answer, and refuses to list what was sent: ${found.reason}`;
        return fail(parts, row, { reason, code: found.refused });
      }
      known.unreadable = true;
      known.failures += 1;
  }
  known.looks += 1;
  const asked = found.kind === 'unreadable' ? keepTo(found.retryAfter ?? 0, waits.reply.asked).ms : 0;
  const ms = Math.max(asked, backoff(waits.replyLookUp, parts.random)(known.looks));
  const reason = found.kind === 'unreadable' ? parts.scrub(found.reason) : 'Kapso did not answer; it is looked for';
  return rest(parts, row, { ms, reason, resend: false, counted: false });
}

/** The time by WhatsApp's clock before which it cannot have left: that of the message that it answers, or a later one. */
function startOf({ sendBefore, begunAt, createdAt, mark }: Outgoing): number {
  const asked = sendBefore === null ? (begunAt ?? createdAt) - customerWindow : sendBefore - customerWindow;
  return Math.max(asked, leftAfter(mark, begunAt) ?? asked);
}

/**
 * Returns how long before a reading of the list the message has left at least, in milliseconds. An earlier process sent
 * it, so only clocks that can be set know of it.
 */
async function leftAgo({ mark, begunAt }: Outgoing, parts: Parts, asOf: number): Promise<number> {
  const { clock } = parts;
  const times = { kapsoNow: await timeAtKapso(parts), now: clock.now() };
  return (ageOf(mark, begunAt, times) ?? 0) - (clock.monotonic() - asOf);
}

/** After a start a reply may leave before the first poll. Without the time the next process could not tell when that was. */
async function timeAtKapso({ kapso, kapsoNow, signal }: Parts): Promise<number | null> {
  return kapsoNow() ?? (await kapso.time(signal));
}

async function rest(
  { outbox, clock }: Parts,
  row: Outgoing,
  { ms, ...wait }: { ms: number; reason: string; resend: boolean; counted: boolean },
): Promise<Turn> {
  const until = clock.now() + ms;
  await outbox.defer(row.id, { until, ...wait });
  return { until };
}

async function sent({ outbox, contacts, progress, emit }: Parts, row: Outgoing, sentId: string): Promise<Turn> {
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

async function fail(parts: Parts, row: Outgoing, refusal: { reason: string; code: number | null }): Promise<Turn> {
  const reason = parts.scrub(refusal.reason);
  const givenUp = await parts.outbox.fail(row.id, { reason, code: refusal.code });
  parts.progress.forget(row.id);
  // An operator has dropped it meanwhile.
  if (givenUp.length === 0) return 'more';
  parts.emit({ type: 'reply failed', message: row.message, reply: row.id, reason, code: refusal.code });
  return 'more';
}
