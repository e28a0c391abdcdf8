import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { normaliseWebhook } from '../../kapso/inbound/normalise.ts';
import type { Normalised } from '../../kapso/inbound/normalised.ts';
import { readWebhookStatuses, type SentStatus } from '../../kapso/inbound/sent-statuses.ts';
import type { Emit } from '../../observe/events.ts';
import { answer, rejectEarly } from './answer.ts';
import type { BodyReader } from './body.ts';
import type { ConnectionLimit } from './connections.ts';
import { leaveOut } from './left-out.ts';
import type { SignatureCheck } from './signature.ts';
import type { WebhookStatsRecorder } from './stats.ts';

/** What is kept of a delivery. */
export interface Delivered {
  /** Messages and unreadable items, never skipped ones. */
  items: readonly Normalised[];
  /** What it reports of sent messages. */
  statuses: readonly SentStatus[];
}

export interface DeliveryDeps {
  /** Called for each delivery. Null accepts it unsigned. */
  verify: () => SignatureCheck | null;
  maxBodyBytes: number;
  phoneNumberId: string;
  /** The time by Kapso's clock, in milliseconds since the epoch, for a message without its own. */
  kapsoNow: () => number;
  accept: (delivered: Delivered) => Promise<void>;
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
  const { bodies, stats, clock, emit, maxBodyBytes } = deps;

  /** Refuses a request before its body was read to the end, and closes its connection. */
  function refuse(request: IncomingMessage, response: ServerResponse, { status, error }: Objection): void {
    emit({ type: 'delivery refused', status, error, reason: null });
    rejectEarly(request, response, clock, status, { error }, status === 503 ? retryAfter : {});
  }

  /** Refuses a request that was read to its end, and releases its body. The connection stays. */
  function reject(response: ServerResponse, body: Buffer, status: number, error: string): void {
    bodies.release(body);
    emit({ type: 'delivery refused', status, error, reason: null });
    answer(response, status, { error });
  }

  function take({ headers }: IncomingMessage, response: ServerResponse, body: Buffer) {
    let payload: unknown;
    try {
      payload = readJson(body);
    } catch {
      return reject(response, body, 400, 'the body is not JSON');
    }
    let delivered: Delivered;
    try {
      delivered = readDelivery(payload, single(headers['x-webhook-event']), deps);
    } catch (error) {
      bodies.release(body);
      // Its message may quote what was received.
      emit({ type: 'delivery unreadable', error: error instanceof Error ? error.name : typeof error });
      return answer(response, 500, { error: 'the delivery could not be read' });
    }
    const { items, statuses } = delivered;
    const stored = () => {
      bodies.release(body);
      for (const item of items) stats.took(item.kind === 'message' ? 'messages' : 'unreadable');
      for (const { status, code } of statuses) if (status === 'failed') stats.sendFailed(code);
      stats.delivered(clock.now());
      answer(response, 200, { status: 'ok' });
    };
    if (items.length === 0 && statuses.length === 0) return stored();
    const failed = (error: unknown) => {
      bodies.release(body);
      const reason = error instanceof Error ? error.message : String(error);
      emit({ type: 'delivery refused', status: 503, error: 'it could not be stored', reason });
      answer(response, 503, { error: 'the delivery could not be stored' }, retryAfter);
    };
    // An error that `accept` throws at once also means that nothing was stored.
    Promise.resolve(delivered).then(deps.accept).then(stored, failed);
  }

  return function deliver(request, response, expectsContinue) {
    const { headers } = request;
    const objection = objectionTo(headers, maxBodyBytes);
    if (objection !== null) return refuse(request, response, objection);
    const verify = deps.verify();
    const presented = { kapso: single(headers['x-webhook-signature']), meta: single(headers['x-hub-signature-256']) };
    const unsigned = verify !== null && presented.kapso === undefined && presented.meta === undefined;
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
      if (unsigned) return reject(response, body, 401, 'the signature is missing');
      if (verify && !verify(body, presented)) return reject(response, body, 401, 'the signature is wrong');
      take(request, response, body);
    });
  };
}

const noStatuses: readonly SentStatus[] = [];

/** Reads what a delivery says. Only one with something that is no received message can report of sent ones. */
function readDelivery(payload: unknown, event: string | undefined, deps: DeliveryDeps): Delivered {
  const context = { phoneNumberId: deps.phoneNumberId, now: deps.kapsoNow() };
  const items = normaliseWebhook(payload, { event }, context);
  if (!items.some(isSkipped)) return { items, statuses: noStatuses };
  return { items: leaveOut(items, deps), statuses: readWebhookStatuses(payload, event, context) };
}

/** Why a delivery is refused, and the HTTP status. */
export interface Objection {
  status: number;
  error: string;
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

function isSkipped(item: Normalised): boolean {
  return item.kind === 'skipped';
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
