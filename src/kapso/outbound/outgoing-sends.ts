/** Single requests about a message that is kept until its end is known. Nothing is repeated here. */
import type { Clock } from '../../clock.ts';
import type { Content, OutgoingFile } from '../../domain/content.ts';
import { addressOf, parseRecipient, type Recipient } from '../../domain/recipient.ts';
import { isOurs } from '../../errors.ts';
import { asInteger, asRecord, asString } from '../../narrow.ts';
import type { Api } from '../http/api.ts';
import { classifyApiError } from '../http/error-table.ts';
import { KapsoApiError, KapsoError } from '../http/errors.ts';
import type { ServerClock } from '../http/server-clock.ts';
import { isAlike } from './alike.ts';
import { markOf, recordedFailure } from './find-sent.ts';
import { isUnknownNumber, otherForm, outcomeIsUnknown, postMessage } from './post.ts';
import { type ListOutbound, rowsSince } from './sent-rows.ts';
import { createSharedReading } from './shared-reading.ts';
import type { UploadOptions } from './upload.ts';

export type SendResult =
  | { kind: 'sent'; id: string }
  /** Never as it is. `other` is the other spelling of the number, where Meta may know that one. */
  | { kind: 'refused'; window: boolean; code: number | null; reason: string; other: string | null }
  /**
   * Surely not taken, and to be tried again, after `retryAfter` milliseconds where Kapso asks for that. `all`: other
   * messages would be refused too. `operator`: it passes only when somebody changes something.
   */
  | { kind: 'not now'; all: boolean; operator: boolean; reason: string; retryAfter: number | null }
  /** It may have been taken, or may be yet. */
  | { kind: 'unknown'; reason: string };

export type UploadResult =
  /** Kapso's id of it. */
  { kind: 'uploaded'; id: string } | Extract<SendResult, { kind: 'refused' | 'not now' }>;

export type LookUpResult =
  | { kind: 'found'; id: string }
  /** Kapso has it, and recorded that it failed. */
  | { kind: 'failed'; code: number | null; reason: string }
  /** All rows since then were read, and it is in none. `asOf`: when that reading began, by the monotonic clock. */
  | { kind: 'absent'; asOf: number }
  /** There are more rows since then than are read. They become more, not less. */
  | { kind: 'too many' }
  /**
   * The rows could not be read. `retryAfter` is in milliseconds, where Kapso asks for it. `refused` is the code of a
   * refusal that a repetition does not change; else null.
   */
  | { kind: 'unreadable'; reason: string; retryAfter: number | null; refused: number | null };

export interface OutgoingMessage {
  /** `+` and digits, a business-scoped user id, or a group's address. */
  to: string;
  content: Content;
  mark: string;
}

export interface OutgoingSends {
  /**
   * Returns the time by Kapso's clock, in milliseconds since the epoch. Asks Kapso where it has told none yet; null when it
   * does not answer. Rejects with the signal's reason when it aborts.
   */
  time(signal: AbortSignal): Promise<number | null>;
  /** Makes one attempt to upload a file. Rejects only with the signal's reason. One that had no end is made again. */
  upload(file: OutgoingFile, signal: AbortSignal): Promise<UploadResult>;
  /**
   * Makes one attempt to send. `guard` is called right before it leaves, and where it throws, nothing leaves. Rejects only with
   * the signal's reason, with what is wrong with the address, and with what the guard throws.
   */
  attempt(message: OutgoingMessage, signal: AbortSignal, guard?: () => void): Promise<SendResult>;
  /**
   * Looks for a message that may have been taken, by its mark. Where the list shows no marks at all, a row with the
   * same content to the same person counts, if `isKnown` says that it is no other message of ours.
   *
   * @param since it cannot have been taken before: milliseconds ago, or a time by WhatsApp's clock
   */
  lookUp(
    message: OutgoingMessage,
    since: { ago: number } | { at: number },
    isKnown: (id: string) => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<LookUpResult>;
}

/** Meta's codes and the HTTP status that concern one recipient alone: the pair limit, and another message under way. */
const pairLimit = 131056;
const underWay = 409;

export function createOutgoingSends(deps: {
  api: Api;
  /** The path of the number's messages. */
  path: string;
  list: ListOutbound;
  serverClock: ServerClock;
  clock: Clock;
  uploadMedia: (file: OutgoingFile, options: UploadOptions) => Promise<string>;
}): OutgoingSends {
  const { api, path, list, serverClock, clock } = deps;
  const readSent = createSharedReading({ list, clock });
  let asked: Promise<unknown> | null = null;

  return {
    async time(signal) {
      if (!serverClock.known) {
        asked ??= list({ since: clock.now(), limit: 1, signal })
          .catch(error => {
            if (!(error instanceof KapsoError)) throw error;
          })
          .finally(() => {
            asked = null;
          });
        await asked;
      }
      return serverClock.known ? serverClock.earliest(clock.now()) : null;
    },

    async upload(file, signal) {
      try {
        return { kind: 'uploaded', id: await deps.uploadMedia(file, { signal }) };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!isOurs(error)) throw error;
        // Nobody gets anything from a file that was uploaded twice.
        if (outcomeIsUnknown(error)) return resultOf(error, null, 'retry');
        if (error instanceof KapsoError) return resultOf(error, null);
        const reason = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
        return { kind: 'refused', window: false, code: null, reason, other: null };
      }
    },

    async attempt({ to, content, mark }, signal, guard) {
      const recipient = parseRecipient(to);
      try {
        const { id } = await postMessage({ recipient, content, mark }, { api, path, signal, guard });
        return { kind: 'sent', id };
      } catch (error) {
        // A request that was cut off by our own end may have been taken.
        if (signal.aborted) throw signal.reason;
        if (!(error instanceof KapsoError)) throw error;
        return outcomeIsUnknown(error) ? { kind: 'unknown', reason: error.message } : resultOf(error, recipient);
      }
    },

    async lookUp({ to, content, mark }, since, isKnown, signal) {
      let rows: readonly unknown[] | null;
      let asOf: number;
      try {
        if ('ago' in since && !serverClock.known) await list({ since: clock.now(), limit: 1, signal });
        const from = 'at' in since ? since.at : serverClock.earliest(clock.now() - since.ago);
        const shared = await readSent(from, signal);
        asOf = shared.begun;
        const isEnough = shared.since >= from || (shared.rows !== null && showsMarks(shared.rows));
        rows = isEnough ? shared.rows : await rowsSince(from, signal, list);
      } catch (error) {
        if (signal.aborted || !(error instanceof KapsoError)) throw error;
        const refused = error.disposition === 'permanent' ? codeOf(error) : null;
        return { kind: 'unreadable', reason: error.message, retryAfter: retryAfterOf(error), refused };
      }
      if (rows === null) return { kind: 'too many' };
      const row = rows.find(one => markOf(one) === mark) ?? (await findAlike(rows, { to, content }, isKnown));
      return row === undefined ? { kind: 'absent', asOf } : findingOf(row);
    },
  };
}

type Ended = Extract<SendResult, { kind: 'refused' | 'not now' }>;

function resultOf(error: KapsoError, recipient: Recipient | null, disposition = error.disposition): Ended {
  const reason = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
  const api = error instanceof KapsoApiError ? error : null;
  switch (disposition) {
    case 'retry':
    case 'wait': {
      const one = api?.metaCode === pairLimit || (api?.metaCode === null && api.httpStatus === underWay);
      return { kind: 'not now', all: !one, operator: false, reason, retryAfter: retryAfterOf(error) };
    }
    case 'auth':
      return { kind: 'not now', all: true, operator: true, reason, retryAfter: null };
    default: {
      const other = recipient !== null && isUnknownNumber(error) ? otherForm(recipient) : null;
      const code = codeOf(error);
      const window = disposition === 'window';
      return { kind: 'refused', window, code, reason, other: other && addressOf(other) };
    }
  }
}

function codeOf(error: KapsoError): number | null {
  return error instanceof KapsoApiError ? (error.metaCode ?? error.httpStatus) : null;
}

function retryAfterOf(error: KapsoError): number | null {
  return error instanceof KapsoApiError ? error.retryAfter : null;
}

/** Whether a row can be found by its mark. Otherwise its content counts, and then no row may be too old. */
function showsMarks(rows: readonly unknown[]): boolean {
  return rows.length === 0 || rows.some(row => markOf(row) !== null);
}

/** Finds a row that is the message by its content, where the list shows no marks. */
async function findAlike(
  rows: readonly unknown[],
  message: Pick<OutgoingMessage, 'to' | 'content'>,
  isKnown: (id: string) => Promise<boolean>,
): Promise<unknown> {
  if (showsMarks(rows)) return undefined;
  for (const row of rows) {
    const record = asRecord(row);
    const id = asString(record?.id);
    if (id && isAlike(row, message) && !(await isKnown(id))) return row;
  }
  return undefined;
}

function findingOf(row: unknown): LookUpResult {
  const record = asRecord(row);
  const failure = recordedFailure(row);
  if (failure !== undefined) {
    const code = asInteger(failure?.code);
    const reason = (code === null ? undefined : classifyApiError(400, code).hint) ?? asString(failure?.title);
    return { kind: 'failed', code, reason: reason ?? 'Kapso recorded it as failed' };
  }
  const id = asString(record?.id);
  return id
    ? { kind: 'found', id }
    : { kind: 'unreadable', reason: 'Kapso lists it without an id', retryAfter: null, refused: null };
}
