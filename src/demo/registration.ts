import { fieldsOf } from '../narrow.ts';
import { ask, tell } from './control.ts';
import { phoneNumberId } from './site.ts';

/** Where the webhook is registered, at the simulated Kapso, and what it is. */
export interface Registration {
  kapsoUrl: string;
  apiKey: string;
  url: string;
  /** Signs its deliveries. */
  secret: string;
}

const headersOf = ({ apiKey }: Registration) => ({ 'X-API-Key': apiKey, 'Content-Type': 'application/json' });

function collectionOf({ kapsoUrl }: Registration): string {
  return `${kapsoUrl}/platform/v1/whatsapp/phone_numbers/${phoneNumberId}/webhooks`;
}

/** Tells Kapso the webhook's address. Throws `NotAnswered`. */
export async function registerWebhook(registration: Registration): Promise<void> {
  const { url, secret } = registration;
  const events = ['received', 'sent', 'delivered', 'read', 'failed'].map(name => `whatsapp.message.${name}`);
  const webhook = { url, events, secret_key: secret, kind: 'kapso', active: true };
  await tell(collectionOf(registration), { whatsapp_webhook: webhook }, headersOf(registration));
}

/** Has Kapso deliver nothing more. Throws `NotAnswered`. */
export async function removeWebhooks(registration: Registration): Promise<void> {
  const collection = collectionOf(registration);
  const headers = headersOf(registration);
  const { data } = await ask(collection, { headers });
  for (const webhook of Array.isArray(data) ? data : []) {
    await ask(`${collection}/${String(fieldsOf(webhook).id)}`, { method: 'DELETE', headers });
  }
}
