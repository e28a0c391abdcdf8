import { createHmac } from 'node:crypto';
import { phoneNumberId } from './stage.ts';

export const webhookSecret = 'bench-webhook-secret';
export const webhookPath = '/webhook';

/** What the poller needs to receive webhooks, on a port that the system chooses. */
export const webhookEnv = {
  KAPSO_MODE: 'domain',
  KAPSO_WEBHOOK_ADDR: '127.0.0.1:0',
  KAPSO_WEBHOOK_VERIFY_TOKEN: 'bench-verify-token',
  KAPSO_WEBHOOK_SECRET: webhookSecret,
  // There is nothing to catch up on, and no other reason to ask Kapso.
  KAPSO_POLL_CATCH_UP: 'false',
};

/** The line in the poller's log with the port. */
export const webhookListening = /webhook server is listening.*?address=\S*?:(\d+)/;

export interface DeliveryOptions {
  id: string;
  /** Digits. */
  from: string;
}

/** A signed delivery of one text message in Kapso's form v2, as the bytes of an HTTP request on a kept connection. */
export function deliveryRequest(options: DeliveryOptions): Buffer {
  const body = Buffer.from(JSON.stringify(payload(options)));
  const signature = createHmac('sha256', webhookSecret).update(body).digest('hex');
  const head = [
    `POST ${webhookPath} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    'x-webhook-event: whatsapp.message.received',
    'x-webhook-payload-version: v2',
    `x-webhook-signature: ${signature}`,
    `x-idempotency-key: ${options.id}`,
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

function payload({ id, from }: DeliveryOptions): object {
  const seconds = Math.floor(Date.now() / 1000);
  const at = new Date(seconds * 1000).toISOString();
  const text = 'Is the workshop still on for Friday?';
  return {
    message: {
      id,
      timestamp: String(seconds),
      type: 'text',
      from,
      text: { body: text },
      kapso: {
        direction: 'inbound',
        status: 'received',
        processing_status: 'pending',
        has_media: false,
        origin: 'cloud_api',
        content: text,
      },
    },
    conversation: {
      id: '5f0c1a52-7a1e-4a5b-9d0b-3f2a8c6e1b77',
      phone_number: `+${from}`,
      status: 'active',
      last_active_at: at,
      created_at: at,
      updated_at: at,
      metadata: {},
      phone_number_id: phoneNumberId,
      kapso: { contact_name: 'Ada', messages_count: 3, last_message_id: id, last_message_type: 'text' },
    },
    is_new_conversation: false,
    phone_number_id: phoneNumberId,
  };
}
