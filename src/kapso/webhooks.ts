import { asId, asInteger, asList, asRecord, asString, type WireObject } from '../narrow.ts';
import { type ApiOptions, createApi, undocumented } from './http/api.ts';
import { readTimestamp } from './inbound/timestamp.ts';
import { nextPage, type PageQuery } from './next-page.ts';

export interface WebhookClientOptions extends ApiOptions {
  phoneNumberId: string;
}

/** The settings of a webhook. A missing one gets Kapso's default, or keeps its value in an update. */
export interface WebhookSettings {
  /** The public https address. */
  url?: string;
  events?: readonly string[];
  /** The key of `X-Webhook-Signature`. */
  secretKey?: string;
  active?: boolean;
  /** `kapso` sends Kapso's own events. `meta` forwards Meta's payloads; a number can have one such webhook. */
  kind?: 'kapso' | 'meta';
  payloadVersion?: 'v1' | 'v2';
}

export interface Webhook {
  id: string;
  url: string | null;
  events: string[];
  active: boolean;
  kind: string | null;
  payloadVersion: string | null;
  /** Kapso shows it only in the answer to the creation; null elsewhere. */
  secretKey: string | null;
  /** When the webhook was last changed, in milliseconds since the epoch; null when unknown. */
  updatedAt: number | null;
}

/** Kapso's report of a test delivery. Null where Kapso does not say. */
export interface WebhookTest {
  /** Whether the receiver accepted it. */
  success: boolean | null;
  /** The receiver's HTTP status. */
  status: number | null;
}

/**
 * The webhooks of one phone number (Kapso Platform API, "Webhooks"). All methods throw `KapsoApiError`,
 * `KapsoNetworkError`, or `KapsoResponseError`.
 */
export interface WebhookClient {
  /** Lists all webhooks, from every page. */
  list(): Promise<Webhook[]>;
  create(settings: WebhookSettings & { url: string }): Promise<Webhook>;
  update(id: string, settings: WebhookSettings): Promise<Webhook>;
  remove(id: string): Promise<void>;
  /** Makes Kapso send a test delivery (marked `test: true`) of the event to the webhook. */
  test(id: string, eventType?: string): Promise<WebhookTest>;
  /** Counts the failed deliveries of the last 24 hours that Kapso's log shows on its first page ("Webhook deliveries"). */
  failedDeliveries(): Promise<number>;
}

const maxPages = 100;

/** Creates the client of one number's webhooks. Throws a TypeError when the base URL is invalid. */
export function createWebhookClient(options: WebhookClientOptions): WebhookClient {
  const api = createApi(options);
  const platform = '/platform/v1/whatsapp';
  const path = `${platform}/phone_numbers/${encodeURIComponent(options.phoneNumberId)}/webhooks`;
  const one = (id: string) => `${path}/${encodeURIComponent(id)}`;

  return {
    async list() {
      const action = 'listing the webhooks';
      const found: Webhook[] = [];
      let position: PageQuery | null = {};
      for (let page = 0; position && page < maxPages; page++) {
        const { json, status } = await api({ method: 'GET', path, query: position, action });
        const body = asRecord(json);
        if (!body || !Array.isArray(body.data)) throw undocumented(action, status, 'without a "data" list of webhooks');
        for (const item of body.data) found.push(read(asRecord(item), action, status));
        position = body.data.length === 0 ? null : nextPage(body, position);
      }
      return found;
    },

    async create(settings) {
      const action = `creating a webhook to ${settings.url}`;
      const body = { whatsapp_webhook: write({ kind: 'kapso', payloadVersion: 'v2', active: true, ...settings }) };
      const { json, status } = await api({ method: 'POST', path, body, action });
      return read(asRecord(asRecord(json)?.data), action, status);
    },

    async update(id, settings) {
      const action = `changing the webhook ${id}`;
      const body = { whatsapp_webhook: write(settings) };
      const { json, status } = await api({ method: 'PATCH', path: one(id), body, action });
      return read(asRecord(asRecord(json)?.data), action, status);
    },

    async remove(id) {
      await api({ method: 'DELETE', path: one(id), action: `removing the webhook ${id}` });
    },

    async failedDeliveries() {
      const action = 'reading the log of webhook deliveries';
      const query = { errors_only: 'true', period: '24h' };
      const { json, status } = await api({ method: 'GET', path: '/platform/v1/webhook_deliveries', query, action });
      const deliveries = asRecord(json)?.data;
      if (!Array.isArray(deliveries)) throw undocumented(action, status, 'without a "data" list of deliveries');
      return deliveries.length;
    },

    async test(id, eventType = 'whatsapp.message.received') {
      const { json } = await api({
        method: 'POST',
        path: `${platform}/webhooks/${encodeURIComponent(id)}/test`,
        query: { event_type: eventType },
        action: `testing the webhook ${id}`,
      });
      const result = asRecord(asRecord(json)?.data) ?? asRecord(json);
      const success = result?.success;
      return { success: typeof success === 'boolean' ? success : null, status: asInteger(result?.response_status) };
    },
  };
}

function write(settings: WebhookSettings): WireObject {
  const wire: WireObject = {
    url: settings.url,
    events: settings.events,
    secret_key: settings.secretKey,
    active: settings.active,
    kind: settings.kind,
    payload_version: settings.payloadVersion,
  };
  return Object.fromEntries(Object.entries(wire).filter(([, value]) => value !== undefined));
}

function read(webhook: WireObject | null, action: string, status: number): Webhook {
  const id = asId(webhook?.id);
  if (!webhook || !id) throw undocumented(action, status, 'without the id of the webhook');
  return {
    id,
    url: asString(webhook.url),
    events: asList(webhook.events).filter(event => typeof event === 'string'),
    active: webhook.active === true,
    kind: asString(webhook.kind),
    payloadVersion: asString(webhook.payload_version),
    secretKey: asString(webhook.secret_key),
    updatedAt: readTimestamp(webhook.updated_at),
  };
}
