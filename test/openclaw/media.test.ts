/** Media of customers at a real OpenClaw: an image is seen by its model, another file is there for its tools. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bridge, type Poller, startBridge } from './bridge-fixture.ts';
import type { ModelRequest } from './model.ts';

let bridge: Bridge;
let poller: Poller;

beforeAll(async () => {
  bridge = await startBridge({ seesImages: true });
  poller = await bridge.startPoller();
});
afterAll(() => bridge?.close());

/** Sends a medium as a customer. Resolves to the message's id. */
async function sendMedia(from: string, media: object): Promise<string> {
  const response = await fetch(`${bridge.kapso.url}/__sim/inbound`, {
    method: 'POST',
    body: JSON.stringify({ from, name: 'Ada', media }),
  });
  const { ids } = (await response.json()) as { ids: [string] };
  poller.pollNow();
  return ids[0];
}

/** The images that the user messages have, by the hash of their bytes: each customer here has one. */
function imagesOf({ messages }: ModelRequest): string[] {
  const parts = messages.flatMap(({ role, content }) => (role === 'user' && Array.isArray(content) ? content : []));
  return parts.flatMap(part => {
    const data = /^data:image\/\w+;base64,(.*)$/s.exec(part?.image_url?.url ?? '')?.[1];
    return data === undefined ? [] : [hashOf(Buffer.from(data, 'base64'))];
  });
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

it('an image arrives at the model as an image part, with its caption', async () => {
  const caption = 'what is this photo? [[say A dot.]]';
  const id = await sendMedia('+15550106001', {
    type: 'image',
    base64: dot.toString('base64'),
    mimeType: 'image/png',
    caption,
  });
  const request = await bridge.openclaw.model.seen('what is this photo?');
  await poller.handled([id]);
  expect(imagesOf(request)).toEqual([hashOf(dot)]);
  expect(request.text).toContain('It is attached (image/png, 70 B).');
});

it('a PDF arrives as a file that the agent can read', async () => {
  const caption = 'read this document [[say Done.]]';
  const pdf = Buffer.from('%PDF-1.7\nThe total is 4711.\n%%EOF\n');
  const media = { type: 'document', base64: pdf.toString('base64'), filename: 'invoice.pdf', caption };
  const id = await sendMedia('+15550106002', media);
  const request = await bridge.openclaw.model.seen('read this document');
  await poller.handled([id]);
  expect(imagesOf(request)).toEqual([]);
  const path = /\nIts file \(application\/pdf, \d+ B\) is here: (\/\S+\/invoice\.pdf)/.exec(request.text)?.[1] ?? '';
  expect(readFileSync(path)).toEqual(pdf);
  // With a tool of its own.
  const [next = ''] = await bridge.write('+15550106002', `look again [[exec tail -n 2 ${path}]]`);
  poller.pollNow();
  await poller.handled([next]);
  await expect.poll(() => bridge.answers('+15550106002').join('\n')).toContain('The total is 4711.');
});

it('an image above two megabytes arrives too', async () => {
  const caption = 'a large photo [[say Large.]]';
  const id = await sendMedia('+15550106003', { type: 'image', size: 4_000_000, mimeType: 'image/jpeg', caption });
  const request = await bridge.openclaw.model.seen('a large photo');
  await poller.handled([id]);
  expect(imagesOf(request)).toHaveLength(1);
});

it('a model that sees no images gets the image as a file, in one run', async () => {
  await poller.end('SIGTERM');
  await bridge.close();
  bridge = await startBridge();
  poller = await bridge.startPoller();
  const media = { type: 'image', base64: dot.toString('base64'), mimeType: 'image/png' };
  const id = await sendMedia('+15550106004', { ...media, caption: 'for a blind model [[say A file.]]' });
  const request = await bridge.openclaw.model.seen('for a blind model');
  await poller.handled([id]);
  expect(imagesOf(request)).toEqual([]);
  expect(request.text).toMatch(/\nIts file \(image\/png, 70 B\) is here: \/\S+\.png/);
  expect(await bridge.inputs('+15550106004')).toHaveLength(1);
  expect(poller.events).toContainEqual(
    expect.objectContaining({ message: id, reason: expect.stringContaining('does not accept image inputs') }),
  );
});
