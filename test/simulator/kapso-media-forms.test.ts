import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Media } from '../../src/domain/message.ts';
import { normaliseListRow, normaliseWebhook } from '../../src/kapso/inbound/normalise.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { messageOf } from '../kapso/samples.ts';
import { kapsoClient } from './kapso-client.ts';
import { uploadSample } from './outgoing-stage.ts';

let kapso: KapsoSimulator;
let client: ReturnType<typeof kapsoClient>;
const bodies: unknown[] = [];
const receiver = createServer(async (request, response) => {
  bodies.push(await json(request));
  response.end();
});
beforeAll(() => new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
});
beforeEach(async () => {
  kapso = await startKapsoSimulator();
  client = kapsoClient(kapso);
});
afterEach(() => kapso.close());

async function delivered(id: string, form: string): Promise<ReturnType<typeof JSON.parse>> {
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const { body } = await client.sim('POST', 'deliver', { url, form, id });
  expect(body.status).toBe(200);
  return bodies.at(-1);
}

const context = () => ({ phoneNumberId: kapso.phoneNumberId, now: Date.now() });

describe.each(['image', 'video', 'audio', 'document', 'sticker'])('a customer’s %s', type => {
  it('is read alike from the list and from webhooks', async () => {
    const [id = ''] = await client.inbound({ media: { type, size: 4000, filename: 'a.bin' } });
    const row = (await client.list()).body.data[0];
    const listed = messageOf(normaliseListRow(row, context())).media;
    const expected: Media = {
      kind: type as Media['kind'],
      id: row[type].id,
      mimeType: row[type].mime_type,
      filename: 'a.bin',
      size: 4000,
      url: row.kapso.media_url,
    };
    expect(listed).toEqual(expected);
    const headers = { event: 'whatsapp.message.received' };
    const [webhook] = normaliseWebhook(await delivered(id, 'v2'), headers, context());
    expect(messageOf(webhook).media).toEqual(expected);
    // Meta knows nothing of Kapso's copy, and no name but a document's.
    const [meta] = normaliseWebhook(await delivered(id, 'meta'), {}, context());
    const alone = { ...expected, size: null, url: null, filename: type === 'document' ? 'a.bin' : null };
    expect(messageOf(meta).media).toEqual(alone);
  });

  it('is there without its address while Kapso has it not', async () => {
    const [id = ''] = await client.inbound({ media: { type, readyAfter: 600_000 } });
    const row = (await client.list()).body.data[0];
    expect(messageOf(normaliseListRow(row, context())).media).toMatchObject({ id: row[type].id, url: null });
    const { message } = await delivered(id, 'v2');
    expect(message.kapso).toMatchObject({ has_media: true });
    expect(message.kapso).not.toHaveProperty('media_url');
  });
});

it('a sent image is in the webhooks with what was sent', async () => {
  const image = { id: await uploadSample(kapso, 'image/png'), caption: 'look' };
  const reply = await client.send({ to: '+15550104477', type: 'image', image });
  const { message } = await delivered(reply.body.messages[0].id, 'v2');
  expect(message).toMatchObject({
    type: 'image',
    image,
    to: '15550104477',
    kapso: { has_media: true, direction: 'outbound' },
  });
});
