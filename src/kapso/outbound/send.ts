import { type Clock, sleep } from '../../clock.ts';
import type { Content } from '../../domain/content.ts';
import { addressOf, type Recipient } from '../../domain/recipient.ts';
import type { Log } from '../../observe/log.ts';
import { backoff, waits } from '../../waits.ts';
import type { Api } from '../http/api.ts';
import { KapsoApiError, KapsoError, KapsoNetworkError, SendOutcomeUnknownError } from '../http/errors.ts';
import type { Timeouts } from '../http/transport.ts';
import type { Finding } from './find-sent.ts';
import { isUnknownNumber, otherForm, outcomeIsUnknown, postMessage, type SentMessage } from './post.ts';

export interface MessageToSend {
  recipient: Recipient;
  content: Content;
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
 * Sends one message once.
 *
 * Kapso has no idempotency key (no header and no client id, in any source). So a repeat is made only when surely
 * nothing was sent: no connection, or a refusal that comes before a message is taken (409, rate limits, maintenance). A
 * request whose outcome is unknown is looked up and never repeated: it may be taken minutes after its connection broke,
 * so its absence proves nothing. Only a reaction is repeated, since a second one changes nothing.
 */
export async function deliverOnce(message: MessageToSend, deps: SendDeps): Promise<SentMessage> {
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
      // A reaction says what is shown, however often it arrives.
      if (outcomeIsUnknown(error) && message.content.kind !== 'reaction') {
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

  function post(): Promise<SentMessage> {
    const timeouts = { ...deps.timeouts, connect: connectWithin() };
    return postMessage({ recipient, content: message.content, mark }, { api, path, signal, timeouts });
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

function isUnreached(error: KapsoError): boolean {
  return error instanceof KapsoNetworkError && error.sent === 'no';
}

function isPassing(error: unknown): error is KapsoError {
  return error instanceof KapsoError && (error.disposition === 'retry' || error.disposition === 'wait');
}

function waitOf(error: KapsoError): number {
  return error instanceof KapsoApiError ? (error.retryAfter ?? 0) : 0;
}

function doubtful(recipient: Recipient, cause: unknown): SendOutcomeUnknownError {
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  return new SendOutcomeUnknownError(
    `the message to ${addressOf(recipient)} may have been sent: no answer settled it, and looking for it did not either${why}`,
    { hint: 'It may arrive yet: look at the conversation in Kapso before sending it again.', cause },
  );
}
