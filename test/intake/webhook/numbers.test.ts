import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { WebhookNumber } from '../../../src/intake/webhook/server.ts';
import { inboundRow } from '../../../src/simulator/kapso-rows.ts';
import { createDelivery, type WebhookForm, webhookForms } from '../../../src/simulator/webhook-delivery.ts';
import { serversOfThisFile } from './harness.ts';

/** What each number was given: ids of messages, `-> id` for a report of a sent one. */
type Given = Record<string, string[]>;

const startServer = serversOfThisFile();
const [sales, support, other] = ['647000000000001', '647000000000002', '647000000000009'] as const;
const secrets = { [sales]: 'secret-of-sales', [support]: 'secret-of-support' };
const customer = { phone: '15550104477', userId: null, username: null, name: 'Ada' };

async function start(secretsOf: Record<string, string | null> = secrets) {
  const given: Given = {};
  const delivered: string[] = [];
  const numbers = Object.entries(secretsOf).map(([phoneNumberId, secret]): WebhookNumber => {
    given[phoneNumberId] = [];
    return {
      phoneNumberId,
      secrets: secret === null ? [] : [secret],
      kapsoNow: systemClock.now,
      accept: async ({ items, statuses }) => {
        const ids = items.map(item => (item.kind === 'message' ? item.message.id : `${item.kind}`));
        given[phoneNumberId]?.push(...ids, ...statuses.map(({ id }) => `-> ${id}`));
      },
      onDelivery: () => delivered.push(phoneNumberId),
      emit: () => undefined,
    };
  });
  const server = await startServer({ numbers });
  const post = async (body: string, headers: Record<string, string>) => {
    const { status } = await fetch(server.url, { method: 'POST', body, headers });
    return { status, given: structuredClone(given), delivered: [...delivered] };
  };
  return { ...server, post };
}

function deliveryFor(phoneNumberId: string, secret: string | null, form: WebhookForm = 'v2', ids = ['wamid.1']) {
  const rows = ids.map(id => inboundRow({ id, customer, text: 'Hello', timestamp: 1_780_000_001 }));
  const event = 'whatsapp.message.received';
  return createDelivery({ form, event, rows, phoneNumberId }, secret);
}

describe.each(webhookForms)('a delivery in the form %s', form => {
  it('goes to the number that it names, by the secret of that number', async () => {
    const { post } = await start();
    for (const [id, wamid] of [[sales, 'wamid.1'] as const, [support, 'wamid.2'] as const]) {
      const { body, headers } = deliveryFor(id, secrets[id] ?? null, form, [wamid]);
      expect((await post(body, headers)).status).toBe(200);
    }
    const { body, headers } = deliveryFor(support, secrets[support] ?? null, form, ['wamid.3']);
    expect(await post(body, headers)).toEqual({
      status: 200,
      given: { [sales]: ['wamid.1'], [support]: ['wamid.2', 'wamid.3'] },
      delivered: [sales, support, support],
    });
  });

  it('is refused when it names another of our numbers than the one whose secret signed it', async () => {
    const { post, lines } = await start();
    const { body, headers } = deliveryFor(support, secrets[sales] ?? null, form);
    expect(await post(body, headers)).toEqual({ status: 401, given: { [sales]: [], [support]: [] }, delivered: [] });
    expect(lines.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('the signature is not that of its phone number id'),
    );
  });

  it('is answered and not kept when it names a number that is not ours', async () => {
    const { post, lines } = await start();
    const { body, headers } = deliveryFor(other, secrets[sales] ?? null, form);
    expect(await post(body, headers)).toMatchObject({ status: 200, given: { [sales]: [], [support]: [] } });
    expect(lines).toContainEqual(
      expect.objectContaining({ fields: { configured: `${sales}, ${support}`, received: other } }),
    );
  });

  it('is refused without a signature, and with that of nobody', async () => {
    const { post } = await start();
    for (const secret of [null, 'guessed']) {
      const { body, headers } = deliveryFor(sales, secret, form);
      expect((await post(body, headers)).status).toBe(401);
    }
  });
});

it.each(['v2-batch', 'meta'] as const)('a delivery of both in the form %s is refused as a whole', async form => {
  const { post } = await start();
  const parts = [deliveryFor(sales, null, form, ['wamid.1']), deliveryFor(support, null, form, ['wamid.2'])].map(
    ({ body }) => JSON.parse(body) as { data?: unknown[]; entry?: unknown[] },
  );
  const list = form === 'meta' ? 'entry' : 'data';
  const both = JSON.stringify({ ...parts[0], [list]: parts.flatMap(part => part[list] ?? []) });
  const signed = createHmac('sha256', secrets[sales] ?? '')
    .update(both)
    .digest('hex');
  const { headers } = deliveryFor(sales, null, form);
  expect(await post(both, { ...headers, 'X-Webhook-Signature': signed })).toEqual({
    status: 401,
    given: { [sales]: [], [support]: [] },
    delivered: [],
  });
  // Where both have the same secret, each gets its own.
  const shared = await start({ [sales]: 'shared', [support]: 'shared' });
  const byShared = createHmac('sha256', 'shared').update(both).digest('hex');
  expect(await shared.post(both, { ...headers, 'X-Webhook-Signature': byShared })).toEqual({
    status: 200,
    given: { [sales]: ['wamid.1'], [support]: ['wamid.2'] },
    delivered: [sales, support],
  });
});

describe('a number whose deliveries need no signature', () => {
  const open = { [sales]: secrets[sales] ?? null, [support]: null };

  it('gets what names it, and opens no other number', async () => {
    const { post } = await start(open);
    const own = deliveryFor(support, null);
    expect(await post(own.body, own.headers)).toMatchObject({ status: 200, given: { [support]: ['wamid.1'] } });
    const others = deliveryFor(sales, null, 'v2', ['wamid.2']);
    expect(await post(others.body, others.headers)).toMatchObject({ status: 401, given: { [sales]: [] } });
    const signed = deliveryFor(sales, secrets[sales] ?? null, 'v2', ['wamid.3']);
    expect(await post(signed.body, signed.headers)).toMatchObject({ status: 200, given: { [sales]: ['wamid.3'] } });
  });
});

describe('a delivery that names no number', () => {
  const unnamed = (secret: string) => {
    const { body, headers } = deliveryFor(sales, secret);
    const { phone_number_id, conversation, whatsapp_config, ...rest } = JSON.parse(body) as Record<string, unknown>;
    return createDeliveryOf(rest, secret, headers);
  };

  it('is of the one number whose secret signed it', async () => {
    const { post } = await start();
    const { body, headers } = unnamed(secrets[support] ?? '');
    expect(await post(body, headers)).toMatchObject({ status: 200, given: { [sales]: [], [support]: ['wamid.1'] } });
  });

  it('is of nobody where several could have it', async () => {
    const { post } = await start({ [sales]: 'shared', [support]: 'shared' });
    const { body, headers } = unnamed('shared');
    expect(await post(body, headers)).toMatchObject({ status: 200, given: { [sales]: [], [support]: [] } });
  });
});

it('a report of a sent message goes to the number that it names', async () => {
  const { post } = await start({ [sales]: 'shared', [support]: 'shared' });
  const row = {
    ...inboundRow({ id: 'wamid.sent', customer, text: 'Hi', timestamp: 1_780_000_001 }),
    kapso: { direction: 'outbound' },
  };
  const event = 'whatsapp.message.delivered';
  const { body, headers } = createDelivery({ form: 'v2', event, rows: [row], phoneNumberId: support }, 'shared');
  expect(await post(body, headers)).toMatchObject({
    status: 200,
    given: { [sales]: [], [support]: ['-> wamid.sent'] },
  });
});

function createDeliveryOf(payload: object, secret: string, headers: Record<string, string>) {
  const body = JSON.stringify(payload);
  return {
    body,
    headers: { ...headers, 'X-Webhook-Signature': createHmac('sha256', secret).update(body).digest('hex') },
  };
}
