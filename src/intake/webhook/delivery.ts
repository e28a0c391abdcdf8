import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { forAnotherNumber, testSample } from '../../kapso/inbound/normalise.ts';
import type { Normalised } from '../../kapso/inbound/normalised.ts';
import type { Log } from '../../observe/log.ts';
import { maskAddress } from '../../observe/mask.ts';
import { answer, rejectEarly } from './answer.ts';
import type { BodyReader } from './body.ts';
import type { ConnectionLimit } from './connections.ts';
import { explain, failedSends } from './failed-sends.ts';
import { createOnceAMinute } from './once-a-minute.ts';
import type { SignatureCheck } from './signature.ts';
import type { WebhookStatsRecorder } from './stats.ts';

export type NormaliseWebhook = (
  payload: unknown,
  headers: { event?: string; batch?: boolean; version?: string },
  context: { phoneNumberId: string },
) => Normalised[];

export interface DeliveryDeps {
  /** Asked for each delivery; null accepts it unsigned. */
  verify: () => SignatureCheck | null;
  maxBodyBytes: number;
  phoneNumberId: string;
  normalise: NormaliseWebhook;
  accept: (items: Normalised[]) => Promise<void>;
  bodies: BodyReader;
  connections: ConnectionLimit;
  stats: WebhookStatsRecorder;
  clock: Clock;
  log: Log;
}

export interface DeliveryHandler {
  post(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void;
}

/** Seconds; Kapso itself waits 10 s before it delivers again. */
const retryAfter = '5';

/** Answers the POSTs of Kapso: limits, signature, JSON, and the 200 that waits for the disk. */
export function createDeliveryHandler(deps: DeliveryDeps): DeliveryHandler {
  const { bodies, stats, clock, log } = deps;
  const isDue = createOnceAMinute(clock);

  function note(status: number, error: string, fields: object = {}): void {
    if (!isDue(String(status))) return;
    log.warn({ status, ...fields }, `a webhook delivery was refused: ${error} (logged once a minute)`);
  }

  /** Before its body was read to the end; afterwards `reject`, which keeps the connection. */
  function refuse(request: IncomingMessage, response: ServerResponse, status: number, error: string) {
    note(status, error);
    rejectEarly(request, response, clock, status, { error }, status === 503 ? { 'retry-after': retryAfter } : {});
  }

  function reject(response: ServerResponse, status: number, error: string) {
    note(status, error);
    answer(response, status, { error });
  }

  function post(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) {
    const { headers } = request;
    if (Number(headers['content-length'] ?? 0) > deps.maxBodyBytes) {
      return refuse(request, response, 413, tooLarge(deps.maxBodyBytes));
    }
    if (!isJson(headers['content-type'])) return refuse(request, response, 415, 'the content type is not JSON');
    if (!isPlain(headers['content-encoding'])) return refuse(request, response, 415, 'the body is compressed');

    const verify = deps.verify();
    const presented = { kapso: single(headers['x-webhook-signature']), meta: single(headers['x-hub-signature-256']) };
    const unsigned = verify !== null && presented.kapso === undefined && presented.meta === undefined;
    if (expectsContinue) {
      if (unsigned) return refuse(request, response, 401, 'the signature is missing');
      response.writeContinue();
    }

    // The body of a delivery that will be refused anyway is counted for its size, and not kept.
    bodies.read(request, !unsigned, body => {
      if (body === 'aborted') return;
      if (body === 'too-large') return refuse(request, response, 413, tooLarge(deps.maxBodyBytes));
      if (body === 'overloaded') return refuse(request, response, 503, 'too much is arriving at once');
      deps.connections.received(request.socket, response);
      if (unsigned) return reject(response, 401, 'the signature is missing');
      if (verify && !verify(body, presented)) {
        bodies.release(body);
        return reject(response, 401, 'the signature is wrong');
      }
      take(request, response, body);
    });
  }

  function take(request: IncomingMessage, response: ServerResponse, body: Buffer) {
    let payload: unknown;
    try {
      payload = readJson(body);
    } catch {
      bodies.release(body);
      return reject(response, 400, 'the body is not JSON');
    }

    let wanted: Normalised[];
    try {
      wanted = sortOut(payload, request);
    } catch (error) {
      bodies.release(body);
      log.error({ error: error instanceof Error ? error.name : typeof error }, 'a webhook delivery could not be read');
      return answer(response, 500, { error: 'the delivery could not be read' });
    }

    const stored = () => {
      bodies.release(body);
      stats.delivered(clock.now());
      answer(response, 200, { status: 'ok' });
    };
    if (wanted.length === 0) return stored();

    Promise.resolve(wanted)
      .then(deps.accept)
      .then(
        () => {
          for (const item of wanted) stats.took(item.kind === 'message' ? 'messages' : 'unreadable');
          stored();
        },
        (error: unknown) => {
          bodies.release(body);
          const reason = error instanceof Error ? error.message : String(error);
          note(503, 'it could not be stored', { reason });
          answer(response, 503, { error: 'the delivery could not be stored' }, { 'retry-after': retryAfter });
        },
      );
  }

  /** Counts what is not wanted and gives back what is to be stored. */
  function sortOut(payload: unknown, request: IncomingMessage): Normalised[] {
    const event = single(request.headers['x-webhook-event']);
    const version = single(request.headers['x-webhook-payload-version']);
    const items = deps.normalise(
      payload,
      {
        ...(event !== undefined && { event }),
        ...(version !== undefined && { version }),
        batch: request.headers['x-webhook-batch'] === 'true',
      },
      { phoneNumberId: deps.phoneNumberId },
    );
    const wanted: Normalised[] = [];
    for (const item of items) {
      if (item.kind !== 'skipped') {
        wanted.push(item);
        continue;
      }
      stats.skipped(item.reason);
      noteSkipped(item.reason, item.phoneNumberId);
    }
    if (wanted.length < items.length) noteFailedSends(payload);
    return wanted;
  }

  /** Says of what was answered and not kept, at most once a minute each, where nothing else would tell of a mistake. */
  function noteSkipped(reason: string, phoneNumberId: string | undefined): void {
    if (reason === testSample && isDue(testSample)) {
      log.info({}, 'a test sample, or a delivery without a message, was answered and not kept (logged once a minute)');
    }
    if (reason !== forAnotherNumber || !isDue(forAnotherNumber)) return;
    log.warn(
      { configured: deps.phoneNumberId, received: phoneNumberId?.slice(0, 64) },
      'a webhook delivery for another phone number id was answered and not kept: if it was meant for this one, ' +
        'kapso.phoneNumberId (KAPSO_PHONE_NUMBER_ID) is wrong (logged once a minute)',
    );
  }

  function noteFailedSends(payload: unknown): void {
    for (const failed of failedSends(payload)) {
      const { id, code, recipient } = failed;
      stats.sendFailed(code);
      log.warn(
        { message: id, ...(code !== null && { code }), ...(recipient !== null && { to: maskAddress(recipient) }) },
        `WhatsApp could not deliver a message that was sent: ${explain(failed)}`,
      );
    }
  }

  return { post };
}

/** Without a byte order mark, which a proxy or a script may have put before it. */
function readJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
}

function tooLarge(maxBytes: number): string {
  return `the body is larger than ${maxBytes} bytes`;
}

function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  return contentType !== undefined && /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType);
}

function isPlain(encoding: string | undefined): boolean {
  return encoding === undefined || /^identity$/i.test(encoding);
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
