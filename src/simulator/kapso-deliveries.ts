import { type Clock, sleep } from '../clock.ts';
import type { Counters } from './counters.ts';
import { asObject, type JsonObject } from './json.ts';
import { conversationId } from './kapso-rows.ts';
import type { Webhook } from './kapso-webhook-settings.ts';
import { type Attempt, attempt, createDelivery, type Payload } from './webhook-delivery.ts';

export interface DeliveryRecord {
  webhookId: string;
  url: string;
  event: string;
  messageIds: string[];
  idempotencyKey: string;
  /** 1 for the first attempt. */
  attempt: number;
  /** Milliseconds since the epoch. */
  at: number;
  status: number | null;
  error: string | null;
}

export interface Deliveries {
  /** Delivers the event in the background, after earlier ones of the same conversation. */
  enqueue(webhook: Webhook, event: string, rows: JsonObject[]): void;
  /** Delivers the event together with those that follow within the webhook's window. */
  buffer(webhook: Webhook, event: string, row: JsonObject): void;
  /** Delivers once, now. Resolves to the receiver's status; null when there was none. */
  once(webhook: Webhook, payload: Payload): Promise<number | null>;
  records(): readonly DeliveryRecord[];
  close(): void;
}

/** Milliseconds before each repetition: "10 s, 40 s, 90 s" (Kapso's webhooks overview). */
const retryDelays = [10_000, 40_000, 90_000];
/** Milliseconds. A receiver has 10 seconds. A conversation waits 30 seconds for an earlier delivery, then goes on out of order. */
const answerTimeout = 10_000;
const orderTimeout = 30_000;
const keptDeliveries = 10_000;

/**
 * Deliveries to the webhooks of one number. `scale` multiplies every documented delay. A delivery to a webhook that is
 * no longer registered is not retried.
 */
export function createDeliveries(deps: {
  phoneNumberId: string;
  clock: Clock;
  now: () => number;
  scale: number;
  counters: Counters;
  isRegistered: (webhook: Webhook) => boolean;
}): Deliveries {
  const { phoneNumberId, clock, scale } = deps;
  const { records, record } = createRecords(deps);
  const lanes = new Map<string, Promise<void>>();
  const buffers = new Map<string, { rows: JsonObject[]; cancel: () => void }>();
  const closing = new AbortController();

  const deliver = async (webhook: Webhook, payload: Payload): Promise<boolean> => {
    const secret = webhook.secret_key;
    const delivery = createDelivery(payload, secret, webhook.headers);
    for (let number = 1; ; number += 1) {
      const result = await attempt(webhook.url, delivery, answerTimeout * scale, closing.signal);
      if (closing.signal.aborted) return false;
      record(webhook, payload, delivery.idempotencyKey, number, result);
      if (result.status === 200) return true;
      const delay = retryDelays[number - 1];
      if (delay === undefined || !deps.isRegistered(webhook)) return false;
      await sleep(clock, delay * scale, closing.signal).catch(() => {});
    }
  };

  const deliverAll = async (webhook: Webhook, event: string, rows: JsonObject[]) => {
    const form = webhook.kind === 'meta' ? 'meta' : webhook.payload_version;
    const buffered = webhook.buffer_enabled && webhook.kind === 'kapso' && event === 'whatsapp.message.received';
    if (buffered && (await deliver(webhook, { form: 'v2-batch', event, rows, phoneNumberId }))) return;
    for (const row of rows) await deliver(webhook, { form, event, rows: [row], phoneNumberId });
  };

  const enqueue = (webhook: Webhook, event: string, rows: JsonObject[]) => {
    const lane = `${webhook.id} ${conversationOf(rows[0])}`;
    const before = lanes.get(lane) ?? Promise.resolve();
    const patience = sleep(clock, orderTimeout * scale, closing.signal).catch(() => {});
    const work = Promise.race([before, patience]).then(() => deliverAll(webhook, event, rows));
    lanes.set(lane, work);
    void work.then(() => lanes.get(lane) === work && lanes.delete(lane));
  };

  const buffer = (webhook: Webhook, event: string, row: JsonObject) => {
    const key = `${webhook.id} ${conversationOf(row)}`;
    const held = buffers.get(key) ?? { rows: [], cancel: () => {} };
    held.cancel();
    held.rows.push(row);
    const release = () => {
      buffers.delete(key);
      enqueue(webhook, event, held.rows);
    };
    if (held.rows.length >= webhook.max_buffer_size) return release();
    held.cancel = clock.after(webhook.buffer_window_seconds * 1000 * scale, release);
    buffers.set(key, held);
  };

  return {
    enqueue,
    buffer,
    once: async (webhook, payload) => {
      const delivery = createDelivery(payload, webhook.secret_key, webhook.headers);
      const result = await attempt(webhook.url, delivery, answerTimeout * scale, closing.signal);
      record(webhook, payload, delivery.idempotencyKey, 1, result);
      return result.status;
    },
    records: () => records,
    close: () => {
      for (const { cancel } of buffers.values()) cancel();
      closing.abort();
    },
  };
}

/** Records the newest deliveries. */
function createRecords({ now, counters }: { now: () => number; counters: Counters }) {
  const records: DeliveryRecord[] = [];
  const record = (webhook: Webhook, payload: Payload, key: string, number: number, result: Attempt) => {
    const messageIds = payload.rows.map(row => String(row.id));
    const { status, error } = result;
    const { id: webhookId, url } = webhook;
    records.push({
      webhookId,
      url,
      event: payload.event,
      messageIds,
      idempotencyKey: key,
      attempt: number,
      at: now(),
      status,
      error,
    });
    if (records.length > keptDeliveries) records.shift();
    counters.add('deliveries');
    if (status === 200) counters.add('delivered');
  };
  return { records, record };
}

function conversationOf(row: JsonObject | undefined): string {
  return String(asObject(row?.kapso).whatsapp_conversation_id ?? conversationId(String(row?.id)));
}
