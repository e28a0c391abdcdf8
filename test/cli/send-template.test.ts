import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type ApiServer, accepted, account, runCli, startApi } from './program.ts';

const to = '+15551234567';
const picture = join(import.meta.dirname, '../fixtures/media/picture.png');

/** Templates as Meta lists them. */
const orderReady = {
  id: '1',
  name: 'order_ready',
  language: 'en_US',
  status: 'APPROVED',
  category: 'UTILITY',
  parameter_format: 'NAMED',
  components: [
    { type: 'HEADER', format: 'IMAGE' },
    { type: 'BODY', text: 'Hello {{customer}},\norder {{order}} is ready.' },
    { type: 'FOOTER', text: 'Corner shop' },
    { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Track', url: 'https://example.org/t/{{1}}' }] },
  ],
};
const reopened = {
  id: '2',
  name: 'reopened',
  language: 'en',
  status: 'PAUSED',
  category: 'MARKETING',
  components: [{ type: 'BODY', text: 'We are open again.' }],
};
const dates = ['en', 'pt_BR'].map(language => ({
  name: 'date',
  language,
  status: 'APPROVED',
  components: [{ type: 'BODY', text: 'On {{1}} at {{2}}.' }],
}));

let listing: Answer = { body: {} };
let server: ApiServer;
beforeEach(async () => {
  listing = { body: { data: [orderReady, reopened, ...dates] } };
  server = await startApi(accepted, {
    read: path => {
      if (path.startsWith('/platform/v1/whatsapp/phone_numbers/'))
        return { body: { data: { business_account_id: '99' } } };
      return path.includes('/99/message_templates') ? listing : { body: { data: [] } };
    },
  });
});
afterEach(() => server.close());

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runCli(args, { env: { ...account(server), ...env } });
const send = (...args: string[]) => run(['send', '--to', to, '--template', ...args]);
const templates = () => server.posts.map(({ body }) => body.template);

describe('send --template', () => {
  test('sends the template with its parameters, its header uploaded', async () => {
    const params = ['--param', 'customer=Ada\nLovelace', '--param', 'order=17', '--param', 'button:1=17'];
    expect(await send('order_ready', '--lang', 'en_US', '--image', picture, ...params)).toMatchObject({
      code: 0,
      stdout: 'wamid.OUT1\n',
      stderr: '',
    });
    expect(server.uploads).toMatchObject([{ mimeType: 'image/png' }]);
    expect(templates()).toEqual([
      {
        name: 'order_ready',
        language: { code: 'en_US' },
        components: [
          { type: 'header', parameters: [{ type: 'image', image: { id: 'media-1' } }] },
          {
            type: 'body',
            parameters: [
              { type: 'text', parameter_name: 'customer', text: 'Ada Lovelace' },
              { type: 'text', parameter_name: 'order', text: '17' },
            ],
          },
          { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: '17' }] },
        ],
      },
    ]);
  });

  test('takes the language from the template where it has one only, and Meta spells it with an underscore', async () => {
    expect(await send('date', '--lang', 'pt-BR', '--param', 'Friday', '--param', '9:00')).toMatchObject({ code: 0 });
    expect(await send('date', '--param', 'Friday', '--param', '9:00')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('has several languages. Give one with --lang: en, pt_BR'),
    });
    expect(templates()).toMatchObject([{ language: { code: 'pt_BR' } }]);
  });

  test.each<[string, readonly string[], RegExp]>([
    ['an empty parameter', ['date', '--lang', 'en', '--param', 'Friday', '--param', ' '], /parameter 2 is empty/],
    ['a missing parameter', ['date', '--lang', 'en', '--param', 'Friday'], /parameter 2 is missing/],
    ['a parameter of another name', ['order_ready', '--param', 'name=Ada'], /given|--image/],
    [
      'no header',
      ['order_ready', '--param', 'customer=a', '--param', 'order=b'],
      /of the kind image, and none is given/,
    ],
    ['two headers', ['order_ready', '--image', picture, '--location', '1,2'], /a template has one header/],
    ['a name that is not there', ['order_redy', '--lang', 'en'], /there is no template order_redy/],
    [
      'a language that is not there',
      ['order_ready', '--lang', 'en_GB'],
      /not there in en_GB\. It is there in en_US: write --lang en_US/,
    ],
    ['a language that is none', ['order_ready', '--lang', 'English'], /--lang is no language/],
    ['a template that is paused', ['reopened'], /cannot be sent: Meta's word for its state is PAUSED/],
    ['a name that is none', ['order ready'], /--template is no name of a template/],
    ['a text beside it', ['date', 'Hello'], /--template takes no text/],
    ['a sticker beside it', ['date', '--sticker', picture], /--template and --sticker are both given/],
  ])('is refused before anything is sent with %s', async (_, args, said) => {
    expect(await send(...args)).toMatchObject({ code: 64, stdout: '', stderr: expect.stringMatching(said) });
    expect([...server.posts, ...server.uploads]).toEqual([]);
  });

  test('is sent unchecked where the key may not read templates, but not without a language', async () => {
    listing = { status: 403, body: { error: 'Forbidden' } };
    expect(await send('anything', '--lang', 'en', '--param', 'a')).toMatchObject({ code: 0 });
    expect(templates()).toMatchObject([{ name: 'anything', components: [{ parameters: [{ text: 'a' }] }] }]);
    expect(await send('anything')).toMatchObject({ code: 64, stderr: expect.stringContaining('no language') });
  });

  test('asks for nothing with --dry-run', async () => {
    const { stdout } = await send('date', '--lang', 'en', '--param', 'a', '--dry-run');
    expect(JSON.parse(stdout).requests[0].body.template.components).toHaveLength(1);
    expect([...server.posts, ...server.reads]).toEqual([]);
  });
});

describe('templates', () => {
  test('are listed, and an agent may see them', async () => {
    const { code, stdout } = await run(['templates', 'list'], { OPENCLAW_SHELL: 'exec' });
    expect([code, stdout]).toEqual([
      0,
      [
        'NAME         LANGUAGE  STATE     CATEGORY   TEXT',
        'date         en        APPROVED  -          On {{1}} at {{2}}.',
        'date         pt_BR     APPROVED  -          On {{1}} at {{2}}.',
        'order_ready  en_US     APPROVED  UTILITY    Hello {{customer}}, order {{order}} is ready.',
        'reopened     en        PAUSED    MARKETING  We are open again.',
        '',
      ].join('\n'),
    ]);
    const approved = await run(['templates', 'list', '--approved', '--json']);
    expect(JSON.parse(approved.stdout).map(({ name }: { name: string }) => name)).toEqual([
      'date',
      'date',
      'order_ready',
    ]);
  });

  test('are shown with what they say and the options that fill them', async () => {
    const { stdout } = await run(['templates', 'show', 'order_ready']);
    expect(stdout).toBe(
      [
        'order_ready en_US (approved, utility)',
        '  [image]',
        '  Hello {{customer}},',
        '  order {{order}} is ready.',
        '  Corner shop',
        '  [Track] https://example.org/t/{{1}}',
        '',
        '  send --to … --template order_ready --lang en_US --image … --param customer=… --param order=… --param button:1=…',
        '',
      ].join('\n'),
    );
    const json = JSON.parse((await run(['templates', 'show', 'date', '--lang', 'en', '--json'])).stdout);
    expect(json).toMatchObject([{ language: 'en', options: expect.arrayContaining(['--lang en', '--param …']) }]);
  });

  test.each<[readonly string[], RegExp]>([
    [['show', 'order_redy'], /there is no template "order_redy"\. Did you mean order_ready\?/],
    [['show', 'date', '--lang', 'de'], /not there in de\. It is there in en, pt_BR/],
    [['show'], /name|argument/],
    [[], /no command after templates/],
  ])('%j is a wrong command line', async (args, said) => {
    expect(await run(['templates', ...args])).toMatchObject({ code: 64, stderr: expect.stringMatching(said) });
  });

  test('that cannot be read are an error', async () => {
    listing = { status: 401, body: { error: 'Invalid or missing API key' } };
    const { code, stdout } = await run(['templates', 'list', '--json']);
    expect([code, JSON.parse(stdout).error.code]).toEqual([77, 'KAPSO_UNAUTHORIZED']);
  });
});

describe('read', () => {
  const id = 'wamid.HBgLMTU1NTEyMzQ1Njc=';
  test('marks a message as read, with the typing sign if that is asked for', async () => {
    expect(await run(['read', id])).toEqual({ code: 0, stdout: '', stderr: '' });
    const { stdout } = await run(['read', id, '--typing', '--json'], { OPENCLAW_SHELL: 'exec' });
    expect(JSON.parse(stdout)).toEqual({ id, read: true, typing: true });
    expect(server.posts.map(({ body }) => body)).toEqual([
      { messaging_product: 'whatsapp', status: 'read', message_id: id },
      { messaging_product: 'whatsapp', status: 'read', message_id: id, typing_indicator: { type: 'text' } },
    ]);
  });

  test('refuses what is no id', async () => {
    expect(await run(['read', 'two words'])).toMatchObject({ code: 64, stderr: expect.stringContaining('no id') });
    expect(server.posts).toEqual([]);
  });
});
