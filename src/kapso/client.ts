import type { Clock } from '../clock.ts';
import { parseRecipient, recipientKey } from '../domain/recipient.ts';
import { KapsoWhatsappError } from '../errors.ts';
import { asRecord, asString, type WireObject } from '../narrow.ts';
import type { Log } from '../observe/log.ts';
import { createApi, undocumented } from './http/api.ts';
import { recordedApiError } from './http/api-error.ts';
import type { KapsoError } from './http/errors.ts';
import { createServerClock } from './http/server-clock.ts';
import { type Timeouts, type Transport, within, withinSilence } from './http/transport.ts';
import { oversizeRows } from './inbound/oversize.ts';
import type { ScannedPage } from './inbound/page-scanner.ts';
import { lookUpSent } from './outbound/find-sent.ts';
import { addressOf, deliverText, type SentMessage } from './outbound/send.ts';

export interface KapsoClientOptions {
  /** The API's origin, e.g. `https://api.kapso.ai`. */
  baseUrl: string;
  /** The version segment, e.g. `v24.0`. */
  apiVersion: string;
  apiKey: string;
  phoneNumberId: string;
  transport: Transport;
  clock: Clock;
  /** Milliseconds that each request may wait for an answer, and again for its end; default 30 s. */
  timeout?: number | undefined;
  /** Milliseconds of one `sendText`, after which it begins nothing new; default 90 s. */
  deadline?: number | undefined;
  /**
   * Milliseconds of one `sendText` without reaching Kapso after which it says that it cannot be reached; 0 is one attempt. By default as
   * long as the deadline.
   */
  reachWithin?: number | undefined;
  /** Told when the first request of a `sendText` did not settle it, so that it goes on for a while. */
  onSetback?: ((cause: KapsoError, next: 'repeat' | 'look up') => void) | undefined;
  /** Jitter, in [0, 1). */
  random?: (() => number) | undefined;
  log?: Log | undefined;
}

export interface ListQuery {
  /** Created on or after, milliseconds since the epoch. */
  since: number;
  /** Created on or before. */
  until?: number | undefined;
  /** The cursor of the page before. */
  after?: string | undefined;
  /** Rows in a page, at most and by default 100. */
  limit?: number | undefined;
  direction: 'inbound' | 'outbound';
  signal?: AbortSignal | undefined;
}

export interface MessagePage {
  rows: unknown[];
  /** Where the next page begins; null on the last. */
  after: string | null;
  /** The server's clock when it answered, milliseconds since the epoch. */
  serverTime: number | null;
}

export interface OutgoingText {
  /** `+` and digits, or a business-scoped user id. */
  to: string;
  text: string;
  previewUrl?: boolean | undefined;
  /** The WhatsApp id of the message to quote. */
  replyTo?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface KapsoClient {
  /**
   * Reads one page of the number's messages (Kapso API, "List messages"). Order and `since` are by the time Kapso
   * created the row, not by the message's own time.
   *
   * Throws `KapsoApiError`, `KapsoNetworkError`, or `KapsoResponseError` when the page has no list of rows. A page that is
   * too large to be held, or to come in time, is a `KapsoOversizeError`. With a `limit` of 1 it may be as large as it is, and take as
   * long as it keeps coming, within reason: a row that cannot be held is then an `OversizeRow`.
   */
  listMessages(query: ListQuery): Promise<MessagePage>;
  /**
   * Sends a text, once (Kapso API, "Send a message"). Texts to one recipient leave one after the other, in the order of
   * the calls.
   *
   * Throws `KapsoApiError` or `KapsoNetworkError` when it was surely not sent, `SendOutcomeUnknownError` when it may have
   * been, and `KapsoWhatsappError` with code `SEND_RECIPIENT_INVALID` or `SEND_TEXT_EMPTY` when it cannot be sent at all.
   */
  sendText(message: OutgoingText): Promise<SentMessage>;
  /** Marks a message, and those before it, as read; `typing` shows the typing sign for up to 25 s. */
  markRead(messageId: string, options: { typing: boolean; signal?: AbortSignal | undefined }): Promise<void>;
}

const pageLimit = 100;
const defaultDeadline = 90_000;
/** Pages of sent messages that one look-up reads: ten thousand rows within minutes are beyond any plan's rate. */
const maxLookUpPages = 20;

/** The time limits of a page of so many rows; `timeout` is the configured one, ms. Less than one row cannot be asked for. */
export function pageTimeouts(timeout: number | undefined, limit: number): Timeouts {
  return limit === 1 ? withinSilence(timeout) : within(timeout);
}

/** Creates the client of one WhatsApp number. Throws a TypeError when the base URL is none. */
export function createKapsoClient(options: KapsoClientOptions): KapsoClient {
  const { clock, apiKey, log } = options;
  const timeouts = within(options.timeout);
  const api = createApi({ ...options, timeouts });
  const deadline = options.deadline ?? defaultDeadline;
  const path = `/meta/whatsapp/${encodeURIComponent(options.apiVersion)}/${encodeURIComponent(options.phoneNumberId)}/messages`;
  const random = options.random ?? Math.random;
  const serverClock = createServerClock();
  const turns = new Map<string, Promise<unknown>>();

  async function listMessages(query: ListQuery): Promise<MessagePage> {
    const action = `listing ${query.direction} messages`;
    const limit = Math.min(query.limit ?? pageLimit, pageLimit);
    // Imported where a page may need it: sending asks for none, as a rule, and would start more slowly.
    const scanner = limit === 1 ? (await import('./inbound/page-scanner.ts')).createPageScanner() : null;
    const answer = await api({
      method: 'GET',
      path,
      query: {
        direction: query.direction,
        since: new Date(query.since).toISOString(),
        until: query.until === undefined ? undefined : new Date(query.until).toISOString(),
        limit: String(limit),
        after: query.after,
        fields: 'kapso(default)',
      },
      action,
      signal: query.signal,
      timeouts: pageTimeouts(options.timeout, limit),
      ...(scanner && { overflow: scanner.push }),
    });
    serverClock.observe(answer);
    const page =
      scanner && answer.overflowed ? readScanned(scanner.end(), action, answer.status) : asRecord(answer.json);
    if (!page || !Array.isArray(page.data))
      throw undocumented(action, answer.status, 'without a "data" list of messages');
    const next = asString(asRecord(asRecord(page.paging)?.cursors)?.after);
    const last = page.data.length === 0 || next === query.after;
    return { rows: page.data, after: last ? null : next, serverTime: answer.serverTime };
  }

  async function outboundSince(begun: number, signal: AbortSignal): Promise<readonly unknown[] | null> {
    // The first contact may be the one that failed: learn the server's time before asking for rows by it.
    if (!serverClock.known) await listMessages({ since: clock.now(), limit: 1, direction: 'outbound', signal });
    // By what has passed since, and not by the local time of then: somebody may have set the clock.
    const since = serverClock.earliest(clock.now() - (clock.monotonic() - begun));
    const found: unknown[] = [];
    let after: string | undefined;
    for (let page = 0; page < maxLookUpPages; page++) {
      const answer = await listMessages({ since, after, direction: 'outbound', signal });
      found.push(...answer.rows);
      if (answer.after === null) return found;
      after = answer.after;
    }
    return null;
  }

  /** Runs `work` after everything that was asked for the same recipient before. */
  function inRow<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (turns.get(key) ?? Promise.resolve()).then(work, work);
    turns.set(key, turn);
    const leave = () => {
      if (turns.get(key) === turn) turns.delete(key);
    };
    turn.then(leave, leave);
    return turn;
  }

  return {
    listMessages,

    async sendText(message) {
      const recipient = parseRecipient(message.to);
      if (message.text.trim() === '') {
        throw new KapsoWhatsappError('SEND_TEXT_EMPTY', `the text to ${addressOf(recipient)} is empty`, {
          hint: 'WhatsApp takes no empty messages.',
        });
      }
      const signal = message.signal ?? new AbortController().signal;
      const { text, previewUrl, replyTo } = message;
      return inRow(recipientKey(recipient), async () => {
        signal.throwIfAborted();
        return deliverText(
          { recipient, text, previewUrl, replyTo, signal },
          {
            api,
            path,
            clock,
            random,
            log,
            timeouts,
            deadline,
            reachWithin: options.reachWithin ?? deadline,
            onSetback: options.onSetback,
            lookUp: (mark, begun, until, stop) =>
              lookUpSent(mark, begun, until, stop, {
                clock,
                random,
                outboundSince,
                refusal: failure =>
                  recordedApiError(failure, {
                    action: `sending to ${addressOf(recipient)}`,
                    secrets: [apiKey],
                    now: clock.now(),
                  }),
              }),
          },
        );
      });
    },

    async markRead(messageId, { typing, signal }) {
      const action = `marking ${messageId} as read`;
      const { json, status } = await api({
        method: 'POST',
        path,
        body: {
          messaging_product: 'whatsapp',
          status: 'read',
          message_id: messageId,
          ...(typing ? { typing_indicator: { type: 'text' } } : {}),
        },
        action,
        signal,
      });
      if (asRecord(json)?.success === false) throw undocumented(action, status, 'says that it did not succeed');
    },
  };
}

/** A page of one row that could not be held, in the form of any other; null where it has no list of rows. */
function readScanned(scanned: ScannedPage, action: string, status: number): WireObject | null {
  const { rows, paging, complete } = scanned;
  if (!complete) throw undocumented(action, status, `with ${scanned.size} bytes that are no whole page of messages`);
  // Only the first is known: to go on to the next page would be to lose the others.
  if (rows !== null && rows > 1) {
    const what = `with ${rows} messages of ${scanned.size} bytes together, too many to be read at once, where one was asked for (limit=1)`;
    throw undocumented(action, status, what);
  }
  return rows === null ? null : { data: oversizeRows(scanned), paging };
}
