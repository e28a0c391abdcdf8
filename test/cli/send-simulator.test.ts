import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createOwnSends } from '../../src/delivery/own-sends/own-sends.ts';
import { createKapsoClient } from '../../src/kapso/client.ts';
import { openTransport } from '../../src/kapso/http/open-transport.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { account, apiKey, runCli } from './program.ts';

const phoneNumberId = '647000000000001';
const to = '+15551234567';
const id = 'wamid.HBgLMTU1NTEyMzQ1Njc=';
let kapso: KapsoSimulator;
let dir: string;

beforeAll(async () => {
  kapso = await startKapsoSimulator({ apiKey, phoneNumberId });
  dir = mkdtempSync(join(tmpdir(), 'send-simulator-'));
});
afterAll(async () => {
  await kapso.close();
  rmSync(dir, { recursive: true });
});

const send = (args: readonly string[]) =>
  runCli(['send', '--to', to, ...args], { env: { ...account(kapso), KAPSO_STATE_DIR: dir } });

/** The simulator takes what Meta documents, and refuses what Meta refuses. */
const kinds: [string, string[]][] = [
  ['text', ['Hello', '--reply-to', id, '--no-preview']],
  ['location', ['--location', '52.5163,13.3777,Brandenburg Gate,Pariser Platz']],
  ['contacts', ['--contact', 'BEGIN:VCARD\nVERSION:3.0\nFN:Ada\nTEL;TYPE=CELL:+15551234567\nEND:VCARD\n']],
  ['interactive', ['A table for two?', '--buttons', 'Yes|No|Later', '--header', 'Tonight', '--footer', 'Until six']],
  [
    'interactive',
    ['When?', '--list', '{"button": "Choose", "rows": ["9:00", {"title": "11:00", "description": "late"}]}'],
  ],
  ['interactive', ['Our menu', '--cta', 'Open=https://example.org/menu']],
  ['interactive', ['Book', '--flow', '{"id": "1197715005513101", "button": "Book", "screen": "BOOKING"}']],
  ['interactive', ['Where are you?', '--ask-location']],
  ['text', ['--file', '{"type": "text", "text": {"body": "Hello"}}']],
];

test.each(kinds)(
  'a message of type %s arrives, and counts as the answer of the run that sent it: %j',
  async (type, args) => {
    const begunAt = Date.now();
    const ended = await send(args);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const ids = [ended.stdout.trim()];
    const client = createKapsoClient({
      ...{ baseUrl: kapso.url, apiVersion: 'v24.0', apiKey, phoneNumberId },
      ...{ transport: openTransport({ proxy: null }), clock: systemClock },
    });
    const sent = await client.listSent(begunAt - 1000, new AbortController().signal);
    expect(sent?.find(row => row.id === ids[0])).toMatchObject({ type });
    const call = { name: 'exec', command: 'true', output: '', failed: false, exitCode: null, refused: false };
    const run = { calls: [call], contact: to, address: to, begunAt, endedAt: Date.now() };
    // By the mark of the send, and where there is none, by the list of Kapso.
    for (const stateDir of [dir, join(dir, 'none')]) {
      const find = createOwnSends({ account: phoneNumberId, stateDir, kapso: client, clock: systemClock });
      expect(await find(run, known => !ids.includes(known), new AbortController().signal)).toEqual({
        kind: 'sent',
        ids,
      });
    }
  },
);

test('a reaction reaches the message of the customer, and its end takes it off', async () => {
  const control = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${kapso.url}/__sim/${path}`, { method, body: body ? JSON.stringify(body) : null });
    return (await answer.json()) as { ids: string[]; reactions: { messageId: string; emoji: string }[] };
  };
  const [messageId = ''] = (await control('POST', 'inbound', { from: to, text: 'Thank you!' })).ids;
  for (const reaction of [['--react', '❤'], ['--unreact']]) {
    expect(await send([...reaction, '--to-message', messageId])).toMatchObject({ code: 0, stderr: '' });
  }
  const { reactions } = await control('GET', 'reactions');
  expect(reactions.map(({ messageId: about, emoji }) => [about, emoji])).toEqual([
    [messageId, '❤\ufe0f'],
    [messageId, ''],
  ]);
});
