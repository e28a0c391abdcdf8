/** What the agent of a real OpenClaw attaches to its answers reaches the customer as media. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MediaFile } from '../../src/simulator/kapso-media-store.ts';
import { type Bridge, type Poller, startBridge } from './bridge-fixture.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const directory = mkdtempSync(join(tmpdir(), 'openclaw-media-out-'));
const within = { timeout: 120_000 };

let bridge: Bridge;
let poller: Poller;

/** A program that speaks: it writes the same MP3 for each text. */
function speaker(): string {
  const frame = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(413)]);
  const head = Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, 0]);
  writeFileSync(join(directory, 'voice.mp3'), Buffer.concat([head, ...Array<Buffer>(40).fill(frame)]));
  const program = join(directory, 'speak');
  writeFileSync(program, `#!/bin/sh\ncp ${directory}/voice.mp3 "$1"\n`);
  chmodSync(program, 0o755);
  return program;
}

beforeAll(async () => {
  const speak = { command: speaker(), args: ['{{OutputPath}}'], outputFormat: 'mp3' };
  bridge = await startBridge({
    config: {
      tools: { profile: 'full', alsoAllow: ['tts'] },
      tts: { auto: 'tagged', provider: 'tts-local-cli', providers: { 'tts-local-cli': speak } },
    },
  });
  const { workspace } = bridge.openclaw;
  writeFileSync(join(workspace, 'pic.png'), png);
  writeFileSync(join(directory, 'secret.png'), png);
  poller = await bridge.startPoller({
    KAPSO_REPLY_VIA: 'relay',
    KAPSO_MEDIA_SEND_FROM: join(dirname(workspace), 'state/media/tool-speech-synthesis'),
  });
});
afterAll(async () => {
  await bridge?.close();
  rmSync(directory, { recursive: true });
});

const sentTo = (to: string) =>
  bridge.kapso.sent().flatMap(one => (one.to === to ? [{ type: one.type, object: one.object }] : []));
const uploads = async (): Promise<MediaFile[]> => {
  const answer = await fetch(`${bridge.kapso.url}/__sim/media`);
  return ((await answer.json()) as { media: MediaFile[] }).media;
};

it('a MEDIA: line of the answer sends the file of the workspace, with the text as its caption', async () => {
  const ada = '+15550106001';
  await bridge.write(ada, 'a picture [[say Here it is: ATTACH:./pic.png]]');
  poller.pollNow();
  await expect.poll(() => sentTo(ada).length, within).toBe(1);
  const [upload] = await uploads();
  expect(upload).toMatchObject({ mimeType: 'image/png', size: png.length });
  expect(sentTo(ada)).toMatchObject([{ type: 'image', object: { id: upload?.id, caption: 'Here it is:' } }]);
});

it('what a tool makes is sent, beside the text and where the agent says nothing', async () => {
  const [ada, bob] = ['+15550106002', '+15550106003'];
  const speak = '[[tool tool_call {"id":"tts","args":{"text":"hello there"}}]]';
  await bridge.write(ada, `say it ${speak} [[then Listen.]]`);
  await bridge.write(bob, `say it ${speak} [[then NO_REPLY]]`);
  poller.pollNow();
  await expect.poll(() => sentTo(ada).length, within).toBe(2);
  await expect.poll(() => sentTo(bob).length, within).toBe(1);
  expect(sentTo(ada)).toMatchObject([
    { type: 'text', object: { body: 'Listen.' } },
    { type: 'audio', object: { id: expect.any(String) } },
  ]);
  expect(sentTo(bob)).toMatchObject([{ type: 'audio' }]);
  expect((await uploads()).filter(({ mimeType }) => mimeType === 'audio/mpeg')).toHaveLength(2);
});

it('a file from elsewhere is not sent, the text is, and the outbox says why', async () => {
  const ada = '+15550106004';
  const [id] = await bridge.write(ada, `a secret [[say Here: ATTACH:${directory}/secret.png]]`);
  poller.pollNow();
  await poller.logged(({ message, note }) => message === id && String(note).includes('outside the directories'));
  await expect.poll(() => sentTo(ada), within).toMatchObject([{ type: 'text', object: { body: 'Here:' } }]);
  const rows = JSON.parse(await bridge.cli('outbox', 'list', '--json', '--full')) as {
    message: string;
    state: string;
  }[];
  expect(
    rows
      .filter(({ message }) => message === id)
      .map(({ state }) => state)
      .toSorted(),
  ).toEqual(['failed', 'sent']);
});
