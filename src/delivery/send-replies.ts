/**
 * One turn of a lane of the outbox: takes its oldest outgoing message one step further. One message is under way to a
 * recipient at a time, so the parts of an answer and the answers to one person arrive in order.
 */
import type { Admission } from '../domain/admission.ts';
import { concernsFile } from '../domain/caption.ts';
import { type Content, wordsOf } from '../domain/content.ts';
import { customerWindow } from '../domain/customer-window.ts';
import { asTemplate, readContent, writeContent } from '../domain/outgoing-body.ts';
import { isOurs } from '../errors.ts';
import { type Hold, ownHold } from '../instances/hold.ts';
import type { SendResult } from '../kapso/outbound/outgoing-sends.ts';
import { isClaimed } from '../store/claims.ts';
import type { Outgoing } from '../store/outbox.ts';
import { backoff, keepTo, waits } from '../waits.ts';
import type { Turn } from './lanes.ts';
import { contactOf, fail, putOff, rest, type SendParts, type SendRepliesOptions, sent } from './reply-ends.ts';
import { ageOf, leftAfter, newMark } from './reply-marks.ts';
import { asSent, failMedia, readyToSend, toUploadAnew } from './send-media.ts';
import { createSendProgress } from './send-progress.ts';

/** Meta's code for a message after that time. */
const windowClosed = 131047;
const windowReason =
  "WhatsApp takes free text only within 24 hours of the contact's last message, and these are over (131047). Set " +
  'reply.template to send late replies as a template';

const noAddress =
  'The number of its recipient is another person’s by now, and no other address is known; what it answers can be looked at with ' +
  'inbox show';

export function createReplySender(options: SendRepliesOptions): (lane: string, hold?: Hold) => Promise<Turn> {
  const { account, outbox, clock } = options;
  const progress = createSendProgress(clock);
  const ownTurns = ownHold(options.signal);

  return async (lane, hold = ownTurns) => {
    const { signal } = hold;
    const parts = { ...options, progress, hold, signal };
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
      // The program stops, or the lane is lost. Whoever takes it up looks for what had left.
      if (signal.aborted) return 'empty';
      // An operator has dropped it, or joined its contact with another one, in this moment.
      if (isOurs(error) && error.code === 'STORE_STATE') return 'more';
      // Another process has it.
      if (isClaimed(error)) return { until: clock.now() + waits.claimed.first, wakes: true };
      throw error;
    }
  };
}

/** A pause further away than any that this program makes comes from a clock that was set since. */
function restsUntil(retryAt: number | null, now: number): number | null {
  return retryAt !== null && retryAt - now <= 2 * waits.reply.asked ? retryAt : null;
}

async function send(parts: SendParts, row: Outgoing, given: Content): Promise<Turn> {
  const { clock, progress } = parts;
  const admission = await parts.admissions?.ofReply(row);
  if (admission !== undefined && admission.kind !== 'admitted') return fail(parts, row, whyNot(admission));
  const timely = await inTime(parts, row, given);
  if (timely === null) return fail(parts, row, { reason: windowReason, code: windowClosed });
  const ready = await readyToSend(parts, row, timely);
  if ('turn' in ready) return ready.turn;
  const { content } = ready;
  const to = progress.of(row.id).otherSpelling ?? (await addressOf(parts, row));
  if (to === '') return fail(parts, row, { reason: noAddress, code: null });
  const mark = newMark(row.id, { kapsoNow: await timeAtKapso(parts), now: clock.now() });
  const left = await leave(parts, { ...row, recipient: to, mark }, content);
  return conclude(parts, left.row, left.result, content);
}

/** A row with the mark that it leaves with. */
type Marked = Outgoing & { mark: string };

/** Makes one attempt to send, of which the store knows before. */
async function leave(
  { outbox, kapso, clock, progress, hold, signal }: SendParts,
  row: Marked,
  content: Content,
): Promise<{ row: Marked; result: SendResult }> {
  const { id, lane, mark, recipient } = row;
  const assertMayLeave = hold.departure();
  let mayHaveLeft = false;
  const guard = () => {
    assertMayLeave?.();
    mayHaveLeft = true;
  };
  await outbox.begin(id, { lane, mark, recipient, body: writeContent(content) });
  progress.ofAttempt(id, mark).begunAt = clock.monotonic();
  try {
    const result = await kapso.attempt({ to: recipient, content: asSent(content), mark }, signal, guard);
    return { row: { ...row, state: 'sending' }, result };
  } catch (error) {
    // What has not left need not be looked for, unless another process has the lane by now. The claim may also be lost later,
    // while Kapso has the message.
    if (!mayHaveLeft && isClaimed(error)) {
      const reason = 'It did not leave, because this process lost its claim on the conversation';
      await outbox.defer(id, { until: clock.now(), reason, counted: false, resend: true });
    }
    throw error;
  }
}

function whyNot(admission: Admission): { reason: string; code: null } {
  const why = 'reason' in admission ? admission.reason : 'Its sender has not been approved, or no longer is';
  return { reason: `It answers a message that is not for the agent any more. ${why}`, code: null };
}

/** Returns what can be sent at this time: the content, its template when the customer's window is closed, or null. */
async function inTime(parts: SendParts, row: Outgoing, content: Content): Promise<Content | null> {
  // Over only when both clocks say so: one of them may be wrong, and WhatsApp knows for sure.
  const now = Math.min(parts.kapsoNow() ?? 0, parts.clock.now());
  if (isTemplate(content) || row.sendBefore === null || now < row.sendBefore) return content;
  // A lane of the outbox is a conversation's key. What anybody writes in a group opens the window of the group alone.
  const { account, lane: conversation } = row;
  const heard = await parts.outbox.lastHeard({ account, conversation, after: row.sendBefore - customerWindow });
  if (heard !== null && now < heard + customerWindow) return content;
  return templateOf(parts, row, content);
}

/** The number may have changed since the row was written. */
async function addressOf({ contacts }: SendParts, row: Outgoing): Promise<string> {
  return (await contacts.get(row.account, contactOf(row)))?.address ?? row.recipient;
}

function templateOf({ settings }: SendParts, { via }: Outgoing, content: Content): Content | null {
  const { template, templateLanguage } = settings(via);
  // The caption of a picture alone is not what was meant.
  if (template === undefined || (content.kind !== 'text' && content.kind !== 'interactive')) return null;
  return asTemplate(wordsOf(content), { name: template, language: templateLanguage });
}

function isTemplate({ kind }: Content): boolean {
  return kind === 'template' || kind === 'filled-template';
}

async function conclude(parts: SendParts, row: Outgoing, result: SendResult, content: Content): Promise<Turn> {
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
      const late = result.window && !isTemplate(content) ? templateOf(parts, row, content) : null;
      if (late !== null) {
        await outbox.defer(row.id, { until: clock.now(), reason, counted: false, resend: true });
        const again = await leave(parts, { ...row, mark: `${row.mark}-t` }, late);
        return conclude(parts, again.row, again.result, late);
      }
      if (result.other !== null && known.otherSpelling === null) {
        known.otherSpelling = result.other;
        await outbox.defer(row.id, { until: clock.now(), reason, counted: false, resend: true });
        return 'more';
      }
      const anew = known.uploadedAnew ? null : toUploadAnew(content, result.code);
      if (anew !== null) {
        known.uploadedAnew = true;
        await outbox.defer(row.id, { until: clock.now(), reason, counted: false, resend: true });
        await outbox.revise(row.id, writeContent(anew));
        return 'more';
      }
      return content.kind === 'media' && concernsFile(result.code)
        ? failMedia(parts, row, content, result)
        : fail(parts, row, result);
    }
    case 'not now':
      return putOff(parts, row, result);
  }
}

/** Looks for a message that may have been sent. It is sent again only when it was looked for long enough. */
async function lookUp(parts: SendParts, row: Outgoing, content: Content): Promise<Turn> {
  const { outbox, clock, progress, settings, signal, othersMayTake = 0 } = parts;
  const known = progress.ofAttempt(row.id, row.mark);
  const ago = known.begunAt === null ? null : clock.monotonic() - known.begunAt;
  // An earlier process sent it. By WhatsApp's clock that was after the customer's message; ours may have been set since.
  const since = ago === null ? { at: startOf(row) } : { ago };
  known.lookedSince ??= known.begunAt ?? clock.monotonic();
  const message = { to: row.recipient, content: asSent(content), mark: row.mark ?? '' };
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
      const late = known.begunAt === null ? othersMayTake : 0;
      const looked = Math.max(found.asOf - known.lookedSince, left) - late;
      if (looked < settings(row.via).lookUpFor * 1000) break;
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
      if (known.refusedSince !== null && clock.monotonic() - known.refusedSince >= settings(row.via).lookUpFor * 1000) {
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
async function leftAgo({ mark, begunAt }: Outgoing, parts: SendParts, asOf: number): Promise<number> {
  const { clock } = parts;
  const times = { kapsoNow: await timeAtKapso(parts), now: clock.now() };
  return (ageOf(mark, begunAt, times) ?? 0) - (clock.monotonic() - asOf);
}

/** After a start a reply may leave before the first poll. Without the time the next process could not tell when that was. */
async function timeAtKapso({ kapso, kapsoNow, signal }: SendParts): Promise<number | null> {
  return kapsoNow() ?? (await kapso.time(signal));
}
