import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { manualClock } from '../manual-clock.ts';
import { kapsoClient } from './kapso-client.ts';

interface Received {
  headers: IncomingHttpHeaders;
  raw: string;
  body: ReturnType<typeof JSON.parse>;
}

let receiver: Server;
let url: string;
let received: Received[];
let statuses: number[];
let arrived: () => void;

const clock = manualClock(Date.parse('2026-11-22T12:00:00.000Z'));
let kapso: KapsoSimulator;
let client: ReturnType<typeof kapsoClient>;
let collection: string;

/** Resolves when this many deliveries have come. */
async function deliveries(count: number): Promise<Received[]> {
  while (received.length < count) await new Promise<void>(resolve => (arrived = resolve));
  return received;
}

beforeEach(async () => {
  received = [];
  statuses = [];
  arrived = () => {};
  receiver = createServer(async (request, response) => {
    let raw = '';
    for await (const chunk of request.setEncoding('utf8')) raw += chunk;
    received.push({ headers: request.headers, raw, body: JSON.parse(raw) });
    response.writeHead(statuses.shift() ?? 200).end('ok');
    arrived();
  });
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhook`;
  kapso = await startKapsoSimulator({ clock });
  client = kapsoClient(kapso);
  collection = `/platform/v1/whatsapp/phone_numbers/${kapso.phoneNumberId}/webhooks`;
});
afterEach(async () => {
  await kapso.close();
  receiver.closeAllConnections();
  receiver.close();
});

async function register(settings: object = {}): Promise<string> {
  const whatsapp_webhook = { url, events: ['whatsapp.message.received'], secret_key: 'secret', ...settings };
  const { body } = await client.request('POST', collection, { whatsapp_webhook });
  return body.data.id;
}
const signed = (raw: string) => createHmac('sha256', 'secret').update(raw).digest('hex');

describe('registration', () => {
  it('creates, lists, changes and deletes, with the documented defaults', async () => {
    const id = await register();
    const { body } = await client.request('GET', collection);
    expect(body.data).toMatchObject([
      { id, url, active: true, kind: 'kapso', payload_version: 'v2', buffer_enabled: false, secret_key: 'secret' },
    ]);
    const changed = await client.request('PATCH', `${collection}/${id}`, { whatsapp_webhook: { active: false } });
    expect(changed.body.data).toMatchObject({ id, active: false, url });
    expect((await client.request('DELETE', `${collection}/${id}`)).status).toBe(204);
    expect((await client.request('GET', `${collection}/${id}`)).status).toBe(404);
  });

  it('refuses what Kapso refuses', async () => {
    await register({ kind: 'meta' });
    for (const settings of [
      { url: 'nowhere' },
      { events: [] },
      { kind: 'other' },
      { kind: 'meta' },
      { buffer_window_seconds: 61 },
    ]) {
      const whatsapp_webhook = { url, events: ['whatsapp.message.received'], ...settings };
      expect((await client.request('POST', collection, { whatsapp_webhook })).status).toBe(422);
    }
  });

  it('sends a test delivery that says it is one', async () => {
    const id = await register();
    await client.request('POST', `/platform/v1/whatsapp/webhooks/${id}/test?event_type=whatsapp.message.received`);
    const [delivery] = await deliveries(1);
    expect(delivery?.body).toMatchObject({ test: true, message: { id: expect.stringMatching(/^wamid\.TEST_/) } });
  });
});

describe('deliveries', () => {
  it('are version 2, signed over the bytes that are sent', async () => {
    await register({ headers: { 'X-Own': 'yes' } });
    const [id] = await client.inbound({ from: '+15550104477', name: 'Zoe', text: 'grüezi 🙂' });
    const [delivery] = await deliveries(1);
    expect(delivery?.body).toMatchObject({
      message: {
        id,
        from: '15550104477',
        text: { body: 'grüezi 🙂' },
        kapso: { direction: 'inbound', status: 'received' },
      },
      conversation: { phone_number: '+15550104477', kapso: { contact_name: 'Zoe' } },
      phone_number_id: kapso.phoneNumberId,
    });
    expect(delivery?.headers).toMatchObject({
      'x-webhook-event': 'whatsapp.message.received',
      'x-webhook-payload-version': 'v2',
      'x-webhook-signature': signed(delivery?.raw ?? ''),
      'x-idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-own': 'yes',
    });
  });

  it('come for the events that were asked for, and not for others', async () => {
    await register({ events: ['whatsapp.message.sent'] });
    await client.inbound({ text: 'in' });
    await client.text('+15551234567', 'out');
    const [delivery] = await deliveries(1);
    expect(delivery?.body.message).toMatchObject({ text: { body: 'out' }, kapso: { direction: 'outbound' } });
    expect(received).toHaveLength(1);
  });

  it("come for what became of a sent text, to a webhook of Meta's kind too, which gets all", async () => {
    await register({ kind: 'meta', events: [] });
    const id: string = (await client.text('+15551234567', 'out')).body.messages[0].id;
    await client.sim('POST', 'status', { id, status: 'delivered' });
    const values = (await deliveries(2)).map(({ body }) => body.entry[0].changes[0].value);
    expect(values.map(({ messages }) => messages)).toEqual([undefined, undefined]);
    expect(values.map(({ statuses: [status] }) => status)).toMatchObject([
      { id, status: 'sent', recipient_id: '15551234567' },
      { id, status: 'delivered', recipient_id: '15551234567' },
    ]);
  });

  it('are tried again after 10, 40 and 90 seconds under the same key, and then given up', async () => {
    await register();
    statuses = [500, 500, 500, 500];
    await client.inbound({ text: 'x' });
    for (const [tries, delay] of [
      [1, 10_000],
      [2, 40_000],
      [3, 90_000],
    ] as const) {
      await deliveries(tries);
      await expect.poll(() => clock.pending()).toContain(clock.now() + delay);
      clock.advance(delay - 1);
      expect(received).toHaveLength(tries);
      clock.advance(1);
    }
    await deliveries(4);
    await client.sim('GET', 'wait?for=deliveries&count=4');
    clock.advance(600_000);
    expect(new Set(received.map(({ headers }) => headers['x-idempotency-key'])).size).toBe(1);
    expect((await client.sim('GET', 'deliveries')).body.deliveries).toMatchObject([
      { attempt: 1, status: 500 },
      { attempt: 2 },
      { attempt: 3 },
      { attempt: 4, status: 500 },
    ]);
  });

  it('keep the order of a conversation while an earlier one is tried again', async () => {
    await register();
    statuses = [500];
    await client.inbound({ text: '{n}', count: 2 });
    await deliveries(1);
    await expect.poll(() => clock.pending()).toContain(clock.now() + 10_000);
    expect(received).toHaveLength(1);
    clock.advance(10_000);
    await deliveries(3);
    expect(received.map(({ body }) => body.message.text.body)).toEqual(['1', '1', '2']);
  });

  it('are batches when buffered, and single with keys of their own when the batch fails', async () => {
    await register({ buffer_enabled: true, buffer_window_seconds: 5, max_buffer_size: 2 });
    await client.inbound({ text: '{n}', count: 2 });
    const [batch] = await deliveries(1);
    expect(batch?.headers).toMatchObject({ 'x-webhook-batch': 'true', 'x-batch-size': '2' });
    expect(batch?.body).toMatchObject({ type: 'whatsapp.message.received', batch: true, data: [{}, {}] });

    statuses = [500, 500, 500, 500];
    await client.inbound({ text: 'again' });
    await expect.poll(() => clock.pending()).toContain(clock.now() + 5000);
    clock.advance(5000);
    for (const [tries, delay] of [
      [2, 10_000],
      [3, 40_000],
      [4, 90_000],
    ] as const) {
      await deliveries(tries);
      await expect.poll(() => clock.pending()).toContain(clock.now() + delay);
      clock.advance(delay);
    }
    const all = await deliveries(6);
    expect(all[1]?.headers['x-batch-size']).toBe('1');
    expect(all[5]?.headers['x-webhook-batch']).toBeUndefined();
    expect(all[5]?.headers['x-idempotency-key']).not.toBe(all[1]?.headers['x-idempotency-key']);
  });
});

describe('a delivery on command', () => {
  it.each([
    ['v2', { message: { id: 'wamid.A' } }],
    ['v2-batch', { batch: true, data: [{ message: { id: 'wamid.A' } }] }],
    ['v1', { event: 'whatsapp.message.received', data: { message: { whatsapp_message_id: 'wamid.A', content: 'x' } } }],
    [
      'meta',
      { object: 'whatsapp_business_account', entry: [{ changes: [{ value: { messages: [{ id: 'wamid.A' }] } }] }] },
    ],
  ])('has the form %s', async (form, shape) => {
    await client.inbound({ id: 'wamid.A', text: 'x' });
    const answer = await client.sim('POST', 'deliver', { url, id: 'wamid.A', form, secret: 'secret' });
    expect(answer.body).toMatchObject({ status: 200, body: 'ok' });
    const [delivery] = await deliveries(1);
    expect(delivery?.body).toMatchObject(shape);
    expect(delivery?.headers['x-webhook-signature']).toBe(signed(delivery?.raw ?? ''));
    if (form === 'meta') {
      const digest = createHash('sha256')
        .update(delivery?.raw ?? '')
        .digest('hex');
      expect(delivery?.headers['x-idempotency-key']).toBe(digest);
    }
  });

  it('can be unsigned, and reports a receiver that is not there', async () => {
    await client.inbound({ id: 'wamid.A', text: 'x' });
    await client.sim('POST', 'deliver', { url, id: 'wamid.A', secret: 'secret', unsigned: true });
    expect((await deliveries(1))[0]?.headers['x-webhook-signature']).toBeUndefined();
    receiver.closeAllConnections();
    await new Promise(resolve => receiver.close(resolve));
    const answer = await client.sim('POST', 'deliver', { url, id: 'wamid.A' });
    expect(answer.body).toMatchObject({ status: null, error: expect.stringContaining('ECONNREFUSED') });
  });

  it('refuses a message that is not there', async () => {
    expect((await client.sim('POST', 'deliver', { url, id: 'wamid.none' })).status).toBe(400);
  });
});
