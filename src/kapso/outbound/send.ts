import { type Clock, sleep } from '../../clock.ts';
import { alternativeDigits, type Recipient } from '../../domain/recipient.ts';
import { asList, asRecord, asString } from '../../narrow.ts';
import type { Log } from '../../observe/log.ts';
import { backoff, waits } from '../../waits.ts';
import { type Api, undocumented } from '../http/api.ts';
import { mayHaveActed } from '../http/error-table.ts';
import {
  KapsoApiError,
  KapsoError,
  KapsoNetworkError,
  KapsoResponseError,
  SendOutcomeUnknownError,
} from '../http/errors.ts';
import type { Timeouts } from '../http/transport.ts';
import type { Finding } from './find-sent.ts';

export interface SentMessage {
  /** The WhatsApp message id. */
  id: string;
  /** The recipient's number as WhatsApp knows it, digits only; null when unknown. It may differ from the dialled one. */
  waId: string | null;
}

export interface TextToSend {
  recipient: Recipient;
  text: string;
  previewUrl: boolean | undefined;
  replyTo: string | undefined;
  signal: AbortSignal;
}

export interface SendDeps {
  api: Api;
  /** The path of the number's messages. */
  path: string;
  clock: Clock;
  /** The time limits of each request. */
  timeouts: Timeouts;
  /** Milliseconds after which nothing new begins. */
  deadline: number;
  /** Milliseconds without reaching Kapso, after which the send reports that Kapso cannot be reached. 0 allows one attempt. */
  reachWithin: number;
  random: () => number;
  /** Looks for the message that left with the mark, from `begun` to `until`, both by the monotonic clock. */
  lookUp: (mark: string, begun: number, until: number, signal: AbortSignal) => Promise<Finding>;
  /** Called when the first request did not settle the send: it is repeated or looked up, and goes on for a while. */
  onSetback: ((cause: KapsoError, next: 'repeat' | 'look up') => void) | undefined;
  log: Log | undefined;
}

/** Milliseconds. A shorter attempt to connect proves nothing about the network. */
const shortestAttempt = 1000;

/**
 * Sends one text once.
 *
 * Kapso has no idempotency key (no header and no client id, in any source). So a repeat is made only when surely
 * nothing was sent: no connection, or a refusal that comes before a message is taken (409, rate limits, maintenance). A
 * request whose outcome is unknown is looked up and never repeated: it may be taken minutes after its connection broke,
 * so its absence proves nothing.
 */
export async function deliverText(message: TextToSend, deps: SendDeps): Promise<SentMessage> {
  const { api, path, clock, log, random } = deps;
  const { signal } = message;
  const backedOff = backoff(waits.send, random);
  const begun = clock.monotonic();
  const until = begun + deps.deadline;
  let reachUntil = begun + deps.reachWithin;
  // Unique, not secret: a random UUID would load Web Crypto, which takes a tenth of the command line's start.
  const mark = `cli-${clock.now().toString(36)}-${process.pid}-${process.hrtime.bigint().toString(36)}`;
  let recipient = message.recipient;
  let refused: KapsoApiError | null = null;

  for (let attempt = 0; ; attempt++) {
    try {
      return await post();
    } catch (error) {
      if (outcomeIsUnknown(error)) {
        log?.warn({ error }, 'a message may have been sent; looking for it');
        deps.onSetback?.(error, 'look up');
        return await settle(error);
      }
      if (!refused && isUnknownNumber(error)) {
        const other = otherForm(recipient);
        if (other) {
          refused = error;
          recipient = other;
          continue;
        }
      }
      if (!isPassing(error)) throw refused ?? error;
      const pause = Math.max(waitOf(error), backedOff(attempt + 1));
      if (!isUnreached(error)) reachUntil = clock.monotonic() + pause + deps.reachWithin;
      if (clock.monotonic() + pause > (isUnreached(error) ? Math.min(until, reachUntil - shortestAttempt) : until))
        throw error;
      deps.onSetback?.(error, 'repeat');
      log?.debug({ error, pause }, 'a send was put off');
      await sleep(clock, pause, signal);
    }
  }

  async function post(): Promise<SentMessage> {
    const action = `sending to ${addressOf(recipient)}`;
    const { json, status } = await api({
      method: 'POST',
      path,
      body: textBody(message, recipient, mark),
      action,
      signal,
      timeouts: { ...deps.timeouts, connect: connectWithin() },
    });
    const body = asRecord(json);
    const id = asString(asRecord(asList(body?.messages)[0])?.id);
    if (!id) throw undocumented(action, status, 'without a message id');
    return { id, waId: asString(asRecord(asList(body?.contacts)[0])?.wa_id) };
  }

  function connectWithin(): number {
    const { connect } = deps.timeouts;
    if (deps.reachWithin === 0) return connect;
    return Math.min(connect, Math.max(shortestAttempt, Math.round(reachUntil - clock.monotonic())));
  }

  async function settle(cause: unknown): Promise<SentMessage> {
    let finding: Finding;
    try {
      finding = await deps.lookUp(mark, begun, until, signal);
    } catch (error) {
      throw doubtful(recipient, error);
    }
    if (finding.kind === 'found') return { id: finding.id, waId: finding.waId };
    if (finding.kind === 'failed') throw finding.error;
    throw doubtful(recipient, finding.cause ?? cause);
  }
}

/** The address as a person reads it. */
export function addressOf(recipient: Recipient): string {
  return recipient.kind === 'phone' ? recipient.to : recipient.userId;
}

/** Kapso takes a phone number in `to` and a business-scoped user id in `recipient`. */
export function recipientField(recipient: Recipient): { to: string } | { recipient: string } {
  return recipient.kind === 'phone' ? { to: recipient.to } : { recipient: recipient.userId };
}

function textBody(message: TextToSend, recipient: Recipient, mark: string): object {
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    ...recipientField(recipient),
    type: 'text',
    text: {
      body: message.text,
      ...(message.previewUrl === undefined ? {} : { preview_url: message.previewUrl }),
    },
    ...(message.replyTo === undefined ? {} : { context: { message_id: message.replyTo } }),
    biz_opaque_callback_data: mark,
  };
}

function outcomeIsUnknown(error: unknown): error is KapsoError {
  if (error instanceof KapsoNetworkError) return error.sent === 'maybe';
  if (error instanceof KapsoResponseError) return true;
  return error instanceof KapsoApiError && mayHaveActed(error.httpStatus, error.metaCode);
}

function isUnreached(error: KapsoError): boolean {
  return error instanceof KapsoNetworkError && error.sent === 'no';
}

function isPassing(error: unknown): error is KapsoError {
  return error instanceof KapsoError && (error.disposition === 'retry' || error.disposition === 'wait');
}

function waitOf(error: KapsoError): number {
  return error instanceof KapsoApiError ? (error.retryAfter ?? 0) : 0;
}

function isUnknownNumber(error: unknown): error is KapsoApiError {
  return error instanceof KapsoApiError && (error.metaCode === 131030 || error.metaCode === 131026);
}

function otherForm(recipient: Recipient): Recipient | null {
  const digits = recipient.kind === 'phone' ? alternativeDigits(recipient.digits) : null;
  return digits ? { kind: 'phone', to: `+${digits}`, digits } : null;
}

function doubtful(recipient: Recipient, cause: unknown): SendOutcomeUnknownError {
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  return new SendOutcomeUnknownError(
    `the message to ${addressOf(recipient)} may have been sent: no answer settled it, and looking for it did not either${why}`,
    { hint: 'It may arrive yet: look at the conversation in Kapso before sending it again.', cause },
  );
}
