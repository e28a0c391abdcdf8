import type { Clock } from '../clock.ts';
import type { Content } from '../domain/content.ts';
import type { OwnNumber } from '../domain/mention.ts';
import { addressOf, parseRecipient, recipientKey } from '../domain/recipient.ts';
import { KapsoWhatsappError } from '../errors.ts';
import type { WireObject } from '../narrow.ts';
import type { Log } from '../observe/log.ts';
import { createApi } from './http/api.ts';
import { recordedApiError } from './http/api-error.ts';
import type { KapsoError } from './http/errors.ts';
import { createRateLimit } from './http/rate-limit.ts';
import { createServerClock } from './http/server-clock.ts';
import { defaultTimeouts, type Transport, within } from './http/transport.ts';
import { createMedia, type Media } from './media.ts';
import { createMessageList, type ListQuery, type MessagePage } from './message-list.ts';
import { createOneMessage } from './one-message.ts';
import { lookUpSent } from './outbound/find-sent.ts';
import { type ListedMessage, readListed } from './outbound/listed.ts';
import { createMarks, type Marks } from './outbound/marks.ts';
import { createOutgoingSends, type OutgoingSends } from './outbound/outgoing-sends.ts';
import type { SentMessage } from './outbound/post.ts';
import { deliverOnce } from './outbound/send.ts';
import { type ListOutbound, sentRowsSince } from './outbound/sent-rows.ts';
import { createTurns } from './outbound/turns.ts';
import { createOwnNumber } from './own-number.ts';
import { messagesPath, versionPath } from './send-request.ts';
import { createTemplates, type Templates } from './templates.ts';

export interface KapsoClientOptions {
  /** The API's origin, e.g. `https://api.kapso.ai`. */
  baseUrl: string;
  /** The version segment, e.g. `v24.0`. */
  apiVersion: string;
  apiKey: string;
  phoneNumberId: string;
  transport: Transport;
  clock: Clock;
  /** Milliseconds that each request may wait for an answer, and again for its end. The default is 30 s. */
  timeout?: number | undefined;
  /** Milliseconds of one `send`, after which it begins nothing new. The default is 90 s. */
  deadline?: number | undefined;
  /**
   * Milliseconds of one `send` without reaching Kapso, after which it reports that Kapso cannot be reached. 0
   * allows one attempt. The default is the deadline.
   */
  reachWithin?: number | undefined;
  /** Called when the first request of a `send` did not settle it, so that the send goes on. */
  onSetback?: ((cause: KapsoError, next: 'repeat' | 'look up') => void) | undefined;
  /** Jitter: 0 ≤ x < 1. */
  random?: (() => number) | undefined;
  log?: Log | undefined;
}

export interface MessageToSend {
  /** `+` and digits, a business-scoped user id, or a group's address (`groupAddress`). */
  to: string;
  /** A media message's file was uploaded before. */
  content: Content;
  signal?: AbortSignal | undefined;
}

export interface KapsoClient extends Marks, OutgoingSends, Media, Templates {
  /**
   * Reads one page of the number's messages (Kapso API, "List messages"). Order and `since` follow the time when Kapso
   * created the row, not the message's own time.
   *
   * Throws `KapsoApiError`, `KapsoNetworkError`, or `KapsoResponseError` when the page has no list of rows. A page that
   * is too large to hold, or to arrive in time, is a `KapsoOversizeError`. With a `limit` of 1 the page may have any
   * size, and take as long as it keeps coming, within reason. `normaliseListRow` reports a row that could not be held
   * as unreadable.
   */
  listMessages(query: ListQuery): Promise<MessagePage>;
  /**
   * Sends a message once (Kapso API, "Send a message"). Messages to one recipient are sent one after the other, in the order
   * of the calls.
   *
   * Throws `KapsoApiError` or `KapsoNetworkError` when it was surely not sent, and `SendOutcomeUnknownError` when
   * it may have been. Throws `KapsoWhatsappError` with code `SEND_RECIPIENT_INVALID` or `SEND_TEXT_EMPTY` when it
   * cannot be sent at all.
   */
  send(message: MessageToSend): Promise<SentMessage>;
  /**
   * Reads all messages that the number has sent since a time of this machine's clock, in milliseconds since the epoch.
   * A message may be missing for some seconds. Null when they are too many to read. Throws what `listMessages` throws.
   */
  listSent(since: number, signal: AbortSignal): Promise<ListedMessage[] | null>;
  /**
   * Asks for one message that the number has sent or received, by WhatsApp's id. It takes some seconds at most. `readFound`
   * reads the row; null when Kapso has none. Throws what `listMessages` throws.
   */
  message(id: string, signal: AbortSignal): Promise<WireObject | null>;
  /** Asks for the number and its name. Throws what `listMessages` throws. */
  ownNumber(signal: AbortSignal): Promise<OwnNumber>;
  /** Whether Kapso's limit of requests is near, so that what can be left out should be. */
  limitNear(): boolean;
  /** The requests of a minute and what remains of them, by Kapso's newest answer; null when none has told. */
  requestsLeft(): { limit: number; remaining: number } | null;
}

const defaultDeadline = 90_000;

/** Creates the client of one WhatsApp number. Throws a TypeError when the base URL is invalid. */
export function createKapsoClient(options: KapsoClientOptions): KapsoClient {
  const { clock, apiKey, log, phoneNumberId } = options;
  const timeouts = within(options.timeout);
  const rateLimit = createRateLimit(clock);
  const api = createApi({ ...options, timeouts, rateLimit });
  const deadline = options.deadline ?? defaultDeadline;
  const path = messagesPath(options);
  const random = options.random ?? Math.random;
  const serverClock = createServerClock();
  const listMessages = createMessageList({ api, path, timeout: options.timeout, serverClock });
  const list: ListOutbound = query => listMessages({ ...query, direction: 'outbound' });
  const inTurn = createTurns();

  async function send(message: MessageToSend): Promise<SentMessage> {
    const recipient = parseRecipient(message.to);
    const action = `sending to ${addressOf(recipient)}`;
    const { content, signal = new AbortController().signal } = message;
    if (content.kind === 'text' && content.text.trim() === '') {
      throw new KapsoWhatsappError('SEND_TEXT_EMPTY', `the text to ${addressOf(recipient)} is empty`, {
        hint: 'WhatsApp takes no empty messages.',
      });
    }
    const refusal = (failure: WireObject | null) =>
      recordedApiError(failure, { action, secrets: [apiKey], now: clock.now() });
    const outboundSince = (begun: number, stop: AbortSignal) =>
      sentRowsSince(begun, stop, { list, serverClock, clock });
    return inTurn(recipientKey(recipient), async () => {
      signal.throwIfAborted();
      return deliverOnce(
        { recipient, content, signal },
        {
          ...{ api, path, clock, random, log, timeouts, deadline },
          reachWithin: options.reachWithin ?? deadline,
          onSetback: options.onSetback,
          lookUp: (mark, begun, until, stop) =>
            lookUpSent(mark, begun, until, stop, { clock, random, outboundSince, refusal }),
        },
      );
    });
  }

  const mediaTimeout = options.timeout ?? defaultTimeouts.headers;
  const media = createMedia({ api, path: versionPath(options), phoneNumberId, timeout: mediaTimeout });

  return {
    ...createMarks({ api, path }),
    ...media,
    ...createTemplates({ api, path: versionPath(options), phoneNumberId }),
    ownNumber: createOwnNumber({ api, phoneNumberId }),
    message: createOneMessage({ api, path }),
    listMessages,
    send,
    limitNear: rateLimit.near,
    requestsLeft: rateLimit.left,
    ...createOutgoingSends({ api, path, list, serverClock, clock, uploadMedia: media.uploadMedia }),

    async listSent(since, signal) {
      const begun = clock.monotonic() - Math.max(0, clock.now() - since);
      const rows = await sentRowsSince(begun, signal, { list, serverClock, clock });
      return rows?.flatMap(row => readListed(row) ?? []) ?? null;
    },
  };
}
