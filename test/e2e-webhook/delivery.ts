import { type Agent, request } from 'node:http';
import { inboundRow } from '../../src/simulator/kapso-rows.ts';
import { createDelivery } from '../../src/simulator/webhook-delivery.ts';
import type { Program } from '../e2e/program.ts';
import { phoneNumberId } from '../e2e/programs.ts';

export const webhookSecret = 'webhook-secret-91ac04d2';

/** Makes the stage's poller receive webhooks, on a port that the system chooses. */
export const domainMode: Record<string, string> = {
  KAPSO_MODE: 'domain',
  KAPSO_WEBHOOK_ADDR: '127.0.0.1:0',
  KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify-token-6b1f',
  KAPSO_WEBHOOK_SECRET: webhookSecret,
};

export interface WebhookText {
  id: string;
  /** Digits. */
  from: string;
  text: string;
  /** Unix seconds. */
  timestamp?: number;
}

/** A delivery as Kapso sends it: the bytes, and the headers with their signature. */
export function textDelivery({ id, from, text, timestamp }: WebhookText): ReturnType<typeof createDelivery> {
  const customer = { phone: from, userId: null, username: null, name: 'Ada' };
  const row = inboundRow({ id, customer, text, timestamp: timestamp ?? Math.floor(Date.now() / 1000) });
  return createDelivery({ form: 'v2', event: 'whatsapp.message.received', rows: [row], phoneNumberId }, webhookSecret);
}

/**
 * Resolves with the status, or rejects without one. `onAnswer` is called as soon as the status is known, before
 * anything else happens in this process.
 */
export function post(
  url: string,
  { body, headers }: { body: string; headers: Record<string, string> },
  options: { agent?: Agent; onAnswer?: (status: number) => void } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { agent } = options;
    const sent = request(url, { method: 'POST', headers, ...(agent && { agent }) }, response => {
      const status = response.statusCode ?? 0;
      options.onAnswer?.(status);
      response.on('error', () => {}).resume();
      resolve(status);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Where the present poller process listens, from its log. */
export async function addressOf(poller: Program, from: number): Promise<string> {
  const line = poller.lines[await poller.says('The webhook server is listening', from)] ?? '';
  const { address, path } = JSON.parse(line) as { address: string; path: string };
  return `http://${address}${path}`;
}
