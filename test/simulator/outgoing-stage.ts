import type { KapsoSimulator } from '../../src/simulator/kapso.ts';
import { sampleOf } from '../../src/simulator/sample-media.ts';
import type { kapsoClient } from './kapso-client.ts';

const body = (text: string) => ({ type: 'BODY', text });

/** Templates of every kind, in Meta's form. */
export const templates = [
  { name: 'message_for_you', language: 'en_US', components: [body('A message for you: {{1}}')] },
  {
    name: 'order_update',
    language: 'en_US',
    components: [
      body('Hello {{1}}, your order {{2}} is on its way.'),
      { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Track it', url: 'https://example.com/track/{{1}}' }] },
    ],
  },
  {
    name: 'order_ready',
    language: 'en_US',
    parameter_format: 'NAMED',
    components: [body('Hello {{customer_name}}, your order {{order_number}} is ready.')],
  },
  {
    name: 'spring_sale',
    language: 'en_US',
    category: 'MARKETING',
    components: [{ type: 'HEADER', format: 'IMAGE' }, body('{{1}} off everything.')],
  },
  {
    name: 'sign_in_code',
    language: 'en_US',
    category: 'AUTHENTICATION',
    components: [
      body('*{{1}}* is your verification code.'),
      { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy code' }] },
    ],
  },
];

export async function putTemplates(client: ReturnType<typeof kapsoClient>): Promise<void> {
  await client.sim('POST', 'templates', templates);
}

/** Uploads a small file of the type, and returns its id. */
export async function uploadSample(kapso: KapsoSimulator, mimeType: string): Promise<string> {
  const form = new FormData();
  form.set('messaging_product', 'whatsapp');
  form.set('type', mimeType);
  form.set('file', new Blob([Uint8Array.from(sampleOf(mimeType, 500))], { type: mimeType }), 'file');
  const response = await fetch(`${kapso.url}/meta/whatsapp/v24.0/${kapso.phoneNumberId}/media`, {
    method: 'POST',
    headers: { 'X-API-Key': kapso.apiKey },
    body: form,
  });
  return ((await response.json()) as { id: string }).id;
}
