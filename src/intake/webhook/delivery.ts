import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { answer, rejectEarly } from '../../listener/answer.ts';
import type { ConnectionLimit } from '../../listener/connections.ts';
import type { Emit } from '../../observe/events.ts';
import type { BodyReader } from './body.ts';
import { isProbe, probeHeader } from './probe.ts';
import { type Share, shareOut, type WebhookRecipient } from './recipients.ts';
import type { WebhookStatsRecorder } from './stats.ts';

export interface DeliveryDeps {
  /** Our numbers: at least one. */
  recipients: readonly WebhookRecipient[];
  maxBodyBytes: number;
  bodies: BodyReader;
  connections: ConnectionLimit;
  stats: WebhookStatsRecorder;
  clock: Clock;
  emit: Emit;
}

/** Handles a POST to the webhook's path whose head has been read. */
export type DeliveryHandler = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void;

/** Seconds. Kapso itself waits 10 s before it delivers again. */
const retryAfter = { 'retry-after': '5' };

/** Answers Kapso's POSTs: limits, signature, JSON, and the 200 that waits for the disk. */
export function createDeliveryHandler(deps: DeliveryDeps): DeliveryHandler {
  const { recipients, bodies, stats, clock, emit, maxBodyBytes } = deps;

  /** Refuses a request before its body was read to the end, and closes its connection. */
  function refuse(request: IncomingMessage, response: ServerResponse, { status, error }: Objection): void {
    emit({ type: 'delivery refused', status, error, reason: null });
    rejectEarly(request, response, clock, status, { error }, status === 503 ? retryAfter : {});
  }

  /** Refuses a request that was read to its end, and releases its body. The connection stays. */
  function reject(response: ServerResponse, body: Buffer, { status, error, probe = false }: Rejection): void {
    bodies.release(body);
    emit(probe ? { type: 'probe refused', status } : { type: 'delivery refused', status, error, reason: null });
    answer(response, status, { error });
  }

  /** `trusting` are the numbers that can trust it. */
  function take(
    { headers }: IncomingMessage,
    response: ServerResponse,
    { body, trusting }: { body: Buffer; trusting: readonly WebhookRecipient[] },
  ) {
    const since = clock.monotonic();
    let payload: unknown;
    try {
      payload = readJson(body);
    } catch {
      return reject(response, body, { status: 400, error: 'the body is not JSON' });
    }
    let shares: Share<WebhookRecipient>[] | null;
    try {
      shares = shareOut({ payload, event: single(headers['x-webhook-event']) }, { ...deps, trusting });
    } catch (error) {
      bodies.release(body);
      // Its message may quote what was received.
      emit({ type: 'delivery unreadable', error: error instanceof Error ? error.name : typeof error });
      return answer(response, 500, { error: 'the delivery could not be read' });
    }
    if (shares === null) {
      return reject(response, body, { status: 401, error: 'the signature is not that of its phone number id' });
    }
    const items = shares.flatMap(share => share.items);
    const statuses = shares.flatMap(share => share.statuses);
    const stored = () => {
      emit({ type: 'delivery stored', took: clock.monotonic() - since });
      answered();
    };
    const answered = () => {
      bodies.release(body);
      for (const item of items) stats.took(item.kind === 'message' ? 'messages' : 'unreadable');
      for (const { status, code } of statuses) if (status === 'failed') stats.sendFailed(code);
      for (const { onDelivery } of trusting) onDelivery?.();
      answer(response, 200, { status: 'ok' });
    };
    if (items.length === 0 && statuses.length === 0) return answered();
    const failed = (error: unknown) => {
      bodies.release(body);
      const reason = error instanceof Error ? error.message : String(error);
      emit({ type: 'delivery refused', status: 503, error: 'it could not be stored', reason });
      answer(response, 503, { error: 'the delivery could not be stored' }, retryAfter);
    };
    const filled = shares.filter(share => share.items.length > 0 || share.statuses.length > 0);
    // An error that `accept` throws at once also means that nothing was stored.
    Promise.all(filled.map(async ({ recipient, ...delivered }) => recipient.accept(delivered))).then(stored, failed);
  }

  return function deliver(request, response, expectsContinue) {
    const { headers } = request;
    const objection = objectionTo(headers, maxBodyBytes);
    if (objection !== null) return refuse(request, response, objection);
    const checks = recipients.map(recipient => ({ recipient, check: recipient.verify() }));
    const presented = { kapso: single(headers['x-webhook-signature']), meta: single(headers['x-hub-signature-256']) };
    const isSigned = presented.kapso !== undefined || presented.meta !== undefined;
    const unsigned = !isSigned && checks.every(({ check }) => check !== null);
    if (expectsContinue) {
      if (unsigned) return refuse(request, response, { status: 401, error: 'the signature is missing' });
      response.writeContinue();
    }
    // The body of a delivery that will be refused is only counted, not kept.
    bodies.read(request, !unsigned, body => {
      if (body === 'aborted') return;
      if (body === 'too-large') return refuse(request, response, tooLarge(maxBodyBytes));
      if (body === 'overloaded')
        return refuse(request, response, { status: 503, error: 'too much is arriving at once' });
      deps.connections.received(request.socket, response);
      if (unsigned) {
        const mark = single(headers[probeHeader]);
        const probe = checks.some(({ check }) => check !== null && isProbe(mark, check, clock.now()));
        return reject(response, body, { status: 401, error: 'the signature is missing', probe });
      }
      const trusting = checks.flatMap(({ recipient, check }) =>
        check === null || (isSigned && check(body, presented)) ? recipient : [],
      );
      if (trusting.length === 0) return reject(response, body, { status: 401, error: 'the signature is wrong' });
      take(request, response, { body, trusting });
    });
  };
}

/** Why a delivery is refused, and the HTTP status. */
export interface Objection {
  status: number;
  error: string;
}

interface Rejection extends Objection {
  /** It was the one that `doctor` sends to be refused. */
  probe?: boolean;
}

/** Checks a delivery before its body is read. Returns the objection, or null. */
export function objectionTo(headers: IncomingHttpHeaders, maxBodyBytes: number): Objection | null {
  if (Number(headers['content-length'] ?? 0) > maxBodyBytes) return tooLarge(maxBodyBytes);
  if (!isJson(headers['content-type'])) return { status: 415, error: 'the content type is not JSON' };
  if (!isPlain(headers['content-encoding'])) return { status: 415, error: 'the body is compressed' };
  return null;
}

function tooLarge(maxBytes: number): Objection {
  return { status: 413, error: `the body is larger than ${maxBytes} bytes` };
}

/** Removes a byte order mark, which a proxy or a script may have added. */
function readJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
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
