import { expect, it } from 'vitest';
import { readHinted } from '../../src/delivery/reply-hint.ts';

const block = (content: string, before = 'Shall we?') => `${before}\n\n\`\`\`whatsapp\n${content}\n\`\`\``;

it.each<[content: string, interactive: object]>([
  [
    'buttons: [Yes, No]',
    {
      type: 'button',
      body: { text: 'Shall we?' },
      action: {
        buttons: [
          { type: 'reply', reply: { id: 'Yes', title: 'Yes' } },
          { type: 'reply', reply: { id: 'No', title: 'No' } },
        ],
      },
    },
  ],
  [
    '{"buttons": [{"id": "y", "title": "Yes"}], "header": "Table", "footer": "Tap one"}',
    {
      type: 'button',
      header: { type: 'text', text: 'Table' },
      body: { text: 'Shall we?' },
      footer: { text: 'Tap one' },
      action: { buttons: [{ type: 'reply', reply: { id: 'y', title: 'Yes' } }] },
    },
  ],
  [
    'list:\n  button: Choose\n  rows:\n    - title: 9:00\n      description: two places\n    - 10',
    {
      type: 'list',
      body: { text: 'Shall we?' },
      action: {
        button: 'Choose',
        sections: [
          {
            rows: [
              { id: '9:00', title: '9:00', description: 'two places' },
              { id: '10', title: '10' },
            ],
          },
        ],
      },
    },
  ],
  [
    'cta: {text: Open the menu, url: "https://example.org/menu?a=b"}',
    {
      type: 'cta_url',
      body: { text: 'Shall we?' },
      action: { name: 'cta_url', parameters: { display_text: 'Open the menu', url: 'https://example.org/menu?a=b' } },
    },
  ],
  [
    'cta: Open the menu=https://example.org/menu',
    {
      type: 'cta_url',
      body: { text: 'Shall we?' },
      action: { name: 'cta_url', parameters: { display_text: 'Open the menu', url: 'https://example.org/menu' } },
    },
  ],
  [
    'askLocation: true',
    { type: 'location_request_message', body: { text: 'Shall we?' }, action: { name: 'send_location' } },
  ],
])('a block makes the text a message with something to tap: %s', async (content, interactive) => {
  const { text, hint, problem } = await readHinted(block(content));
  expect({ text, problem }).toEqual({ text: 'Shall we?', problem: null });
  expect(hint.tap?.make(text)).toEqual({ kind: 'interactive', interactive });
});

it('a block asks for a place and for a reaction, with a text or without', async () => {
  const place = { kind: 'location', latitude: 52.5163, longitude: 13.3777, name: 'Gate', address: 'Pariser Platz' };
  expect(await readHinted(block('location: 52.5163,13.3777,Gate,Pariser Platz'))).toMatchObject({
    text: 'Shall we?',
    hint: { location: place },
  });
  const written = 'location: {latitude: 52.5163, longitude: 13.3777, name: Gate, address: Pariser Platz}\nreaction: 👍';
  expect(await readHinted(block(written, '').trim())).toEqual({
    text: '',
    hint: { location: place, reaction: '👍' },
    problem: null,
  });
});

it.each<[what: string, content: string, problem: RegExp]>([
  ['no YAML', 'buttons: [Yes', /it is no YAML/],
  ['no object', '- Yes', /no object/],
  ['an unknown name', 'button: [Yes]', /has "button"\. It may have buttons/],
  ['too many buttons', 'buttons: [a, b, c, d]', /4 buttons/],
  ['a button that is too long', 'buttons: [x23456789 123456789 1]', /at most 20|20 characters|21/],
  ['two things to tap', 'buttons: [Yes]\ncta: A=https://a.example', /buttons and cta/],
  ['a footer alone', 'footer: small', /nothing to tap/],
  ['an address that is none', 'cta: {text: A, url: "javascript:alert(1)"}', /address|https/],
  ['a place without numbers', 'location: {latitude: x}', /latitude and longitude/],
  ['a word as a reaction', 'reaction: great', /one emoji/],
  ['aliases that grow', `a: &a [x]\n${Array.from({ length: 30 }, () => 'b: [*a, *a]').join('\n')}`, /./],
])('of a block that is wrong nothing is lost: %s', async (_, content, problem) => {
  const text = block(content);
  const hinted = await readHinted(text);
  expect(hinted).toEqual({ text, hint: {}, problem: expect.stringMatching(problem) });
});

it.each([
  ['a text', 'Just words'],
  ['another language', '```yaml\nbuttons: [Yes]\n```'],
  ['a block in the midst', '```whatsapp\nbuttons: [Yes]\n```\nand more'],
  ['a block that does not end', 'a\n```whatsapp\nbuttons: [Yes]'],
  ['a mention within a line', 'Write ```whatsapp\nbuttons: [Yes]\n```'],
  ['a block that is too long', `\`\`\`whatsapp\nbuttons: [${'x'.repeat(9000)}]\n\`\`\``],
])('is no block: %s', async (_, text) => {
  expect(await readHinted(text)).toEqual({ text, hint: {}, problem: null });
});

it('nothing to tap goes without a text', async () => {
  const text = block('buttons: [Yes]', '').trim();
  expect(await readHinted(text)).toEqual({ text, hint: {}, problem: expect.stringContaining('without a text') });
});

it('a text of many fences takes no long time', async () => {
  const begun = performance.now();
  await readHinted('```whatsapp\n'.repeat(20_000));
  await readHinted(`\`\`\`whatsapp\n${' \n'.repeat(100_000)}`);
  expect(performance.now() - begun).toBeLessThan(5000);
});
