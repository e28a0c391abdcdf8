import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createKapsoClient } from '../../src/kapso/client.ts';
import { KapsoResponseError } from '../../src/kapso/http/errors.ts';
import type { TransportRequest, TransportResponse } from '../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../src/kapso/http/transport-node.ts';
import { createWebhookClient } from '../../src/kapso/webhooks.ts';
import { serve } from './http/local-server.ts';
import { phoneNumberId, sample, sampleText } from './samples.ts';

const since = Date.UTC(2026, 4, 28, 20, 26, 41, 7);
const common = { apiKey: 'key', phoneNumberId, clock: systemClock };

function answering(...answers: Partial<TransportResponse>[]) {
  const asked: TransportRequest[] = [];
  const transport = async (request: TransportRequest) => {
    asked.push(request);
    return { status: 200, headers: {}, body: '{}', ...answers[Math.min(asked.length, answers.length) - 1] };
  };
  const options = { ...common, transport, baseUrl: 'https://api.kapso.ai' };
  return {
    asked,
    client: createKapsoClient({ ...options, apiVersion: 'v24.0' }),
    webhooks: createWebhookClient(options),
  };
}

test('the number and its name are asked for as documented', async () => {
  const body = JSON.stringify({ data: { display_phone_number: '+1 555-010-0200', verified_name: 'Acme\n' } });
  const { client, asked } = answering({ body }, { body: '{"data":{}}' }, { body: '[]' });
  const never = new AbortController().signal;
  expect(await client.ownNumber(never)).toEqual({ phone: '15550100200', name: 'Acme' });
  expect(asked[0]).toMatchObject({
    method: 'GET',
    url: new URL(`https://api.kapso.ai/platform/v1/whatsapp/phone_numbers/${phoneNumberId}`),
  });
  expect(await client.ownNumber(never)).toEqual({ phone: null, name: null });
  await expect(client.ownNumber(never)).rejects.toThrow(KapsoResponseError);
});

describe('listing', () => {
  test('asks as documented, with the key in its header, over a real connection', async () => {
    let seen: unknown;
    await using local = await serve((request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost');
      seen = { path: url.pathname, query: Object.fromEntries(url.searchParams), key: request.headers['x-api-key'] };
      response.setHeader('date', 'Thu, 28 May 2026 20:26:41 GMT').end(sampleText('list-page-1-newest-first.json'));
    });
    const client = createKapsoClient({
      ...common,
      apiVersion: 'v24.0',
      baseUrl: local.origin,
      transport: createNodeTransport(),
    });
    const page = await client.listMessages({ since, after: 'c+/=', direction: 'inbound' });
    expect(seen).toEqual({
      path: `/meta/whatsapp/v24.0/${phoneNumberId}/messages`,
      query: {
        direction: 'inbound',
        since: '2026-05-28T20:26:41.007Z',
        limit: '100',
        after: 'c+/=',
        fields: 'kapso(default)',
      },
      key: 'key',
    });
    expect(page).toEqual({
      rows: sample('list-page-1-newest-first.json').data,
      after: sample('list-page-1-newest-first.json').paging.cursors.after,
      serverTime: Date.UTC(2026, 4, 28, 20, 26, 41),
    });
  });

  test.each([
    ['with a null cursor', sampleText('list-page-last.json')],
    ['without rows', '{"data":[],"paging":{"cursors":{"after":"x"}}}'],
    ['without paging', '{"data":[{}]}'],
    ['that repeats the cursor', '{"data":[{}],"paging":{"cursors":{"after":"same"}}}'],
  ])('a page %s is the last', async (_, body) => {
    const { client } = answering({ body });
    expect((await client.listMessages({ since, after: 'same', direction: 'inbound' })).after).toBeNull();
  });

  test.each([['<html>hello</html>'], ['{"error":null}'], ['[]'], ['{"data":{}}'], ['']])(
    '%j is not a page',
    async body => {
      const attempt = answering({ body }).client.listMessages({ since, direction: 'inbound' });
      await expect(attempt).rejects.toThrow(KapsoResponseError);
      await expect(attempt).rejects.toThrow('without a "data" list of messages');
    },
  );
});

describe('the time that a page may take', () => {
  const limitsOf = async (limit: number) => {
    const { asked, client } = answering({ body: '{"data":[]}' });
    await client.listMessages({ since, limit, direction: 'inbound' });
    return asked[0]?.timeouts;
  };

  test('is that of any answer, as fewer rows can be asked for', async () => {
    expect(await limitsOf(2)).toEqual({ connect: 10_000, headers: 30_000, body: 30_000 });
  });

  test('is longer for a single row, as long as it keeps coming', async () => {
    expect(await limitsOf(1)).toEqual({ connect: 10_000, headers: 30_000, body: 300_000, silence: 30_000 });
  });
});

describe('a read mark', () => {
  test.each([
    [true, { typing_indicator: { type: 'text' } }],
    [false, {}],
  ])('with typing %s', async (typing, extra) => {
    const { asked, client } = answering({ body: '{"success":true}' });
    await client.markRead('wamid.1', { typing });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: 'wamid.1',
      ...extra,
    });
  });
});

describe('a reaction', () => {
  test.each([
    ['+15551234567', { to: '+15551234567' }],
    ['US.42', { recipient: 'US.42' }],
  ])('to a message of %s', async (to, address) => {
    const { asked, client } = answering({ body: '{"messages":[{"id":"wamid.2"}]}' });
    await client.react({ to, messageId: 'wamid.1', emoji: '👀' });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      ...address,
      type: 'reaction',
      reaction: { message_id: 'wamid.1', emoji: '👀' },
    });
  });
});

test('every answer says whether the limit of requests is near, a refusal too', async () => {
  const headers = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '5' };
  const { client } = answering({ status: 500, headers }, { headers: { ...headers, 'x-ratelimit-remaining': '50' } });
  expect(client.limitNear()).toBe(false);
  await expect(client.markRead('wamid.1', { typing: true })).rejects.toThrow('HTTP 500');
  expect(client.limitNear()).toBe(true);
  await client.markRead('wamid.1', { typing: true });
  expect(client.limitNear()).toBe(false);
});

describe('the base URL', () => {
  test('keeps a path as prefix, and the ids cannot leave it', async () => {
    const asked: string[] = [];
    const client = createKapsoClient({
      ...common,
      baseUrl: 'https://proxy.example/kapso/',
      phoneNumberId: '../../x?y',
      apiVersion: 'v24.0',
      transport: async ({ url }) => {
        asked.push(url.href);
        return { status: 200, headers: {}, body: '{}' };
      },
    });
    await client.markRead('wamid.1', { typing: false });
    expect(asked).toEqual(['https://proxy.example/kapso/meta/whatsapp/v24.0/..%2F..%2Fx%3Fy/messages']);
  });

  test.each(['file:///etc/passwd', 'api.kapso.ai'])('%s is none', baseUrl => {
    const { transport } = { transport: async () => ({ status: 200, headers: {}, body: '' }) };
    expect(() => createKapsoClient({ ...common, baseUrl, apiVersion: 'v24.0', transport })).toThrow(TypeError);
  });
});

describe('webhooks', () => {
  const path = `https://api.kapso.ai/platform/v1/whatsapp/phone_numbers/${phoneNumberId}/webhooks`;
  const body = sampleText('response-webhook-created.json');

  test('are created with the documented fields', async () => {
    const { asked, webhooks } = answering({ status: 201, body });
    const events = ['whatsapp.message.received'];
    await webhooks.create({ url: 'https://bridge.example/webhook', events, secretKey: 's' });
    expect(asked[0]).toMatchObject({ method: 'POST', headers: { 'x-api-key': 'key' } });
    expect(asked[0]?.url.href).toBe(path);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      whatsapp_webhook: {
        url: 'https://bridge.example/webhook',
        events,
        secret_key: 's',
        active: true,
        kind: 'kapso',
        payload_version: 'v2',
      },
    });
  });

  test('are changed only in what is given', async () => {
    const { asked, webhooks } = answering({ body });
    await webhooks.update('w 1', { active: false });
    expect(asked[0]).toMatchObject({ method: 'PATCH', body: '{"whatsapp_webhook":{"active":false}}' });
    expect(asked[0]?.url.href).toBe(`${path}/w%201`);
  });

  test('are removed and tested', async () => {
    const { asked, webhooks } = answering({ status: 204, body: '' });
    await webhooks.remove('w1');
    await webhooks.test('w1');
    expect(asked.map(({ method, url }) => `${method} ${url.href}`)).toEqual([
      `DELETE ${path}/w1`,
      'POST https://api.kapso.ai/platform/v1/whatsapp/webhooks/w1/test?event_type=whatsapp.message.received',
    ]);
  });

  test.each([
    ['cursor', { paging: { cursors: { after: 'next' } } }, 'after=next'],
    ['number', { meta: { page: 1, total_pages: 2 } }, 'page=2'],
  ])('are listed over all pages, by %s', async (_, paging, query) => {
    const { asked, webhooks } = answering(
      { body: JSON.stringify({ data: [{ id: 'a' }], ...paging }) },
      { body: JSON.stringify({ data: [{ id: 'b' }] }) },
    );
    expect((await webhooks.list()).map(webhook => webhook.id)).toEqual(['a', 'b']);
    expect(asked[1]?.url.search).toContain(query);
  });

  test('an answer without an id is an error', async () => {
    await expect(answering({ body: '{"data":{}}' }).webhooks.create({ url: 'https://x.example' })).rejects.toThrow(
      'without the id of the webhook',
    );
  });
});
