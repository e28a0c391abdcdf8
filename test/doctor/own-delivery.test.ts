import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { AccountConfig } from '../../src/config/load.ts';
import { createReport, type Finding } from '../../src/doctor/finding.ts';
import { checkWebhook } from '../../src/doctor/webhook.ts';
import { openTransport } from '../../src/kapso/http/open-transport.ts';

const secret = 'signing-secret-3f2e';
let front: Server;
let answer: (signed: boolean) => number;

/** What stands at the public address. */
beforeEach(async () => {
  front = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const right = createHmac('sha256', secret).update(Buffer.concat(chunks)).digest('hex');
      response.writeHead(answer(request.headers['x-webhook-signature'] === right)).end('{}');
    });
  });
  await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve));
});
afterEach(() => front.close());

async function deliver(secrets: readonly string[]): Promise<Finding[]> {
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/webhook`;
  const found: Finding[] = [];
  const registered = {
    id: 'w1',
    url,
    events: ['received', 'sent', 'delivered', 'read', 'failed'].map(name => `whatsapp.message.${name}`),
    active: true,
    ...{ kind: 'kapso', payloadVersion: 'v2', secretKey: null, updatedAt: null },
  };
  const config = { mode: 'domain', webhook: { path: '/webhook' } } as AccountConfig;
  const webhooks = { list: async () => [registered], failedDeliveries: async () => 3 };
  const transport = openTransport({ proxy: null });
  const report = createReport('webhook', finding => found.push(finding));
  const parts = { config, url, secrets, webhooks, transport, clock: systemClock, running: {} };
  await checkWebhook(parts, report, AbortSignal.timeout(10_000));
  return found;
}

test.each([
  ['takes what is signed only', (signed: boolean) => (signed ? 200 : 401), 'ok', /signed delivery to .* arrives/],
  ['refuses the signature', () => 401, 'fail', /refuses the signature of webhook\.secret/],
  ['takes anything', () => 200, 'fail', /accepts deliveries without a signature/],
  ['is another program', () => 404, 'fail', /answers 404/],
] as const)('where the public address %s, doctor says so', async (_, answers, level, says) => {
  answer = answers;
  const found = await deliver([secret]);
  expect(found.filter(finding => says.test(finding.says)).map(finding => finding.level)).toEqual([level]);
  expect(found.filter(finding => /3 failed deliveries/.test(finding.says)).map(finding => finding.level)).toEqual([
    'warn',
  ]);
});

test('a set-up without a secret is tried unsigned', async () => {
  answer = () => 200;
  const found = await deliver([]);
  expect(found.map(({ says }) => says)).toContainEqual(expect.stringMatching(/^a delivery to .* arrives$/));
});
