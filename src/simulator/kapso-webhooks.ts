import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Counters } from './counters.ts';
import type { Answer } from './http.ts';
import type { Journal } from './journal.ts';
import { asObject, type JsonObject } from './json.ts';
import { createDeliveries, type DeliveryRecord } from './kapso-deliveries.ts';
import { kapsoError } from './kapso-errors.ts';
import { inboundRow } from './kapso-rows.ts';
import { parseWebhook, type Webhook } from './kapso-webhook-settings.ts';
import type { Payload } from './webhook-delivery.ts';

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

/** Holds the registered webhooks of one number and their deliveries. `scale` multiplies every documented delay. */
export function createWebhooks(deps: {
  phoneNumberId: string;
  clock: Clock;
  now: () => number;
  scale: number;
  journal: () => Journal;
  counters: Counters;
}): Webhooks {
  const { phoneNumberId, now } = deps;
  const webhooks = new Map<string, Webhook>();
  const deliveries = createDeliveries({ ...deps, isRegistered: webhook => webhooks.has(webhook.id) });

  const save = async (webhook: Webhook): Promise<Answer> => {
    await deps.journal().append({ kind: 'webhook', webhook });
    webhooks.set(webhook.id, webhook);
    return { status: 200, body: { data: webhook } };
  };

  const test = async (webhook: Webhook, query: URLSearchParams): Promise<Answer> => {
    const event = query.get('event_type') ?? 'whatsapp.message.received';
    const status = await deliveries.once(webhook, testPayload(webhook, event, phoneNumberId, now()));
    return { status: 200, body: { data: { success: status === 200, response_status: status } } };
  };

  const collection = `/platform/v1/whatsapp/phone_numbers/${phoneNumberId}/webhooks`;
  const handle: Webhooks['handle'] = async ({ method, path, query, body }) => {
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
  };

  return {
    handle,
    publish: (event, row) => {
      const received = event === 'whatsapp.message.received';
      for (const webhook of webhooks.values()) {
        const wanted = webhook.kind === 'meta' || webhook.events.includes(event);
        if (!webhook.active || !wanted) continue;
        if (webhook.kind !== 'meta' && webhook.buffer_enabled && received) deliveries.buffer(webhook, event, row);
        else deliveries.enqueue(webhook, event, [row]);
      }
    },
    deliveries: deliveries.records,
    list: () => [...webhooks.values()],
    restore: entry => {
      if (entry.kind === 'webhook') {
        const webhook = entry.webhook as Webhook;
        webhooks.set(webhook.id, webhook);
      } else if (entry.kind === 'webhook-removed') webhooks.delete(String(entry.id));
      else return false;
      return true;
    },
    close: deliveries.close,
  };
}

function testPayload(webhook: Webhook, event: string, phoneNumberId: string, now: number): Payload {
  const row = inboundRow({
    id: `wamid.TEST_${randomUUID()}`,
    customer: { phone: '15550104477', userId: null, username: null, name: 'Test' },
    text: 'Test message',
    timestamp: Math.floor(now / 1000),
  });
  const form = webhook.kind === 'meta' ? 'meta' : webhook.payload_version;
  return { form, event, rows: [row], phoneNumberId, test: true };
}
