import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { JsonObject } from './json.ts';
import { webhookMeta, webhookV1, webhookV2, webhookV2Batch } from './kapso-rows.ts';

export type WebhookForm = 'v2' | 'v2-batch' | 'v1' | 'meta';
export const webhookForms: readonly WebhookForm[] = ['v2', 'v2-batch', 'v1', 'meta'];

export interface Payload {
  form: WebhookForm;
  event: string;
  /** One row. The forms `v2-batch` and `meta` may have several. */
  rows: readonly JsonObject[];
  phoneNumberId: string;
  /** Marks the payload as a test delivery. */
  test?: boolean;
}

export interface Delivery {
  body: string;
  headers: Record<string, string>;
  idempotencyKey: string;
}

export interface Attempt {
  /** The receiver's status; null when there was none. */
  status: number | null;
  body: string;
  error: string | null;
  /** Milliseconds. */
  duration: number;
}

/**
 * Builds one delivery as Kapso sends it: the body, and headers with a lower-case hex HMAC-SHA256 of exactly these
 * bytes. `secret: null` leaves the signature out.
 */
export function createDelivery(
  payload: Payload,
  secret: string | null,
  headers: Record<string, string> = {},
): Delivery {
  const body = JSON.stringify(payload.test ? { ...payloadBody(payload), test: true } : payloadBody(payload));
  const idempotencyKey = payload.form === 'meta' ? createHash('sha256').update(body).digest('hex') : randomUUID();
  const batch = { 'X-Webhook-Batch': 'true', 'X-Batch-Size': String(payload.rows.length) };
  return {
    body,
    idempotencyKey,
    headers: {
      'Content-Type': 'application/json',
      'X-Idempotency-Key': idempotencyKey,
      ...(payload.form === 'meta'
        ? {}
        : { 'X-Webhook-Event': payload.event, 'X-Webhook-Payload-Version': payload.form === 'v1' ? 'v1' : 'v2' }),
      ...(payload.form === 'v2-batch' ? batch : {}),
      ...(secret === null ? {} : { 'X-Webhook-Signature': createHmac('sha256', secret).update(body).digest('hex') }),
      ...headers,
    },
  };
}

/** Sends the delivery once. An answer later than `timeout` milliseconds counts as none. */
export async function attempt(url: string, delivery: Delivery, timeout: number, signal: AbortSignal): Promise<Attempt> {
  const began = performance.now();
  const elapsed = () => Math.round(performance.now() - began);
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: delivery.body,
      headers: delivery.headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    });
    return { status: response.status, body: await response.text(), error: null, duration: elapsed() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return {
      status: null,
      body: '',
      error: cause instanceof Error ? cause.message : String(cause),
      duration: elapsed(),
    };
  }
}

function payloadBody(payload: Payload): JsonObject {
  const { form, event, rows, phoneNumberId } = payload;
  if (form === 'meta') return webhookMeta(rows, phoneNumberId);
  if (form === 'v2-batch') return webhookV2Batch(event, rows, phoneNumberId);
  const [row] = rows;
  if (!row) throw new RangeError('a delivery needs a message');
  return form === 'v1' ? webhookV1(event, row, phoneNumberId) : webhookV2(row, phoneNumberId);
}
