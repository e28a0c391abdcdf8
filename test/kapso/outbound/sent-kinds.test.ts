import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Content } from '../../../src/domain/content.ts';
import { createKapsoClient, type KapsoClient } from '../../../src/kapso/client.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../../src/simulator/kapso.ts';
import { kapsoClient } from '../../simulator/kapso-client.ts';
import { putTemplates, uploadSample } from '../../simulator/outgoing-stage.ts';

const never = new AbortController().signal;
const nobody = async () => false;
const to = '+15550104477';
let kapso: KapsoSimulator;
let client: KapsoClient;
let sim: ReturnType<typeof kapsoClient>;
let image = '';
let document = '';

async function begin(settings: object) {
  kapso = await startKapsoSimulator({ settings });
  sim = kapsoClient(kapso);
  await putTemplates(sim);
  image = await uploadSample(kapso, 'image/png');
  document = await uploadSample(kapso, 'application/pdf');
  const transport = createNodeTransport();
  client = createKapsoClient({ ...kapso, baseUrl: kapso.url, apiVersion: 'v24.0', transport, clock: systemClock });
}

afterEach(() => kapso.close());

const documented = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../fixtures/sent-bodies/${name}.json`), 'utf8'));
const words = (...texts: string[]) => [{ type: 'body', parameters: texts.map(text => ({ type: 'text', text })) }];
const filled = (...texts: string[]): Content => ({
  ...{ kind: 'filled-template', name: 'message_for_you', language: 'en_US', components: words(...texts) },
});
const buttons = documented('interactive-buttons').interactive;

/** A content of each kind, and one of the same kind that differs from it in as little as possible. */
const pairs: readonly [string, () => Content, () => Content][] = [
  ['a text', () => ({ kind: 'text', text: 'hi' }), () => ({ kind: 'text', text: 'ho' })],
  [
    'an image',
    () => ({ kind: 'media', media: 'image', source: { id: image }, caption: 'a' }),
    () => ({ kind: 'media', media: 'image', source: { id: image } }),
  ],
  [
    'a document by its address',
    () => ({ kind: 'media', media: 'document', source: { link: 'https://example.com/a.pdf' } }),
    () => ({ kind: 'media', media: 'document', source: { id: document } }),
  ],
  [
    'a place',
    () => ({ kind: 'location', latitude: 1.5, longitude: 2, name: 'Here' }),
    () => ({ kind: 'location', latitude: 1.5, longitude: 2 }),
  ],
  [
    'a contact',
    () => ({ kind: 'contacts', contacts: documented('contacts').contacts }),
    () => ({ kind: 'contacts', contacts: [{ name: { formatted_name: 'Ada Example', first_name: 'Ada' } }] }),
  ],
  [
    'buttons',
    () => ({ kind: 'interactive', interactive: buttons }),
    () => ({ kind: 'interactive', interactive: { ...buttons, body: { text: 'Or tomorrow?' } } }),
  ],
  ['a template', () => filled('a'), () => filled('b')],
  [
    'any other form',
    () => ({ kind: 'raw', fields: { type: 'text', text: { body: 'a', preview_url: true } } }),
    () => ({ kind: 'raw', fields: { type: 'text', text: { body: 'a', preview_url: false } } }),
  ],
];

describe.each([true, false])('after a connection that broke, with marks in the list: %s', echoCallbackData => {
  beforeEach(() => begin({ echoCallbackData }));

  it.each(pairs)('%s is found, and another is not taken for it', async (_, taken, other) => {
    await sim.sim('POST', 'faults', { kind: 'send', do: 'drop-after-commit' });
    const message = { to, content: taken(), mark: 'mark-1' };
    expect(await client.attempt(message, never)).toMatchObject({ kind: 'unknown' });
    const id = kapso.sent()[0]?.id;
    expect(await client.lookUp(message, { ago: 60_000 }, nobody, never)).toEqual({ kind: 'found', id });
    const another = { to, content: other(), mark: 'mark-2' };
    expect(await client.lookUp(another, { ago: 60_000 }, nobody, never)).toMatchObject({ kind: 'absent' });
    const elsewhere = { ...message, to: '+15559999999', mark: 'mark-3' };
    expect(await client.lookUp(elsewhere, { ago: 60_000 }, nobody, never)).toMatchObject({ kind: 'absent' });
  });
});

describe('the command line', () => {
  beforeEach(() => begin({}));

  it.each(pairs)('finds %s by its mark, and sends it once', async (_, taken) => {
    await sim.sim('POST', 'faults', { kind: 'send', do: 'drop-after-commit' });
    const { id } = await client.send({ to, content: taken() });
    expect(kapso.sent().map(sent => sent.id)).toEqual([id]);
  });

  it('repeats a reaction, which is the same however often it arrives', async () => {
    const [messageId = ''] = await sim.inbound({ from: to, text: 'hi' });
    await sim.sim('POST', 'faults', { kind: 'react', do: 'drop-after-commit' });
    await client.send({ to, content: { kind: 'reaction', messageId, emoji: '👍' } });
    const { reactions } = (await sim.sim('GET', 'reactions')).body;
    expect(reactions).toMatchObject([{ messageId, emoji: '👍' }, { emoji: '👍' }]);
  });
});
