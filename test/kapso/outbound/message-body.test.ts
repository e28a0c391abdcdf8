import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Content, MediaSource } from '../../../src/domain/content.ts';
import { contactCards } from '../../../src/domain/outgoing/contact-card.ts';
import { buttons, callToAction, flow, list, locationRequest } from '../../../src/domain/outgoing/interactive.ts';
import { readLocation } from '../../../src/domain/outgoing/location.ts';
import { reaction } from '../../../src/domain/outgoing/reaction.ts';
import { fillTemplate } from '../../../src/domain/outgoing/template.ts';
import { type HeaderValue, readTemplateValue } from '../../../src/domain/outgoing/template-values.ts';
import { asTemplate, readContent, writeContent } from '../../../src/domain/outgoing-body.ts';
import { parseRecipient } from '../../../src/domain/recipient.ts';
import { messageBody } from '../../../src/kapso/outbound/message-body.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../../src/simulator/kapso.ts';
import { kapsoClient } from '../../simulator/kapso-client.ts';
import { putTemplates, templates, uploadSample } from '../../simulator/outgoing-stage.ts';

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
/** The forms for which nobody builds anything: they are sent as they are given. */
const given = (name: string): Content => {
  const { type, [type]: object } = documented(name);
  return { kind: 'raw', fields: { type, [type]: object } };
};
const template = (name: string, values: readonly string[], header: HeaderValue | null = null): Content => {
  const known = templates.find(one => one.name === name);
  const read = known && {
    ...{ name, language: 'en_US', status: 'APPROVED', category: known.category ?? null, components: known.components },
    parameters: known.parameter_format === 'NAMED' ? ('named' as const) : ('positional' as const),
  };
  const order = { name, language: 'en_US', values: values.map(readTemplateValue), header };
  return fillTemplate(order, read ?? null);
};
const card = [
  ...['BEGIN:VCARD', 'VERSION:3.0', 'FN:Ada Example', 'N:Example;Ada;;;'],
  ...['TEL;TYPE=WORK;waid=15550104488:+15550104488', 'EMAIL;TYPE=WORK:ada@example.com', 'ORG:Example Works;Sales'],
  ...[
    'TITLE:Manager',
    'ADR;TYPE=HOME:;;1 Main St;Springfield;CA;94025;United States',
    'URL;TYPE=WORK:https://example.com',
  ],
  ...['BDAY:2012-08-18', 'END:VCARD', ''],
].join('\r\n');
const yes = { id: 'yes', title: 'Yes' };

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
  location: readLocation('37.758056,-122.425332,Workshop,1 Main St, Springfield'),
  'location-bare': readLocation('37.758056,-122.425332'),
  contacts: contactCards(card),
  reaction: reaction(quote, '👍'),
  'reaction-removed': reaction(quote, ''),
  'interactive-buttons': buttons({ header: 'Your order', body: 'Shall we send it today?', footer: 'Answer by noon' }, [
    yes,
    { id: 'no', title: 'No' },
  ]),
  'interactive-buttons-image': {
    kind: 'interactive',
    interactive: { ...buttons({ body: 'This one?' }, [yes]).interactive, header: { type: 'image', image: uploaded } },
    quote,
  },
  'interactive-list': list(
    { header: 'Sending', body: 'How shall we send it?', footer: 'Days are estimates' },
    {
      button: 'Choose',
      sections: [
        {
          title: 'Fast',
          rows: [
            { id: 'express', title: 'Express', description: '1 to 2 days' },
            { id: 'priority', title: 'Priority', description: '2 to 3 days' },
          ],
        },
        { title: 'Cheap', rows: [{ id: 'mail', title: 'Mail' }] },
      ],
    },
  ),
  'interactive-cta-url': callToAction(
    { header: 'Your order', body: 'See where it is.', footer: 'Updated hourly' },
    { title: 'Track it', url: 'https://example.com/track/123' },
  ),
  'interactive-location-request': locationRequest('Where shall we bring it?'),
  'interactive-flow': flow(
    { header: 'Appointment', body: 'Choose a time.', footer: 'Free of charge' },
    { flow: { id: '123456789' }, button: 'Book', token: 'token-1', screen: 'WELCOME', data: { customer: '1' } },
  ),
  'interactive-product': given('interactive-product'),
  'interactive-product-list': given('interactive-product-list'),
  'interactive-catalog': given('interactive-catalog'),
  'template-plain': template('hello_world', []),
  'template-text': asTemplate('Your  order\nis ready.', { name: 'message_for_you', language: 'en_US' }),
  'template-positional': template('order_update', ['Ada', 'ORD-123', 'button:1=ORD-123']),
  'template-named': template('order_ready', ['customer_name=Ada', 'order_number=ORD-123']),
  'template-media-header': template('spring_sale', ['25 %'], { kind: 'image', media: uploaded }),
  'template-otp': template('sign_in_code', ['123456']),
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
