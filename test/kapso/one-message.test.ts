import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FoundMessage } from '../../src/domain/reference.ts';
import { createKapsoClient, type KapsoClient } from '../../src/kapso/client.ts';
import { readAttachment, readFound } from '../../src/kapso/found-message.ts';
import { createNodeTransport } from '../../src/kapso/http/transport-node.ts';
import { manualClock } from '../manual-clock.ts';
import { type LocalServer, serve } from './http/local-server.ts';
import { phoneNumberId } from './samples.ts';

const at = 1_795_000_000;
let answer: { status: number; body: unknown };
let asked: string[];
let server: LocalServer;
let kapso: KapsoClient;

beforeEach(async () => {
  asked = [];
  server = await serve((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  });
  kapso = createKapsoClient({
    ...{ baseUrl: server.origin, apiVersion: 'v24.0', apiKey: 'key', phoneNumberId },
    ...{ transport: createNodeTransport(), clock: manualClock(at * 1000) },
  });
});

afterEach(() => server[Symbol.asyncDispose]());

const find = async (id = 'wamid.A') => {
  const row = await kapso.message(id, new AbortController().signal);
  return row && readFound(row, { phoneNumberId, now: at * 1000 });
};
const row = (more: object, kapsoMore: object = {}, direction = 'outbound') => ({
  id: 'wamid.A',
  timestamp: String(at),
  ...(direction === 'outbound' ? { to: '15550107001' } : { from: '15550107001' }),
  ...more,
  kapso: { direction, phone_number: '+15550107001', ...kapsoMore },
});
const ours: FoundMessage = { isOurs: true, to: '15550107001', userId: null, at: at * 1000, words: '' };

it.each<[string, object, string]>([
  ['a text', row({ type: 'text', text: { body: 'Booked:\nthe *blue* room.' } }), 'Booked:\nthe *blue* room.'],
  ['a text without Meta’s object', row({ type: 'text' }, { content: 'Booked.' }), 'Booked.'],
  ['a caption', row({ type: 'image', image: { id: '1', caption: 'The plan' } }), '[image] The plan'],
  [
    'a document',
    row({ type: 'document', document: { id: '1', filename: 'a].pdf' } }, { content: 'Document (a.pdf) https://x' }),
    '[document: a).pdf]',
  ],
  [
    'a template',
    row({ type: 'template', template: { name: 'sale' } }, { content: 'Big sale!' }),
    '[template: sale] Big sale!',
  ],
  [
    'buttons',
    row({ type: 'interactive', interactive: { type: 'button', body: { text: 'Which?' } } }),
    '[interactive: button] Which?',
  ],
  ['a reaction', row({ type: 'reaction', reaction: { emoji: '👍', message_id: 'wamid.B' } }), '[reaction] 👍'],
  ['an unknown kind', row({ type: 'hologram' }), '[hologram]'],
  ['a long text', row({ type: 'text', text: { body: 'x'.repeat(5000) } }), `${'x'.repeat(499)}…`],
])('says what the business has sent: %s', async (_, body, words) => {
  answer = { status: 200, body };
  expect(await find()).toEqual({ ...ours, words });
  answer = { status: 200, body: { data: body } };
  expect(await find()).toEqual({ ...ours, words });
});

it('asks for the id as it is, by the number', async () => {
  const id = 'wamid.a+b/c==';
  answer = { status: 200, body: { ...row({ type: 'text', text: { body: 'x' } }), id } };
  expect(await find(id)).toMatchObject({ words: 'x' });
  expect(asked).toEqual([
    `GET /meta/whatsapp/v24.0/${phoneNumberId}/messages/wamid.a%2Bb%2Fc%3D%3D?fields=kapso%28default%29`,
  ]);
});

it('names the group that it went to, and nobody of it', async () => {
  answer = { status: 200, body: row({ type: 'text', text: { body: 'x' }, to: 'Y2Fw', recipient_type: 'group' }) };
  expect(await find()).toMatchObject({ to: 'group:Y2Fw', userId: null });
});

it('says what the contact has written, and nothing that was written in a group', async () => {
  const body = row({ type: 'image', image: { id: '1', caption: 'my bill' } }, { media_url: 'https://x/y' }, 'inbound');
  answer = { status: 200, body };
  expect(await find()).toEqual({ ...ours, isOurs: false, words: '[image] my bill' });
  answer = { status: 200, body: { ...body, group_id: 'Y2Fw' } };
  expect(await find()).toBeNull();
});

it.each([
  [404, { error: 'Message not found' }],
  [400, { error: { message: "Object with ID 'x' does not exist", code: 100, error_subcode: 33 } }],
])('finds nothing where Kapso has none (%d)', async (status, body) => {
  answer = { status, body };
  expect(await find()).toBeNull();
});

it.each([
  ['KAPSO_UNAVAILABLE', 500, {}],
  ['KAPSO_ANSWER_UNREADABLE', 200, []],
  ['KAPSO_ANSWER_UNREADABLE', 200, row({ id: 'wamid.OTHER' })],
])('throws %s where it is not told (%d)', async (code, status, body) => {
  answer = { status, body };
  await expect(find()).rejects.toMatchObject({ code });
});

it('asks for the file of a message', async () => {
  const media = async () => {
    const found = await kapso.message('wamid.A', new AbortController().signal);
    return found && { media: readAttachment(found) };
  };
  answer = { status: 200, body: row({ type: 'image', image: { id: '77', mime_type: 'image/png' } }, {}, 'inbound') };
  expect(await media()).toMatchObject({ media: { kind: 'image', id: '77' } });
  answer = { status: 200, body: row({ type: 'text', text: { body: 'Hi' } }, {}, 'inbound') };
  expect(await media()).toEqual({ media: null });
  answer = { status: 404, body: {} };
  expect(await media()).toBeNull();
});
