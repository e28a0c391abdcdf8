import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRowStatus, readWebhookStatuses } from '../../../src/kapso/inbound/sent-statuses.ts';

const phoneNumberId = '647000000000001';
const now = Date.UTC(2026, 10, 29);
const context = { phoneNumberId, now };
const read = (payload: unknown, event?: string) => readWebhookStatuses(payload, event, context);
const fixture = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/kapso', name), 'utf8'));
const plain = { mark: null, code: null, title: null, recipient: '15550104477' };
const failure = { code: 131047, title: 'Re-engagement message' };

/** Meta's own form. */
const meta = (statuses: unknown, number = phoneNumberId) => ({
  object: 'whatsapp_business_account',
  entry: [{ changes: [{ field: 'messages', value: { metadata: { phone_number_id: number }, statuses } }] }],
});
/** One delivery of version 2. */
const single = (message: object, more: object = {}) => ({
  message: { id: 'wamid.1', to: '15550104477', ...message },
  phone_number_id: phoneNumberId,
  ...more,
});

describe('what a webhook says of sent messages', () => {
  it.each([
    ['webhook-v2-event-message-sent.json', { status: 'sent', at: 1780000061000 }],
    ['webhook-v2-event-message-delivered.json', { status: 'delivered', at: 1780000063000 }],
    ['webhook-v2-event-message-read.json', { status: 'read', at: 1780000070000 }],
    ['webhook-v2-event-message-failed.json', { status: 'failed', at: 1780000062000, ...failure }],
    ['webhook-v2-event-message-sent-business-app-echo.json', { status: 'sent', at: 1780000061000 }],
    ['meta-status-delivered.json', { status: 'delivered', at: 1780000063000 }],
    ['meta-status-failed-131047.json', { status: 'failed', at: 1780000062000, ...failure }],
  ])('is read from %s', (name, expected) => {
    expect(read(fixture(name))).toEqual([{ ...plain, id: 'wamid.SYN0060', ...expected }]);
  });

  it.each([
    'webhook-v2-text.json',
    'webhook-v1-legacy-text.json',
    'webhook-v2-batch-mixed-types.json',
    'meta-text.json',
  ])('is nothing in %s', name => expect(read(fixture(name))).toEqual([]));

  it('is read from a batch: each message once, with the furthest that was said of it, in any order', () => {
    const status = (id: string, name: string, timestamp: string) => ({ id, status: name, timestamp });
    const data = [
      single({ kapso: { status: 'read', statuses: [status('wamid.1', 'read', '1780000070')] } }),
      single({ kapso: { status: 'sent', statuses: [status('wamid.1', 'sent', '1780000061')] } }),
      single({ id: 'wamid.2', kapso: { status: 'delivered' } }),
      single({ id: 'wamid.3', kapso: { status: 'sent' } }, { phone_number_id: '999' }),
      single({ id: 'wamid.4', kapso: { status: 'pending' } }),
      null,
    ];
    expect(read({ type: 'whatsapp.message.read', batch: true, data: data.slice(0, 4) })).toMatchObject([
      { id: 'wamid.1', status: 'read', at: 1780000070000 },
      { id: 'wamid.2', status: 'delivered', at: now },
    ]);
    expect(read({ batch: true, data }).map(({ id }) => id)).toEqual(['wamid.1', 'wamid.2']);
  });

  it('is read from version 1, whose fields stand beside the message', () => {
    const message = { id: 'uuid', whatsapp_message_id: 'wamid.1', direction: 'outbound' };
    const conversation = { phone_number: '+15550104477' };
    const failed = { ...message, status: 'failed', errors: [{ code: '131026', title: 'Undeliverable' }] };
    expect(read({ event: 'whatsapp.message.failed', data: { message: failed, conversation } })).toEqual([
      {
        ...plain,
        id: 'wamid.1',
        status: 'failed',
        at: now,
        code: 131026,
        title: 'Undeliverable',
        recipient: '+15550104477',
      },
    ]);
    expect(read({ event: 'whatsapp.message.delivered', data: { message } })).toMatchObject([{ status: 'delivered' }]);
    const inbound = { ...message, direction: 'inbound', status: 'delivered' };
    expect(read({ event: 'whatsapp.message.received', data: { message: inbound } })).toEqual([]);
  });

  it("has the header's event where the body says nothing", () => {
    expect(read(single({}), 'whatsapp.message.read')).toMatchObject([{ id: 'wamid.1', status: 'read' }]);
    expect(read(single({ kapso: { status: 'failed' } }), 'whatsapp.message.read')).toMatchObject([
      { status: 'failed' },
    ]);
    expect(read(single({}), 'whatsapp.message.received')).toEqual([]);
  });

  it('has the mark of the send, wherever it stands', () => {
    const mark = { biz_opaque_callback_data: 'm-1' };
    const sent = { id: 'wamid.1', status: 'sent' };
    for (const payload of [
      meta([{ ...sent, ...mark }]),
      meta([
        { ...sent, ...mark },
        { ...sent, status: 'delivered' },
      ]),
      single({ ...mark, kapso: { status: 'sent' } }),
      single({ kapso: { status: 'sent', ...mark } }),
      single({ kapso: { statuses: [{ ...sent, ...mark }] } }),
    ]) {
      expect(read(payload)).toMatchObject([{ id: 'wamid.1', mark: 'm-1' }]);
    }
  });

  it('is nothing for another number, an unknown status, or an id that no message has', () => {
    expect(read(meta([{ id: 'wamid.1', status: 'read' }], '999'))).toEqual([]);
    expect(read(meta([{ id: 'wamid.1', status: 'warning' }, { id: 'x\n[y]', status: 'read' }, {}, null]))).toEqual([]);
  });

  it('has a bound', () => {
    const many = Array.from({ length: 3000 }, (_, at) => ({ id: `wamid.${at}`, status: 'sent' }));
    expect(read(meta(many))).toHaveLength(1000);
  });

  it('never throws, whatever arrives', () => {
    fc.assert(fc.property(fc.jsonValue(), fc.string(), (payload, event) => void read(payload, event)));
    fc.assert(fc.property(fc.jsonValue(), value => void read(meta(value))));
  });
});

describe('what a row of the outbound list says', () => {
  it('is its own status, or the furthest of its history', () => {
    expect(readRowStatus(fixture('list-outbound-text.json'), context)).toMatchObject({
      id: 'wamid.SYN0060',
      status: 'delivered',
      at: now,
    });
    const { message } = fixture('webhook-v2-event-message-failed.json');
    expect(readRowStatus(message, context)).toMatchObject({ status: 'failed', at: 1780000062000, code: 131047 });
    expect(readRowStatus(fixture('list-text.json'), context)).toBeNull();
    expect(readRowStatus('x', context)).toBeNull();
  });
});
