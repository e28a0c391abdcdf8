import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createKapsoClient } from '../../../src/kapso/client.ts';
import { readApiError } from '../../../src/kapso/http/api-error.ts';
import type { Transport } from '../../../src/kapso/http/transport.ts';
import { normaliseListRow, normaliseWebhook } from '../../../src/kapso/inbound/normalise.ts';
import type { Normalised } from '../../../src/kapso/inbound/normalised.ts';
import { createWebhookClient } from '../../../src/kapso/webhooks.ts';
import { phoneNumberId, sample, sampleNames, sampleText } from '../samples.ts';
import { readings } from './sample-readings.ts';

const refusals: Record<string, { status: number; metaCode: number | null; disposition: string; says: string }> = {
  'error-kapso-400.json': { status: 400, metaCode: null, disposition: 'permanent', says: 'Parameter limit is invalid' },
  'error-kapso-401.json': { status: 401, metaCode: null, disposition: 'auth', says: 'Invalid or missing API key' },
  'error-kapso-404.json': { status: 404, metaCode: null, disposition: 'permanent', says: 'configuration not found' },
  'error-kapso-409-in-flight.json': { status: 409, metaCode: null, disposition: 'retry', says: 'in flight' },
  'error-kapso-422.json': { status: 422, metaCode: null, disposition: 'permanent', says: 'Url must be https' },
  'error-kapso-429.json': { status: 429, metaCode: null, disposition: 'wait', says: 'exceeded the rate limit' },
  'error-kapso-504.json': { status: 504, metaCode: null, disposition: 'retry', says: 'Kapso proxy timeout' },
  'error-meta-100-33-unknown-object.json': {
    status: 400,
    metaCode: 100,
    disposition: 'permanent',
    says: 'does not exist',
  },
  'error-meta-100-bad-media-id.json': { status: 400, metaCode: 100, disposition: 'permanent', says: 'Param image.id' },
  'error-meta-100-invalid-parameter.json': {
    status: 400,
    metaCode: 100,
    disposition: 'permanent',
    says: '4096 characters',
  },
  'error-meta-130429-throughput.json': { status: 400, metaCode: 130429, disposition: 'wait', says: 'throughput' },
  'error-meta-131026-undeliverable.json': {
    status: 400,
    metaCode: 131026,
    disposition: 'permanent',
    says: 'Unable to deliver',
  },
  'error-meta-131030-not-in-allowed-list.json': {
    status: 400,
    metaCode: 131030,
    disposition: 'permanent',
    says: 'not in allowed list',
  },
  'error-meta-131047-reengagement.json': {
    status: 400,
    metaCode: 131047,
    disposition: 'window',
    says: '24 hours have passed',
  },
  'error-meta-131048-spam-rate.json': { status: 400, metaCode: 131048, disposition: 'wait', says: 'restrictions' },
  'error-meta-131053-media-upload.json': {
    status: 400,
    metaCode: 131053,
    disposition: 'permanent',
    says: 'Mismatched MIME',
  },
  'error-meta-131056-pair-rate.json': { status: 400, metaCode: 131056, disposition: 'wait', says: 'pair rate limit' },
  'error-meta-131062-bsuid-auth-template.json': {
    status: 400,
    metaCode: 131062,
    disposition: 'permanent',
    says: 'business-scoped user IDs',
  },
  'error-meta-190-token.json': { status: 400, metaCode: 190, disposition: 'auth', says: 'access token' },
};

const sends: Record<string, { id: string; waId: string | null }> = {
  'response-send-ok.json': { id: 'wamid.SYN0060', waId: '15550104477' },
  'response-send-ok-paced-template.json': { id: 'wamid.SYN0061', waId: '15550104477' },
  'response-send-ok-bsuid.json': { id: 'wamid.SYN0062', waId: null },
  'response-send-ok-argentina-wa-id-differs.json': { id: 'wamid.SYN0063', waId: '5491155501234' },
};

/** Samples of what other parts of the program, or none, read. */
const elsewhere = ['response-media-metadata.json', 'response-media-upload-ok.json'];

const answering =
  (name: string): Transport =>
  async () => ({ status: 200, headers: {}, body: sampleText(name) });

const deps = (name: string) => ({
  baseUrl: 'http://127.0.0.1:1',
  apiKey: 'key',
  phoneNumberId,
  transport: answering(name),
  clock: systemClock,
});

test('every sample has an expectation', () => {
  const known = [
    ...Object.keys(readings),
    ...Object.keys(refusals),
    ...Object.keys(sends),
    ...elsewhere,
    'response-mark-read-ok.json',
    'response-webhook-created.json',
    'signature-vectors.json',
  ];
  expect(sampleNames().sort()).toEqual(known.sort());
});

test.each(Object.entries(readings))('%s reads as expected', (name, expected) => {
  expect(read(name).map(told)).toEqual(expected);
});

test.each(Object.entries(refusals))('%s is told apart', (name, { status, says, ...expected }) => {
  const error = readApiError(
    { status, headers: {}, body: sampleText(name) },
    { action: 'sending', secrets: [], now: 0 },
  );
  expect(error).toMatchObject({ httpStatus: status, ...expected });
  expect(error.message).toContain(says);
});

test.each(Object.entries(sends))('%s is a message that was sent', async (name, expected) => {
  const client = createKapsoClient({ ...deps(name), apiVersion: 'v24.0' });
  expect(await client.send({ to: '+15550104477', content: { kind: 'text', text: 'hello' } })).toEqual(expected);
});

test('response-mark-read-ok.json is a read mark that was set', async () => {
  const client = createKapsoClient({ ...deps('response-mark-read-ok.json'), apiVersion: 'v24.0' });
  await expect(client.markRead('wamid.SYN0001', { typing: false })).resolves.toBeUndefined();
});

test('response-webhook-created.json is a webhook', async () => {
  const client = createWebhookClient(deps('response-webhook-created.json'));
  expect(await client.create({ url: 'https://bridge.example/webhook' })).toEqual({
    id: '9e8d0000-0000-4000-8000-00000000000b',
    url: 'https://bridge.example/webhook',
    events: ['whatsapp.message.received'],
    active: true,
    kind: 'kapso',
    payloadVersion: 'v2',
    secretKey: 'SYNTH-SECRET',
    updatedAt: Date.parse('2026-05-28T20:00:00Z'),
  });
});

test('the signed bodies read as the samples they are named after', () => {
  const { vectors } = sample('signature-vectors.json');
  for (const [name, vector] of Object.entries<{ raw_body_utf8: string }>(vectors)) {
    expect(normaliseWebhook(JSON.parse(vector.raw_body_utf8), {}, { phoneNumberId }), name).toEqual(read(name));
  }
});

function read(name: string): Normalised[] {
  const content = sample(name);
  if (!name.startsWith('list-')) return normaliseWebhook(content, {}, { phoneNumberId });
  const rows: unknown[] = name.startsWith('list-page') ? content.data : [content];
  return rows.map(row => normaliseListRow(row, { phoneNumberId }));
}

function told(item: Normalised): object {
  if (item.kind === 'message') return { text: item.message.text };
  return item.kind === 'skipped' ? { skipped: item.reason } : { unreadable: item.reason };
}
