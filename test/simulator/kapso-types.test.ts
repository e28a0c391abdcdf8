import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { kapsoClient } from './kapso-client.ts';
import { putTemplates, templates, uploadSample } from './outgoing-stage.ts';

let kapso: KapsoSimulator;
let client: ReturnType<typeof kapsoClient>;
beforeAll(async () => {
  kapso = await startKapsoSimulator();
  client = kapsoClient(kapso);
  await putTemplates(client);
});
afterAll(() => kapso.close());

type Body = ReturnType<typeof JSON.parse>;

/** A documented body, with a change of its own. */
function changed(name: string, change: (object: Body, body: Body) => void): Body {
  const path = join(import.meta.dirname, `../fixtures/sent-bodies/${name}.json`);
  const { biz_opaque_callback_data: _, ...body } = JSON.parse(readFileSync(path, 'utf8'));
  change(body[body.type], body);
  return body;
}

const long = (length: number) => 'x'.repeat(length);
const contacts = (change: (contact: Body) => void) => changed('contacts', ([contact]) => change(contact));
const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `row-${index}`, title: `Row ${index}` }));
const ofButtons = (change: (object: Body) => void) => changed('interactive-buttons', change);
const ofList = (change: (action: Body) => void) => changed('interactive-list', ({ action }) => change(action));

describe('what Meta refuses is refused', () => {
  it.each<[string, Body, RegExp]>([
    ['an unknown type', { ...changed('text', () => 0), type: 'poll' }, /Param type must be one of/],
    ['a preview that is no boolean', changed('text', text => (text.preview_url = 'yes')), /preview_url/],
    ['a file with id and link', changed('image-link', image => (image.id = '1')), /either id or link/],
    ['a file with neither', changed('image-link', image => delete image.link), /either id or link/],
    ['a link that is none', changed('image-link', image => (image.link = '/tmp/x.png')), /valid URI/],
    ['a caption of 1025 characters', changed('image-link', image => (image.caption = long(1025))), /1024/],
    ['a caption of an audio', changed('audio-link', audio => (audio.caption = 'x')), /Unexpected key "caption"/],
    ['a caption of a sticker', changed('sticker-link', sticker => (sticker.caption = 'x')), /Unexpected key "caption"/],
    ['a file name of a video', changed('video-link', video => (video.filename = 'x')), /Unexpected key "filename"/],
    ['a voice that is no boolean', changed('audio-link', audio => (audio.voice = 'yes')), /boolean/],
    ['a place beyond the pole', changed('location', place => (place.latitude = 91)), /latitude/],
    ['a place without longitude', changed('location', place => delete place.longitude), /longitude/],
    ['no contacts', { ...changed('contacts', () => 0), contacts: [] }, /non-empty/],
    ['a contact without its whole name', contacts(({ name }) => delete name.formatted_name), /formatted_name/],
    ['a contact with the whole name alone', contacts(one => (one.name = { formatted_name: 'Ada' })), /at least one of/],
    ['four buttons', ofButtons(({ action }) => action.buttons.push(...action.buttons)), /1 to 3/],
    ['no button', ofButtons(({ action }) => (action.buttons = [])), /1 to 3/],
    ['a button of 21 characters', ofButtons(({ action }) => (action.buttons[0].reply.title = long(21))), /at most 20/],
    ['two buttons alike', ofButtons(({ action }) => (action.buttons[1] = action.buttons[0])), /duplicated/],
    ['buttons without a body', ofButtons(one => delete one.body), /body.* is required/],
    ['a body of 1025 characters', ofButtons(({ body }) => (body.text = long(1025))), /at most 1024/],
    ['a footer of 61 characters', ofButtons(({ footer }) => (footer.text = long(61))), /at most 60/],
    ['a header of 61 characters', ofButtons(({ header }) => (header.text = long(61))), /at most 60/],
    ['a list with an image above it', changed('interactive-list', one => (one.header = { type: 'image' })), /header/],
    ['eleven rows', ofList(action => (action.sections[0].rows = rows(10))), /at most 10 rows/],
    ['two rows alike', ofList(action => (action.sections[0].rows[1].id = 'express')), /duplicated/],
    ['a row of 25 characters', ofList(action => (action.sections[0].rows[0].title = long(25))), /at most 24/],
    ['a row explained by 73', ofList(action => (action.sections[0].rows[0].description = long(73))), /at most 72/],
    ['two sections without a title', ofList(action => delete action.sections[1].title), /title.* is required/],
    ['a list without a button', ofList(action => delete action.button), /button.* is required/],
    [
      'a button to no address',
      changed('interactive-cta-url', ({ action }) => (action.parameters.url = 'example.com')),
      /valid URI/,
    ],
    [
      'a flow with two names',
      changed('interactive-flow', ({ action }) => (action.parameters.flow_name = 'x')),
      /either flow_id or flow_name/,
    ],
    ['an interactive message of another type', changed('interactive-flow', one => (one.type = 'poll')), /one of/],
    ['products without a header', changed('interactive-product-list', one => delete one.header), /header/],
    ['a mark of 513 characters', changed('text', (_, body) => (body.biz_opaque_callback_data = long(513))), /512/],
    ['a quote without an id', changed('text', (_, body) => (body.context = { message_id: 7 })), /context/],
  ])('%s', async (_, body, said) => {
    const before = kapso.sent().length;
    const reply = await client.send(body);
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    expect(reply.body.error.error_data.details).toMatch(said);
    expect(kapso.sent()).toHaveLength(before);
  });

  it('a file that was never uploaded, in Meta’s words', async () => {
    const reply = await client.send(changed('image-id', () => 0));
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 100, type: 'OAuthException' } } });
    expect(reply.body.error.message).toBe(
      'Param image.id is not a valid whatsapp business account media attachment ID',
    );
  });

  it('a reaction that is no emoji', async () => {
    const [messageId] = await client.inbound({ text: 'hi' });
    const reaction = (emoji: string) => ({
      to: '15551234567',
      type: 'reaction',
      reaction: { message_id: messageId, emoji },
    });
    for (const emoji of ['ok', '👍👍', ' ']) expect((await client.send(reaction(emoji))).status).toBe(400);
    for (const emoji of ['👍🏽', '❤️', '🏳️‍🌈', '🇩🇪', '']) expect((await client.send(reaction(emoji))).status).toBe(200);
  });
});

describe('a file of the wrong type is taken, and fails afterwards', () => {
  it.each([
    ['image', 'application/pdf', {}],
    ['sticker', 'image/png', {}],
    ['audio', 'audio/mpeg', { voice: true }],
    ['video', 'image/png', {}],
  ])('%s of %s', async (type, mimeType, more) => {
    const id = await uploadSample(kapso, mimeType);
    const reply = await client.send({ to: '+15550104477', type, [type]: { id, ...more } });
    expect(reply.status).toBe(200);
    const row = (await client.request('GET', `${client.messages}/${encodeURIComponent(reply.body.messages[0].id)}`))
      .body;
    expect(row.kapso).toMatchObject({ status: 'failed', statuses: [{ errors: [{ code: 131053 }] }] });
  });
});

describe('a template', () => {
  const send = (template: object) => client.send({ to: '+15550104477', type: 'template', template });
  const language = { code: 'en_US' };
  const text = (...texts: string[]) => [{ type: 'body', parameters: texts.map(one => ({ type: 'text', text: one })) }];

  it('is listed as Meta lists it, in pages, by name and by status', async () => {
    const list = async (query: string) =>
      (await client.request('GET', `/meta/whatsapp/v24.0/102000000000001/message_templates?${query}`)).body;
    expect((await list('')).data).toHaveLength(templates.length + 1);
    expect((await list('name=order_ready')).data).toMatchObject([
      {
        name: 'order_ready',
        language: 'en_US',
        status: 'APPROVED',
        parameter_format: 'NAMED',
        components: [{ type: 'BODY' }],
      },
    ]);
    expect((await list('status=REJECTED')).data).toEqual([]);
    const first = await list('limit=4');
    const second = await list(`limit=4&after=${encodeURIComponent(first.paging.cursors.after)}`);
    expect([...first.data, ...second.data]).toHaveLength(templates.length + 1);
    expect(second).not.toHaveProperty('paging');
    const other = await client.request('GET', '/meta/whatsapp/v24.0/1/message_templates');
    expect(other.body.error).toMatchObject({ code: 100 });
    const number = `/platform/v1/whatsapp/phone_numbers/${kapso.phoneNumberId}`;
    expect((await client.request('GET', number)).body.data.business_account_id).toBe('102000000000001');
  });

  it('is read by the customer with its words', async () => {
    const named = (parameter_name: string, value: string) => ({ type: 'text', parameter_name, text: value });
    const parameters = [named('order_number', '7'), named('customer_name', 'Ada')];
    await send({ name: 'order_ready', language, components: [{ type: 'body', parameters }] });
    expect(kapso.sent().at(-1)).toMatchObject({ type: 'template', text: 'Hello Ada, your order 7 is ready.' });
  });

  it('goes out when the window is closed', async () => {
    await client.sim('POST', 'config', { enforceWindow: true });
    expect((await client.text('+15550109999', 'x')).body.error.code).toBe(131047);
    const hello = { to: '+15550109999', type: 'template', template: { name: 'hello_world', language } };
    expect((await client.send(hello)).status).toBe(200);
    await client.sim('POST', 'config', { enforceWindow: false });
  });

  it.each<[string, object, number]>([
    ['of no name', { language }, 100],
    ['of no language', { name: 'hello_world' }, 100],
    ['that does not exist', { name: 'hello', language }, 132001],
    ['in a language that it has not', { name: 'hello_world', language: { code: 'de' } }, 132001],
    ['with too few parameters', { name: 'message_for_you', language }, 132000],
    ['with too many parameters', { name: 'message_for_you', language, components: text('a', 'b') }, 132000],
    ['with an empty parameter', { name: 'message_for_you', language, components: text('  ') }, 100],
    ['with a line break', { name: 'message_for_you', language, components: text('a\nb') }, 132018],
    ['with a tab', { name: 'message_for_you', language, components: text('a\tb') }, 132018],
    ['with five spaces', { name: 'message_for_you', language, components: text('a     b') }, 132018],
    ['with a number for a name', { name: 'order_ready', language, components: text('a', 'b') }, 100],
    ['without what its button needs', { name: 'order_update', language, components: text('a', 'b') }, 131008],
    ['without its image', { name: 'spring_sale', language, components: text('25 %') }, 132000],
  ])('%s is refused as Meta does', async (_, template, code) => {
    expect((await send(template)).body.error).toMatchObject({ code });
  });

  it.each([
    ['PAUSED', 132015],
    ['DISABLED', 132016],
    ['PENDING', 132001],
  ])('that is %s is refused', async (status, code) => {
    const components = [{ type: 'BODY', text: 'Hello' }];
    await client.sim('POST', 'templates', { name: 'not_now', language: 'en_US', status, components });
    expect((await send({ name: 'not_now', language })).body.error).toMatchObject({ code });
  });

  it('that is none is refused by the control interface', async () => {
    for (const wrong of [{ name: 'A B' }, { name: 'a' }, { name: 'a', language: 'de' }]) {
      expect((await client.sim('POST', 'templates', wrong)).status).toBe(400);
    }
  });
});
