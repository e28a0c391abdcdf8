import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ApiServer, accepted, account, runCli, startApi } from './program.ts';

const to = '+15551234567';
const id = 'wamid.HBgLMTU1NTEyMzQ1Njc=';
let server: ApiServer;

beforeAll(async () => {
  server = await startApi(accepted);
});
beforeEach(() => {
  server.posts.length = 0;
});
afterAll(async () => server.close());

const send = (args: readonly string[]) => runCli(['send', '--to', to, ...args], { env: account(server) });

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
});
