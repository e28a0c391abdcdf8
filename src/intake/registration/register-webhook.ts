import { isServed } from '../../config/webhook-path.ts';
import type { Webhook, WebhookClient, WebhookSettings } from '../../kapso/webhooks.ts';
import type { SecretFingerprints } from './secret-fingerprint.ts';

export interface RegistrationRequest {
  client: Pick<WebhookClient, 'list' | 'create' | 'update'>;
  /** The public address with the path. */
  url: string;
  /** The secret with which Kapso must sign. */
  secret: string;
  fingerprints: SecretFingerprints;
}

export interface Registered {
  id: string;
  change: 'created' | 'updated' | 'unchanged';
  /** What was not as it should be, in words. */
  differences: string[];
  /** Other webhooks with the same address. Every message also comes by each of them, perhaps with another signature. */
  duplicates: string[];
}

/** Among the differences: Kapso delivered nothing. */
export const switchedOff = 'it was switched off';

/** Messages, and what becomes of those that are sent. */
const neededEvents: readonly string[] = ['received', 'sent', 'delivered', 'read', 'failed'].map(
  event => `whatsapp.message.${event}`,
);

/**
 * Makes Kapso deliver to the address, signed with the secret (Kapso Platform API, "Webhooks"). An existing webhook is
 * changed only where it must be: events, buffering and headers that somebody added stay. Repeating is safe: a second
 * call changes nothing, and a webhook whose creation had no answer is found by its address.
 *
 * Throws what the client throws, and `StateError` when the fingerprint cannot be stored.
 */
export async function registerWebhook({ client, url, secret, fingerprints }: RegistrationRequest): Promise<Registered> {
  const same = (await client.list()).filter(webhook => isSameAddress(webhook.url, url));
  const knowing = await Promise.all(same.map(webhook => fingerprints.holds(webhook, secret)));
  const ours = same.find((_, at) => knowing[at]) ?? same.find(isUsable) ?? same[0];
  const duplicates = same.filter(webhook => webhook !== ours).map(({ id }) => id);
  if (ours === undefined) {
    const settings = { url, events: neededEvents, secretKey: secret, active: true } as const;
    const created = await client.create({ ...settings, kind: 'kapso', payloadVersion: 'v2' });
    await fingerprints.remember(created, secret);
    return { id: created.id, change: 'created', differences: [], duplicates };
  }
  const { settings, differences } = whatDiffers(ours);
  const secretKnown = ours.secretKey === secret || knowing[same.indexOf(ours)] === true;
  if (!secretKnown) {
    settings.secretKey = secret;
    differences.push('its secret may be another one');
  }
  if (differences.length === 0) return { id: ours.id, change: 'unchanged', differences, duplicates };
  const updated = await client.update(ours.id, settings);
  await fingerprints.remember(updated, secret);
  return { id: ours.id, change: 'updated', differences, duplicates };
}

/** Whether two addresses lead to the same place. The spelling of the host and a default port do not matter. */
export function isSameAddress(one: string | null, other: string): boolean {
  const [a, b] = [URL.parse(one ?? ''), URL.parse(other)];
  return a !== null && b !== null && a.href === b.href;
}

/** Returns a warning when an address leads to another path than the served one, unless a proxy translates; else null. */
export function pathWarning(url: string, path: string): string | null {
  const leadsTo = URL.parse(url)?.pathname ?? path;
  if (isServed(leadsTo, path)) return null;
  const [there, here] = [JSON.stringify(leadsTo), JSON.stringify(path)];
  return (
    `the webhook's public address has the path ${there}, but the poller serves ${here} (webhook.path): ` +
    'make both agree; unless a proxy changes it, no delivery arrives'
  );
}

function isUsable({ kind, active }: Webhook): boolean {
  return kind !== 'meta' && active;
}

/** Returns how a webhook differs from what the poller needs, in words, and the settings that change that. */
export function whatDiffers(webhook: Webhook): { settings: WebhookSettings; differences: string[] } {
  const settings: WebhookSettings = {};
  const differences: string[] = [];
  const missing = neededEvents.filter(event => !webhook.events.includes(event));
  if (missing.length > 0) {
    settings.events = [...webhook.events, ...missing];
    differences.push(`it lacked the events ${missing.join(', ')}`);
  }
  if (!webhook.active) {
    settings.active = true;
    differences.push(switchedOff);
  }
  // Kapso's defaults apply where its answer has no value, and they are these.
  if (webhook.payloadVersion !== null && webhook.payloadVersion !== 'v2') {
    settings.payloadVersion = 'v2';
    differences.push(`its payload version was ${webhook.payloadVersion}`);
  }
  if (webhook.kind !== null && webhook.kind !== 'kapso') {
    settings.kind = 'kapso';
    differences.push(`its kind was ${webhook.kind}`);
  }
  return { settings, differences };
}
