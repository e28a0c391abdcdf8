import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Content, MediaSource } from '../../../src/domain/content.ts';
import { asTemplate, readContent, writeContent } from '../../../src/domain/outgoing-body.ts';
import { parseRecipient } from '../../../src/domain/recipient.ts';
import { messageBody } from '../../../src/kapso/outbound/message-body.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../../src/simulator/kapso.ts';
import { kapsoClient } from '../../simulator/kapso-client.ts';
import { putTemplates, uploadSample } from '../../simulator/outgoing-stage.ts';

const folder = join(import.meta.dirname, '../../fixtures/sent-bodies');
const names = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .map(name => name.replace('.json', ''));
const documented = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

const uploaded = { id: '1700000000000077' };
const quote = 'wamid.QUOTED';
const media = (
  kind: 'image' | 'video' | 'audio' | 'document' | 'sticker',
  source: MediaSource,
  more: object = {},
): Content => ({ kind: 'media', media: kind, source, ...more });
/** What the fixture itself says of an interactive message or of contacts: only the way around it is ours. */
const interactive = (name: string, more: object = {}): Content => ({
  kind: 'interactive',
  interactive: documented(name).interactive,
  ...more,
});
const template = (name: string, components: object[] = []): Content => ({
  kind: 'filled-template',
  name,
  language: 'en_US',
  components,
});
const words = (text: string) => ({ type: 'text', text });
const named = (parameter_name: string, text: string) => ({ type: 'text', parameter_name, text });
const body = (...parameters: object[]) => ({ type: 'body', parameters });
const urlButton = (text: string) => ({ type: 'button', sub_type: 'url', index: '0', parameters: [words(text)] });

const contents: Readonly<Record<string, Content>> = {
  text: { kind: 'text', text: 'Your order is ready.' },
  'text-preview': { kind: 'text', text: 'See https://example.com/menu', preview: true },
  'text-no-preview': { kind: 'text', text: 'See https://example.com/menu', preview: false },
  'text-reply': { kind: 'text', text: 'Yes.', quote },
  'image-id': media('image', uploaded, { caption: 'The new menu' }),
  'image-link': media('image', { link: 'https://example.com/menu.png' }),
  'image-reply': media('image', uploaded, { quote }),
  'video-id': media('video', uploaded, { caption: 'How to open it' }),
  'video-link': media('video', { link: 'https://example.com/open.mp4' }),
  'audio-id': media('audio', uploaded),
  'audio-link': media('audio', { link: 'https://example.com/jingle.mp3' }),
  'voice-id': media('audio', uploaded, { voice: true }),
  'document-id': media('document', uploaded, { caption: 'Please sign', filename: 'contract.pdf' }),
  'document-link': media('document', { link: 'https://example.com/contract.pdf' }, { filename: 'contract.pdf' }),
  'sticker-id': media('sticker', uploaded),
  'sticker-link': media('sticker', { link: 'https://example.com/wave.webp' }),
  location: {
    ...{ kind: 'location', latitude: 37.758056, longitude: -122.425332 },
    ...{ name: 'Workshop', address: '1 Main St, Springfield' },
  },
  'location-bare': { kind: 'location', latitude: 37.758056, longitude: -122.425332 },
  contacts: { kind: 'contacts', contacts: documented('contacts').contacts },
  reaction: { kind: 'reaction', messageId: quote, emoji: '👍' },
  'reaction-removed': { kind: 'reaction', messageId: quote, emoji: '' },
  'interactive-buttons': interactive('interactive-buttons'),
  'interactive-buttons-image': interactive('interactive-buttons-image', { quote }),
  'interactive-list': interactive('interactive-list'),
  'interactive-cta-url': interactive('interactive-cta-url'),
  'interactive-location-request': interactive('interactive-location-request'),
  'interactive-flow': interactive('interactive-flow'),
  'interactive-product': interactive('interactive-product'),
  'interactive-product-list': interactive('interactive-product-list'),
  'interactive-catalog': {
    kind: 'raw',
    fields: { type: 'interactive', interactive: documented('interactive-catalog').interactive },
  },
  'template-plain': template('hello_world'),
  'template-text': asTemplate('Your  order\nis ready.', { name: 'message_for_you', language: 'en_US' }),
  'template-positional': template('order_update', [body(words('Ada'), words('ORD-123')), urlButton('ORD-123')]),
  'template-named': template('order_ready', [body(named('customer_name', 'Ada'), named('order_number', 'ORD-123'))]),
  'template-media-header': template('spring_sale', [
    { type: 'header', parameters: [{ type: 'image', image: uploaded }] },
    body(words('25 %')),
  ]),
  'template-otp': template('sign_in_code', [body(words('123456')), urlButton('123456')]),
  'to-user-id': { kind: 'text', text: 'Your order is ready.' },
  'to-group': media('image', { link: 'https://example.com/menu.png' }),
};
const recipients: Readonly<Record<string, string>> = {
  'to-user-id': 'US.13491208655302741918',
  'to-group': 'group:Y2FwaV9ncm91cDox',
};

test('every documented form has its case', () => {
  expect(Object.keys(contents).sort()).toEqual([...names].sort());
});

describe.each(names)('%s', name => {
  const content = contents[name];
  if (content === undefined) throw new Error(`there is no case ${name}`);
  const recipient = parseRecipient(recipients[name] ?? '+15550104477');

  test('has the documented form, field for field', () => {
    expect(messageBody({ recipient, content, mark: 'the-mark' })).toStrictEqual(documented(name));
  });

  test('is the same out of the outbox', () => {
    const kept = readContent(writeContent(content));
    if (kept === null) throw new Error('the stored form cannot be read');
    expect(messageBody({ recipient, content: kept, mark: 'the-mark' })).toStrictEqual(documented(name));
  });
});

describe('the simulator, which refuses what Meta refuses', () => {
  let kapso: KapsoSimulator;
  let client: ReturnType<typeof kapsoClient>;
  beforeAll(async () => {
    kapso = await startKapsoSimulator();
    client = kapsoClient(kapso);
    await putTemplates(client);
  });
  afterAll(() => kapso.close());

  const mimeTypes: Readonly<Record<string, string>> = {
    audio: 'audio/ogg; codecs=opus',
    document: 'application/pdf',
    sticker: 'image/webp',
    video: 'video/mp4',
  };

  test.each(names)('takes %s', async name => {
    const [quoted = ''] = await client.inbound({ from: '+15550104477', text: 'hello' });
    const form = documented(name);
    const id = await uploadSample(kapso, mimeTypes[form.type] ?? 'image/png');
    const posted = JSON.parse(JSON.stringify(form).replaceAll(uploaded.id, id).replaceAll(quote, quoted));
    expect(await client.send(posted)).toMatchObject({ status: 200, body: { messages: [{ id: expect.any(String) }] } });
    if (form.type === 'reaction') return;
    const sent = kapso.sent().at(-1);
    expect(sent).toMatchObject({ type: form.type, object: posted[form.type], callbackData: 'the-mark' });
    const row = (await client.list('direction=outbound&limit=1')).body.data[0];
    expect(row).toMatchObject({ type: form.type, [form.type]: posted[form.type], kapso: { status: 'sent' } });
  });
});
