import { randomUUID } from 'node:crypto';
import { type Clock, sleep } from '../clock.ts';
import type { Counters } from './counters.ts';
import type { Answer } from './http.ts';
import type { Journal } from './journal.ts';
import { asObject, type JsonObject } from './json.ts';
import { kapsoError } from './kapso-errors.ts';
import { conversationId, inboundRow } from './kapso-rows.ts';
import { parseWebhook, type Webhook } from './kapso-webhook-settings.ts';
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

export interface Webhooks {
  /** Serves the platform API's routes below `/phone_numbers/{id}/webhooks`, with the test route. Null for any other route. */
  handle(request: { method: string; path: string; query: URLSearchParams; body: unknown }): Promise<Answer | null>;
  /** Delivers the event in the background to every webhook that wants it. */
  publish(event: string, row: JsonObject): void;
  deliveries(): readonly DeliveryRecord[];
  list(): readonly Webhook[];
  restore(record: JsonObject): boolean;
  close(): void;
}

/** Milliseconds before each repetition: "10 s, 40 s, 90 s" (Kapso's webhooks overview). */
const retryDelays = [10_000, 40_000, 90_000];
/** Milliseconds. A receiver has 10 seconds. A conversation waits 30 seconds for an earlier delivery, then goes on out of order. */
const answerTimeout = 10_000;
const orderTimeout = 30_000;
const keptDeliveries = 10_000;

/** Holds the registered webhooks of one number and their deliveries. `scale` multiplies every documented delay. */
export function createWebhooks(deps: {
  phoneNumberId: string;
  clock: Clock;
  now: () => number;
  scale: number;
  journal: () => Journal;
  counters: Counters;
}): Webhooks {
  const { phoneNumberId, clock, now, scale, counters } = deps;
  const webhooks = new Map<string, Webhook>();
  const deliveries: DeliveryRecord[] = [];
  const lanes = new Map<string, Promise<void>>();
  const buffers = new Map<string, { rows: JsonObject[]; cancel: () => void }>();
  const closing = new AbortController();

  const record = (webhook: Webhook, payload: Payload, key: string, number: number, result: Attempt) => {
    const messageIds = payload.rows.map(row => String(row.id));
    const { status, error } = result;
    const { id: webhookId, url } = webhook;
    deliveries.push({
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
    if (deliveries.length > keptDeliveries) deliveries.shift();
    counters.add('deliveries');
    if (status === 200) counters.add('delivered');
  };

  const deliver = async (webhook: Webhook, payload: Payload): Promise<boolean> => {
    const secret = webhook.secret_key;
    const delivery = createDelivery(payload, secret, webhook.headers);
    for (let number = 1; ; number += 1) {
      const result = await attempt(webhook.url, delivery, answerTimeout * scale, closing.signal);
      if (closing.signal.aborted) return false;
      record(webhook, payload, delivery.idempotencyKey, number, result);
      if (result.status === 200) return true;
      const delay = retryDelays[number - 1];
      if (delay === undefined || !webhooks.has(webhook.id)) return false;
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

  const save = async (webhook: Webhook): Promise<Answer> => {
    await deps.journal().append({ kind: 'webhook', webhook });
    webhooks.set(webhook.id, webhook);
    return { status: 200, body: { data: webhook } };
  };

  const test = async (webhook: Webhook, query: URLSearchParams): Promise<Answer> => {
    const event = query.get('event_type') ?? 'whatsapp.message.received';
    const row = inboundRow({
      id: `wamid.TEST_${randomUUID()}`,
      customer: { phone: '15550104477', userId: null, username: null, name: 'Test' },
      text: 'Test message',
      timestamp: Math.floor(now() / 1000),
    });
    const form = webhook.kind === 'meta' ? 'meta' : webhook.payload_version;
    const payload: Payload = { form, event, rows: [row], phoneNumberId, test: true };
    const delivery = createDelivery(payload, webhook.secret_key, webhook.headers);
    const result = await attempt(webhook.url, delivery, answerTimeout * scale, closing.signal);
    record(webhook, payload, delivery.idempotencyKey, 1, result);
    return { status: 200, body: { data: { success: result.status === 200, response_status: result.status } } };
  };

  const collection = `/platform/v1/whatsapp/phone_numbers/${phoneNumberId}/webhooks`;
  return {
    handle: async ({ method, path, query, body }) => {
      const tested = /^\/platform\/v1\/whatsapp\/webhooks\/([^/]+)\/test$/.exec(path)?.[1];
      if (tested !== undefined && method === 'POST') {
        const webhook = webhooks.get(tested);
        return webhook ? test(webhook, query) : kapsoError(404, 'Webhook not found');
      }
      if (path === collection && method === 'GET') return { status: 200, body: { data: [...webhooks.values()] } };
      if (path === collection && method === 'POST') {
        const parsed = parseWebhook(asObject(asObject(body).whatsapp_webhook), {}, phoneNumberId, now());
        if ('refusal' in parsed) return parsed.refusal;
        if (parsed.kind === 'meta' && [...webhooks.values()].some(({ kind }) => kind === 'meta')) {
          return kapsoError(422, 'Validation failed', 'Only one webhook of kind meta per phone number');
        }
        return save(parsed);
      }
      if (!path.startsWith(`${collection}/`)) return null;
      const webhook = webhooks.get(path.slice(collection.length + 1));
      if (!webhook) return kapsoError(404, 'Webhook not found');
      if (method === 'GET') return { status: 200, body: { data: webhook } };
      if (method === 'PATCH') {
        const parsed = parseWebhook(asObject(asObject(body).whatsapp_webhook), webhook, phoneNumberId, now());
        return 'refusal' in parsed ? parsed.refusal : save(parsed);
      }
      if (method !== 'DELETE') return null;
      await deps.journal().append({ kind: 'webhook-removed', id: webhook.id });
      webhooks.delete(webhook.id);
      return { status: 204, body: '' };
    },
    publish: (event, row) => {
      for (const webhook of webhooks.values()) {
        if (!webhook.active) continue;
        if (webhook.kind === 'meta') {
          if (event === 'whatsapp.message.received') enqueue(webhook, event, [row]);
        } else if (webhook.events.includes(event)) {
          const holds = webhook.buffer_enabled && event === 'whatsapp.message.received';
          if (holds) buffer(webhook, event, row);
          else enqueue(webhook, event, [row]);
        }
      }
    },
    deliveries: () => deliveries,
    list: () => [...webhooks.values()],
    restore: entry => {
      if (entry.kind === 'webhook') {
        const webhook = entry.webhook as Webhook;
        webhooks.set(webhook.id, webhook);
      } else if (entry.kind === 'webhook-removed') webhooks.delete(String(entry.id));
      else return false;
      return true;
    },
    close: () => {
      for (const { cancel } of buffers.values()) cancel();
      closing.abort();
    },
  };
}

function conversationOf(row: JsonObject | undefined): string {
  return String(asObject(row?.kapso).whatsapp_conversation_id ?? conversationId(String(row?.id)));
}
