import { randomBytes, randomUUID } from 'node:crypto';
import type { Answer } from './http.ts';
import { asNumber, asObject, asText, type JsonObject } from './json.ts';
import { kapsoError } from './kapso-errors.ts';

/** A WhatsApp webhook as on Kapso's create-webhook page. */
export interface Webhook {
  id: string;
  url: string;
  events: string[];
  secret_key: string;
  active: boolean;
  kind: 'kapso' | 'meta';
  payload_version: 'v1' | 'v2';
  buffer_enabled: boolean;
  buffer_window_seconds: number;
  max_buffer_size: number;
  headers: Record<string, string>;
  inactivity_minutes: number;
  phone_number_id: string;
  created_at: string;
  updated_at: string;
}

/**
 * Applies what the platform API was given to the previous webhook (`{}` for a new one). Returns the webhook or Kapso's
 * refusal. `now` is in milliseconds since the epoch.
 */
export function parseWebhook(
  input: JsonObject,
  before: Partial<Webhook>,
  phoneNumberId: string,
  now: number,
): Webhook | { refusal: Answer } {
  const merged: JsonObject = { ...before, ...input };
  const refuse = (message: string) => ({ refusal: kapsoError(422, 'Validation failed', message) });
  const url = asText(merged.url);
  if (url === null || !URL.canParse(url)) return refuse('Url must be a URL');
  // Kapso insists on public HTTPS. The simulator allows http for a receiver on the same machine.
  if (!/^https?:$/.test(new URL(url).protocol)) return refuse('Url must be https');
  const kind = merged.kind ?? 'kapso';
  if (kind !== 'kapso' && kind !== 'meta') return refuse('Kind must be kapso or meta');
  const version = merged.payload_version ?? 'v2';
  if (version !== 'v1' && version !== 'v2') return refuse('Payload version must be v1 or v2');
  const events = Array.isArray(merged.events) ? merged.events.map(String) : [];
  if (kind === 'kapso' && events.length === 0) return refuse("Events can't be blank");
  const window = asNumber(merged.buffer_window_seconds, 5);
  if (window < 1 || window > 60) return refuse('Buffer window seconds must be from 1 to 60');
  const size = asNumber(merged.max_buffer_size, 50);
  if (size < 1 || size > 100) return refuse('Max buffer size must be from 1 to 100');
  const at = new Date(now).toISOString();
  return {
    id: before.id ?? randomUUID(),
    url,
    events,
    active: merged.active !== false,
    secret_key: asText(merged.secret_key) ?? randomBytes(32).toString('hex'),
    headers: Object.fromEntries(Object.entries(asObject(merged.headers)).map(([name, text]) => [name, String(text)])),
    buffer_enabled: merged.buffer_enabled === true,
    buffer_window_seconds: window,
    max_buffer_size: size,
    inactivity_minutes: asNumber(merged.inactivity_minutes, 60),
    kind,
    payload_version: version,
    phone_number_id: phoneNumberId,
    created_at: before.created_at ?? at,
    updated_at: at,
  };
}
