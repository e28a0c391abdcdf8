import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ApiServer, accepted, account, runCli, startApi } from './program.ts';

const to = '+15551234567';
const id = 'wamid.HBgLMTU1NTEyMzQ1Njc=';
const dir = mkdtempSync(join(tmpdir(), 'send-forms-'));
let server: ApiServer;

beforeAll(async () => {
  server = await startApi(accepted);
});
beforeEach(() => {
  server.posts.length = 0;
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true });
});

const send = (args: readonly string[], stdin?: string | Buffer) =>
  runCli(['send', '--to', to, ...args], { env: account(server), ...(stdin === undefined ? {} : { stdin }) });

/** Writes a file for an option and returns its path. */
function file(name: string, content: unknown): string {
  const path = join(dir, name);
  writeFileSync(path, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return path;
}

const times = file(
  'times.yaml',
  `button: Choose a time
sections:
  - title: Morning
    rows:
      - "9:00"
      - { title: "11:00", id: late-morning, description: with breakfast }
  - title: Evening
    rows: ["19:30"]
`,
);
const booking = file('booking.json', { id: 1197715005513101, button: 'Book', screen: 'BOOKING', data: { table: 4 } });
const ada = file(
  'ada.vcf',
  [
    ...['BEGIN:VCARD', 'VERSION:3.0', 'N:Lovelace;Ada;;;', 'FN:Ada Lovelace', 'ORG:Analytical\\, Ltd;Engines'],
    ...['TITLE:Countess', 'item1.TEL;type=CELL;type=pref;waid=15551234567:+1 555 123 4567', 'EMAIL;TYPE=work:ada@exam'],
    ...[
      ' ple.org',
      'ADR;TYPE=HOME:;;1 St James\\, Square;London;;SW1;UK',
      'BDAY:1815-12-10',
      'URL:https://example.org',
    ],
    ...['PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ', 'END:VCARD', ''],
  ].join('\r\n'),
);

/** What WhatsApp's Cloud API documents for each type of message, in the documentation's field names. */
const bodies: [string, string[], object][] = [
  ['a quoted text', ['Yes', '--reply-to', id], { type: 'text', text: { body: 'Yes' }, context: { message_id: id } }],
  [
    'a text with a preview of its link',
    ['https://example.org', '--preview'],
    { type: 'text', text: { body: 'https://example.org', preview_url: true } },
  ],
  [
    'a text without one',
    ['https://example.org', '--no-preview'],
    { type: 'text', text: { body: 'https://example.org', preview_url: false } },
  ],
  [
    'a place',
    ['--location', '52.5163, 13.3777', '--reply-to', id],
    { type: 'location', location: { latitude: 52.5163, longitude: 13.3777 }, context: { message_id: id } },
  ],
  [
    'a place with its name and address',
    ['--location', '-33.8568,151.2153,"Bar, Grill",Bennelong Point, Sydney'],
    {
      type: 'location',
      location: { latitude: -33.8568, longitude: 151.2153, name: 'Bar, Grill', address: 'Bennelong Point, Sydney' },
    },
  ],
  [
    'buttons',
    ['--text', 'A table for *two*?', '--buttons', 'Yes | No', '--header', 'Your visit', '--footer', 'Until 6 pm'],
    {
      type: 'interactive',
      interactive: {
        type: 'button',
        header: { type: 'text', text: 'Your visit' },
        body: { text: 'A table for *two*?' },
        footer: { text: 'Until 6 pm' },
        action: {
          buttons: [
            { type: 'reply', reply: { id: 'Yes', title: 'Yes' } },
            { type: 'reply', reply: { id: 'No', title: 'No' } },
          ],
        },
      },
    },
  ],
  [
    'buttons with ids below Markdown, as a quote',
    ['--markdown', '**When?**', '--buttons', '[{"id":"now","title":"Now"},"Later|never"]', '--reply-to', id],
    {
      type: 'interactive',
      interactive: {
        type: 'button',
        body: { text: '*When?*' },
        action: {
          buttons: [
            { type: 'reply', reply: { id: 'now', title: 'Now' } },
            { type: 'reply', reply: { id: 'Later|never', title: 'Later|never' } },
          ],
        },
      },
      context: { message_id: id },
    },
  ],
  [
    'a list',
    ['--text', 'When will you come?', '--list', times],
    {
      type: 'interactive',
      interactive: {
        type: 'list',
        body: { text: 'When will you come?' },
        action: {
          button: 'Choose a time',
          sections: [
            {
              title: 'Morning',
              rows: [
                { id: '9:00', title: '9:00' },
                { id: 'late-morning', title: '11:00', description: 'with breakfast' },
              ],
            },
            { title: 'Evening', rows: [{ id: '19:30', title: '19:30' }] },
          ],
        },
      },
    },
  ],
  [
    'a button with a web address',
    ['Our menu', '--cta', 'Open it=https://example.org/menu?day=5'],
    {
      type: 'interactive',
      interactive: {
        type: 'cta_url',
        body: { text: 'Our menu' },
        action: {
          name: 'cta_url',
          parameters: { display_text: 'Open it', url: 'https://example.org/menu?day=5' },
        },
      },
    },
  ],
  [
    'a form',
    ['--text', 'Book a table', '--flow', booking],
    {
      type: 'interactive',
      interactive: {
        type: 'flow',
        body: { text: 'Book a table' },
        action: {
          name: 'flow',
          parameters: {
            flow_message_version: '3',
            flow_id: '1197715005513101',
            flow_cta: 'Book',
            flow_action: 'navigate',
            flow_action_payload: { screen: 'BOOKING', data: { table: 4 } },
          },
        },
      },
    },
  ],
  [
    'the wish for a location',
    ['--text', 'Where are you?', '--ask-location'],
    {
      type: 'interactive',
      interactive: {
        type: 'location_request_message',
        body: { text: 'Where are you?' },
        action: { name: 'send_location' },
      },
    },
  ],
  [
    'a contact',
    ['--contact', ada],
    {
      type: 'contacts',
      contacts: [
        {
          name: { formatted_name: 'Ada Lovelace', first_name: 'Ada', last_name: 'Lovelace' },
          phones: [{ phone: '+1 555 123 4567', type: 'CELL', wa_id: '15551234567' }],
          emails: [{ email: 'ada@example.org', type: 'WORK' }],
          urls: [{ url: 'https://example.org' }],
          addresses: [{ street: '1 St James, Square', city: 'London', zip: 'SW1', country: 'UK', type: 'HOME' }],
          org: { company: 'Analytical, Ltd', department: 'Engines', title: 'Countess' },
          birthday: '1815-12-10',
        },
      ],
    },
  ],
  [
    'a request that has no option',
    [
      '--file',
      file('catalog.json', { type: 'interactive', interactive: { type: 'catalog_message', body: { text: 'x' } } }),
    ],
    { type: 'interactive', interactive: { type: 'catalog_message', body: { text: 'x' } } },
  ],
  [
    'a reaction',
    ['--react', '👩🏽‍🚒', '--to-message', id],
    { type: 'reaction', reaction: { message_id: id, emoji: '👩🏽‍🚒' } },
  ],
  ...[['--react', ''], ['--unreact']].map((args): [string, string[], object] => [
    `the end of a reaction by ${args.join(' ').trim()}`,
    [...args, '--to-message', id],
    { type: 'reaction', reaction: { message_id: id, emoji: '' } },
  ]),
];

describe('kapso-whatsapp-cli send', () => {
  test.each(bodies)('sends %s in the form that is documented', async (_, args, body) => {
    expect(await send(args)).toEqual({ code: 0, stdout: 'wamid.OUT1\n', stderr: '' });
    const { biz_opaque_callback_data: mark, ...rest } = server.posts[0]?.body ?? {};
    expect(mark).toMatch(/^cli-/);
    expect(rest).toEqual({ messaging_product: 'whatsapp', recipient_type: 'individual', to, ...body });
  });
  test('takes the contact, the list and the request from standard input or from the command line itself, too', async () => {
    const chosen = { action: { sections: [{ rows: [{ id: 'One' }, { id: 'Two' }] }] } };
    const list = 'button: Choose\nrows: [One, Two]\n';
    expect(await send(['--text', 'Which?', '--list', '-'], list)).toMatchObject({ code: 0, stderr: '' });
    const card =
      'BEGIN:VCARD\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCr=\ngen\nTEL;CELL:1\nEND:VCARD\n';
    expect(await send(['--contact', '-'], card)).toMatchObject({ code: 0, stderr: '' });
    for (const list of ['{"button": "Choose", "rows": ["One", "Two"]}', 'button: Choose\nrows: [One, Two]']) {
      expect(await send(['--text', 'Which?', '--list', list])).toMatchObject({ code: 0, stderr: '' });
    }
    expect(await send(['--file', '-'], '{"type":"text","text":{"body":"x"}}')).toMatchObject({ code: 0, stderr: '' });
    expect(server.posts.map(({ body }) => body.interactive ?? body.contacts ?? body.text)).toMatchObject([
      chosen,
      [{ name: { formatted_name: 'Jürgen Müller', last_name: 'Müller' }, phones: [{ phone: '1', type: 'CELL' }] }],
      chosen,
      chosen,
      { body: 'x' },
    ]);
  });

  test('takes the files that the reference shows', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/reference/cli.md'), 'utf8');
    const shown = [...page.matchAll(/^```yml\n# (times|booking)\.yaml: .*?^```$/gms)].map(([block]) => block);
    const blocks = shown.map(block => block.split('\n').slice(1, -1).join('\n'));
    expect(blocks).toHaveLength(2);
    for (const block of blocks) {
      const option = block.includes('sections') ? '--list' : '--flow';
      expect(await send(['--text', 'Which?', option, block])).toMatchObject({ code: 0, stderr: '' });
    }
  });

  test('reads for an agent only what it might send as a file', async () => {
    const home = join(dir, 'home');
    const workspace = join(home, '.openclaw/workspace');
    mkdirSync(workspace, { recursive: true });
    writeFileSync(join(workspace, 'ada.vcf'), readFileSync(ada));
    symlinkSync(ada, join(workspace, 'linked.vcf'));
    const env = { ...account(server), HOME: home, OPENCLAW_SHELL: 'exec' };
    const asAgent = (path: string) => runCli(['send', '--to', to, '--contact', path], { env });
    expect(await asAgent(join(workspace, 'ada.vcf'))).toMatchObject({ code: 0, stderr: '' });
    for (const path of [ada, join(workspace, 'linked.vcf'), join(workspace, '../../../ada.vcf')]) {
      const ended = await asAgent(path);
      expect(ended).toMatchObject({ code: 64, stderr: expect.stringContaining('outside the directories') });
    }
    expect(server.posts).toHaveLength(1);
  });

  test('leaves the words of the gateway out of the text above buttons, and says so', async () => {
    const ended = await send(['--text', 'Shall we?\n\nNO_REPLY', '--buttons', 'Yes|No']);
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('sent without NO_REPLY') });
    expect(server.posts).toMatchObject([{ body: { interactive: { body: { text: 'Shall we?' } } } }]);
  });
});

const long = (count: number) => 'x'.repeat(count);
const row = (title: string) => ({ title });
const menu = (menu: unknown) => ['--text', 'Which?', '--list', file(`menu-${writing++}.json`, menu)];
const form = (flow: unknown) => ['--text', 'Book', '--flow', file(`flow-${writing++}.json`, flow)];
const request = (body: unknown) => ['--file', file(`request-${writing++}.json`, body)];
const card = (text: string | Buffer) => ['--contact', file(`card-${writing++}.vcf`, text)];
let writing = 0;
mkdirSync(join(dir, 'folder'));

/** What is wrong, the command line, and the sentence. */
const refusals: [string, () => string[], string][] = [
  ['two forms', () => ['--location', '1,2', '--buttons', 'a'], '--buttons and --location are both given'],
  [
    'an option without its form',
    () => ['--to-message', id],
    '--to-message is given without what it belongs to. It goes with --react or --unreact.',
  ],
  [
    'a header of a plain text',
    () => ['x', '--header', 'y'],
    '--header is given without what it belongs to. It goes with --buttons, --list, --cta or --flow.',
  ],
  [
    'a caption of a text that is given as such',
    () => ['--text', 'x', '--caption', 'y'],
    '--caption is given without what it belongs to. It goes with --image, --video or --document.',
  ],
  [
    'a header where none is shown',
    () => ['x', '--ask-location', '--header', 'y'],
    '--header does not go with --ask-location',
  ],
  ['a text beside a place', () => ['--location', '1,2', 'x'], '--location takes no text. Send the text by itself'],
  [
    'Markdown beside a reaction',
    () => ['--react', '👍', '--to-message', id, '--markdown'],
    '--markdown does not go with --react',
  ],
  [
    'a quote beside a reaction',
    () => ['--react', '👍', '--to-message', id, '--reply-to', id],
    '--reply-to does not go with --react',
  ],
  ['both previews', () => ['x', '--preview', '--no-preview'], '--preview and --no-preview are both given'],
  ['an id of a message with blanks', () => ['x', '--reply-to', 'the last one'], '--reply-to is no id of a message'],
  ['an empty id of a message', () => ['--unreact', '--to-message', ''], '--to-message is no id of a message'],
  ['a reaction to nothing', () => ['--react', '👍'], 'no message to react to. Name it with --to-message'],
  ['a reaction of words', () => ['--react', 'thanks', '--to-message', id], 'a reaction is one emoji'],
  ['a reaction of two emoji', () => ['--react', '👍👍', '--to-message', id], 'a reaction is one emoji'],
  ['a reaction of a digit', () => ['--react', '1', '--to-message', id], 'a reaction is one emoji'],
  ['a place in words', () => ['--location', 'Berlin'], 'the latitude of the place is no number'],
  ['a place without its longitude', () => ['--location', '52.5'], 'the longitude of the place is no number'],
  [
    'a place beyond the pole',
    () => ['--location', '90.1,0'],
    'the latitude of the place is 90.1. It goes from -90 to 90 degrees',
  ],
  ['a place beyond the date line', () => ['--location', '0,-180.5'], 'the longitude of the place is -180.5'],
  [
    'degrees with a comma',
    () => ['--location', '52,5,13,4'],
    'the place has more than two numbers. Write degrees with a point',
  ],
  ['an address without a name', () => ['--location', '1,2,,Main St 1'], 'the place has an address and no name'],
  ['a place with a long name', () => ['--location', `1,2,${long(1001)}`], 'the name of the place has 1001 characters'],
  [
    'buttons without a text',
    () => ['--buttons', 'Yes|No'],
    'no text. Give the words above what can be tapped with --text',
  ],
  ['four buttons', () => ['x', '--buttons', 'a|b|c|d'], 'there are 4 buttons. WhatsApp takes at most 3'],
  ['an empty button', () => ['x', '--buttons', 'Yes||No'], 'button 2 is empty'],
  [
    'a long button',
    () => ['x', '--buttons', `Yes|${long(21)}`],
    'button 2 has 21 characters. WhatsApp takes at most 20 there',
  ],
  ['two equal buttons', () => ['x', '--buttons', 'Yes|Yes'], 'two buttons have the title "Yes"'],
  [
    'two equal ids',
    () => ['x', '--buttons', '[{"id":"a","title":"b"},{"id":"a","title":"c"}]'],
    'two buttons have the id "a"',
  ],
  ['buttons in wrong JSON', () => ['x', '--buttons', '["Yes"'], 'the buttons are no JSON'],
  [
    'a button with a wrong name',
    () => ['x', '--buttons', '[{"titel":"Yes"}]'],
    'button 1 has no "titel". It has id, title',
  ],
  [
    'a long text above buttons',
    () => [long(1025), '--buttons', 'Yes'],
    'the text has 1025 characters. WhatsApp takes at most 1024',
  ],
  ['a long header', () => ['x', '--buttons', 'Yes', '--header', long(61)], 'the header has 61 characters'],
  ['an empty footer', () => ['x', '--buttons', 'Yes', '--footer', ' '], 'the footer is empty'],
  ['a header of two lines', () => ['x', '--buttons', 'Yes', '--header', 'a\nb'], 'the header has several lines'],
  ['a list that is not there', () => ['x', '--list', join(dir, 'none.yaml')], 'none.yaml" is not there'],
  ['a directory', () => ['x', '--list', join(dir, 'folder')], 'is not a regular file'],
  ['a device', () => ['x', '--list', '/dev/zero'], 'the file "/dev/zero" is not a regular file'],
  ['a large file', () => card(long(70_000)), 'is larger than 64 KiB'],
  ['a file that is no text', () => card(Buffer.from([0x42, 0xff, 0xfe])), 'is not UTF-8 text'],
  ['a list in wrong YAML', () => ['x', '--list', file('bad.yaml', 'rows: [a\nb: c')], 'bad.yaml'],
  ['a list of text', () => menu('just words'), 'the list is no object. It has button, rows, sections'],
  ['another file than a list', () => menu({ kapso: { apiKey: 'secret-of-mine' } }), 'the list has no "kapso"'],
  ['a list without its button', () => menu({ rows: ['a'] }), 'the button of the list is missing'],
  ['a list without rows', () => menu({ button: 'x', rows: [] }), 'the list has no row. Give one to ten'],
  [
    'eleven rows',
    () => menu({ button: 'x', rows: [...'abcdefghijk'].map(row) }),
    'the list has 11 rows. WhatsApp takes at most 10',
  ],
  ['a long row', () => menu({ button: 'x', rows: [long(25)] }), 'row 1 of the list has 25 characters'],
  [
    'a long description',
    () => menu({ button: 'x', rows: [{ title: 'a', description: long(73) }] }),
    'the description of row 1 of the list has 73',
  ],
  [
    'sections without titles',
    () => menu({ button: 'x', sections: [{ rows: ['a'] }, { rows: ['b'] }] }),
    'section 1 of the list has no title',
  ],
  [
    'equal rows of two sections',
    () =>
      menu({
        button: 'x',
        sections: [
          { title: 's', rows: ['a'] },
          { title: 't', rows: ['a'] },
        ],
      }),
    'two rows have the title "a"',
  ],
  [
    'rows beside sections',
    () => menu({ button: 'x', rows: ['a'], sections: [] }),
    'the list has both rows and sections',
  ],
  ['a button without an address', () => ['x', '--cta', 'Open'], 'the button has no web address. Write it as TEXT=URL'],
  [
    'an address of another kind',
    () => ['x', '--cta', 'Open=file:///etc/passwd'],
    'the address of the button is no web address',
  ],
  ['an address with a password', () => ['x', '--cta', 'Open=https://a:b@example.org'], 'has a user name or password'],
  ['an address of a private host', () => ['x', '--cta', 'Open=http://127.0.0.1/'], 'has no public host name'],
  ['a flow by nothing', () => form({ button: 'Book' }), 'the flow has not exactly one of id and name'],
  ['a flow with a button in emoji', () => form({ id: '1', button: 'Book 📅' }), 'the button of the flow has an emoji'],
  [
    'a flow with data for no screen',
    () => form({ id: '1', button: 'Book', data: { a: 1 } }),
    'the flow has data and no screen',
  ],
  ['a flow in the names of Meta', () => form({ flow_id: '1' }), 'the flow has no "flow_id"'],
  ['no vCard', () => card('root:x:0:0:root:/root:/bin/bash\n'), 'the contact is no vCard'],
  ['a vCard without an end', () => card('BEGIN:VCARD\nFN:Ada\n'), 'the contact is no vCard'],
  ['a vCard without a name', () => card('BEGIN:VCARD\nTEL:1\nEND:VCARD\n'), 'contact 1 has no name'],
  ['a request that is a list', () => request([]), 'the request is no object'],
  [
    'a request with its recipient',
    () => request({ type: 'text', text: { body: 'x' }, to: '1' }),
    'the request has "to". Leave it out',
  ],
  [
    'a request of another type',
    () => request({ type: 'poll', poll: {} }),
    'the type of the request is not one of WhatsApp',
  ],
  ['a request without its object', () => request({ type: 'image', document: {} }), 'the request has "document"'],
  [
    'a request with an empty text',
    () => request({ type: 'text', text: { body: ' ' } }),
    'the text of the request is empty',
  ],
  [
    'a request beside a quote',
    () => [...request({ type: 'text', text: { body: 'x' } }), '--reply-to', id],
    '--reply-to does not go with --file',
  ],
  [
    'a request that says nothing',
    () => request({ type: 'text', text: { body: 'NO_REPLY' } }),
    'NO_REPLY tells your gateway',
  ],
  [
    'a request with words for the gateway',
    () => request({ type: 'text', text: { body: 'Done.\nNO_REPLY' } }),
    'the text of the request has NO_REPLY. That is for your gateway',
  ],
  ['standard input for two', () => ['--text', '-', '--list', '-'], 'standard input is asked for twice'],
];

describe('kapso-whatsapp-cli send refuses before anything is sent', () => {
  test.each(refusals)('%s', async (_, args, sentence) => {
    const ended = await send(args());
    expect(ended).toMatchObject({ code: 64, stdout: '', stderr: expect.stringContaining(sentence) });
    expect(ended.stderr).toMatch(/^kapso-whatsapp-cli: .*[.…]\n$/);
    expect(ended.stderr).not.toMatch(/secret-of-mine|root:x/);
    expect(server.posts).toEqual([]);
  });
});
