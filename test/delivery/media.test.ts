import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/agents/agent.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { createForwarder, type ForwardOptions } from '../../src/delivery/forward.ts';
import type { Turn } from '../../src/delivery/lanes.ts';
import type { InboundMessage, Media } from '../../src/domain/message.ts';
import { createReceivedMedia, type ReceivedMedia } from '../../src/media/received.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { manualClock } from '../manual-clock.ts';
import { plainAnswers } from './plain-answers.ts';
import { scriptedGateway } from './scripted-gateway.ts';

const lane = 'agent:main:kapso:direct:+15551234567';
const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(1000, 1)]);
const pdf = Buffer.from('%PDF-1.7\nhello');

let dir: string;
let store: Store;
let clock: ReturnType<typeof manualClock>;
let gateway: ReturnType<typeof scriptedGateway>;
let server: Server;
let asked: number;
/** What the server does with the next requests, and after them with all. */
let answers: ((response: ServerResponse) => void)[];
let stopping: AbortController;
let told: AppEvent[];
let settings: {
  -readonly [Key in 'media' | 'transcribe']: { -readonly [Name in keyof Config[Key]]: Config[Key][Name] };
};
let received: ReceivedMedia;
let turn: () => Promise<Turn>;

const give = (bytes: Buffer) => (response: ServerResponse) => void response.end(bytes);
const absent = (response: ServerResponse) => void response.writeHead(404).end();

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-media-'));
  clock = manualClock(Date.UTC(2026, 10, 22));
  store = await openStore({ dir, clock });
  gateway = scriptedGateway();
  stopping = new AbortController();
  told = [];
  asked = 0;
  answers = [give(png)];
  settings = structuredClone((await loadConfig({ env: {}, home: dir, need: 'none' })).config);
  server = createServer((_, response) => {
    asked += 1;
    const [answer, ...others] = answers;
    if (others.length > 0) answers = others;
    answer?.(response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  received = createReceivedMedia({
    ...{ baseUrl, apiKey: 'key', proxy: null, proxyTo: () => null, stateDir: dir, clock, random: () => 0 },
    mediaInfo: async id => ({ size: null, downloadUrl: `${baseUrl}/${id}`, url: null }),
    settings: () => settings,
  });
  turn = forwarder();
});

afterEach(async () => {
  stopping.abort();
  server.closeAllConnections();
  server.close();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

function forwarder(more: Partial<ForwardOptions> = {}): () => Promise<Turn> {
  const forward = createForwarder({
    ...plainAnswers,
    ...{ store, gateway, clock },
    emit: event => told.push(event),
    media: { asFiles: () => settings.media.deliver === 'files', obtain: received.obtain },
    signal: stopping.signal,
    ...more,
  });
  return () => forward(lane);
}

async function receive(id: string, media: Partial<Media> = {}, change: Partial<InboundMessage> = {}): Promise<void> {
  const link = 'https://api.kapso.ai/media/1';
  const medium: Media = {
    kind: 'image',
    id: '1',
    mimeType: 'image/png',
    filename: null,
    size: null,
    url: link,
    ...media,
  };
  const message: InboundMessage = {
    id,
    account: '106540352242922',
    sender: { phone: '15551234567', userId: null, name: 'Bob', username: null },
    conversationId: null,
    timestamp: clock.now(),
    type: medium.kind,
    text: `[${medium.kind}] ${link}\nlook`,
    annotations: 1,
    media: medium,
    ...change,
  };
  const { account, timestamp: occurredAt } = message;
  await store.accept([{ id, account, lane, occurredAt, body: JSON.stringify(message) }]);
}

const files = () => readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(name => /^media\/\w+\/./.test(name));
const state = async (id: string) => (await store.get(id))?.state;
/** Takes turns, with the rests between them over, until the message is settled. */
async function settle(id: string): Promise<void> {
  for (let turns = 0; (await state(id)) !== 'settled'; turns += 1) {
    if (turns > 50) throw new Error(`not settled: ${JSON.stringify(await store.get(id))}`);
    const next = await turn();
    if (typeof next !== 'string') clock.advance(next.until - clock.now());
  }
}

describe('an image', () => {
  it('goes to the agent beside the message, and its file is kept for this user alone', async () => {
    await receive('wamid.A');
    await settle('wamid.A');
    const [request] = gateway.runs;
    expect(request?.attachments).toEqual([{ mimeType: 'image/png', fileName: 'image.png', content: png }]);
    expect(request?.message).toMatch(/\n\n> \[image\]\n> look\n\nIt is attached \(image\/png, 1008 B\)\.$/);
    const [name = ''] = files();
    expect(readFileSync(join(dir, name))).toEqual(png);
    expect((statSync(join(dir, name)).mode & 0o777).toString(8)).toBe('600');
  });

  it('of a photo is given back to the memory when the gateway has it', async () => {
    answers = [give(Buffer.concat([png, Buffer.alloc(2_000_000)]))];
    let taken = 0;
    const { run } = gateway;
    gateway.run = async (request, signal) => {
      await run(request, signal);
      taken = request.attachments?.[0]?.content.length ?? 0;
    };
    await receive('wamid.A');
    await settle('wamid.A');
    expect(taken).toBe(2_001_008);
    expect(gateway.runs[0]?.attachments?.[0]?.content.length).toBe(0);
  });

  it('goes as a file where the gateway takes no images, or smaller ones', async () => {
    for (const [id, limits] of [
      ['wamid.A', null],
      ['wamid.B', { maxBytes: 1007, maxImageBytes: 1007 }],
    ] as const) {
      gateway.imageLimits = () => limits;
      await receive(id);
      await settle(id);
    }
    for (const { attachments, message } of gateway.runs) {
      expect(attachments).toBeUndefined();
      expect(message).toMatch(/\n\nIts file \(image\/png, 1008 B\) is here: \/\S+\/image\.png$/);
    }
  });

  it('goes as a file, under the same key, when the gateway refuses the run with it', async () => {
    await receive('wamid.A');
    const why = 'UnsupportedAttachmentError: attachment image.png: active model does not accept image inputs';
    gateway.script.run.push(new GatewayError('permanent', why));
    await settle('wamid.A');
    expect(gateway.runs.map(run => [run.runKey, run.attachments?.length])).toEqual([
      ['wamid.A', 1],
      ['wamid.A', undefined],
    ]);
    expect(gateway.runs[1]?.message).toContain('is here: /');
    expect(told).toContainEqual({ type: 'images refused', message: 'wamid.A', reason: why });
  });

  it('goes as a file after two attempts with it have failed: the run may fail because of it', async () => {
    await receive('wamid.A');
    const failed = { kind: 'error', reason: 'the model refused it', toolsRan: false } as const;
    gateway.script.wait.push(failed, failed);
    await settle('wamid.A');
    expect(gateway.runs.map(run => run.attachments?.length)).toEqual([1, 1, undefined]);
    expect(asked).toBe(1);
  });

  it('that is none by its content goes as the file that it is', async () => {
    answers = [give(pdf)];
    await receive('wamid.A', { kind: 'document', filename: 'photo.png', mimeType: 'image/png' });
    await settle('wamid.A');
    expect(gateway.runs[0]?.attachments).toBeUndefined();
    expect(gateway.runs[0]?.message).toMatch(/Its file \(application\/pdf, 14 B\) is here: \/\S+\/photo\.pdf$/);
  });
});

describe('a medium that is not ready', () => {
  it('is asked for again, without a run and without a claim on the gateway, until it is there', async () => {
    answers = [absent, absent, give(png)];
    await receive('wamid.A', { url: null });
    const rest = await turn();
    expect(rest).toMatchObject({ until: expect.any(Number) });
    expect(gateway.runs).toEqual([]);
    expect(await store.get('wamid.A')).toMatchObject({
      state: 'pending',
      attempts: 0,
      reason: expect.stringMatching(/^Its image is not ready: there is no such file/),
    });
    await settle('wamid.A');
    expect(asked).toBe(3);
    expect(gateway.runs[0]?.attachments).toHaveLength(1);
  });

  it('holds the conversation no longer than the setting: then the agent gets the fact and the link', async () => {
    settings.media.waitFor = 20;
    answers = [absent];
    await receive('wamid.A', { url: null });
    const begun = clock.now();
    await settle('wamid.A');
    expect(clock.now() - begun).toBeGreaterThanOrEqual(20_000);
    expect(clock.now() - begun).toBeLessThanOrEqual(30_000);
    const reason = 'it did not come within 20 s; before that there is no such file';
    expect(gateway.runs[0]?.message).toContain(`\n\nIts file could not be obtained: ${reason}`);
    expect(gateway.runs[0]?.message).toContain('> [image] https://api.kapso.ai/media/1\n');
    expect(told).toContainEqual({
      type: 'medium missing',
      message: 'wamid.A',
      reason: expect.stringContaining(reason),
    });
    expect(files()).toEqual([]);
  });

  it('that comes slowly is given up in time, and nothing of it is left', async () => {
    settings.media.waitFor = 20;
    answers = [response => void response.write(png.subarray(0, 100))];
    await receive('wamid.A');
    const one = turn();
    await expect.poll(() => asked).toBe(1);
    await expect.poll(files).toHaveLength(1);
    clock.advance(2000);
    // Meanwhile others have their turns.
    expect(await one).toMatchObject({ until: expect.any(Number) });
    expect(await store.get('wamid.A')).toMatchObject({ reason: 'Its image is not ready: it is on its way' });
    clock.advance(18_000);
    await settle('wamid.A');
    expect(asked).toBe(1);
    expect(gateway.runs[0]?.message).toContain('Its file could not be obtained: it did not come within 20 s.');
    expect(files()).toEqual([]);
  });

  it('is not waited for when the message is old: it will not come', async () => {
    answers = [absent];
    await receive('wamid.A', { url: null }, { timestamp: clock.now() - 3_600_000 });
    expect(await turn()).toBe('more');
    expect(asked).toBe(1);
    expect(gateway.runs[0]?.message).toContain('Its file could not be obtained: there is no such file');
  });

  it('is not waited for when it is too large', async () => {
    settings.media.maxFileSize = 1;
    answers = [give(Buffer.concat([png, Buffer.alloc(1024 * 1024)]))];
    await receive('wamid.A');
    expect(await turn()).toBe('more');
    expect(gateway.runs[0]?.message).toContain('Its file could not be obtained: the file was not kept: it has');
    expect(files()).toEqual([]);
  });
});

it('a medium that takes a while goes on being fetched between the turns of its conversation', async () => {
  const rest = Promise.withResolvers<void>();
  answers = [
    response => {
      response.write(png.subarray(0, 100));
      void rest.promise.then(() => response.end(png.subarray(100)));
    },
  ];
  await receive('wamid.A');
  const one = turn();
  await expect.poll(files).toHaveLength(1);
  clock.advance(2000);
  await one;
  rest.resolve();
  await expect.poll(files).toEqual([expect.stringMatching(/image\.png$/)]);
  await settle('wamid.A');
  expect(asked).toBe(1);
  expect(gateway.runs[0]?.attachments).toEqual([expect.objectContaining({ content: png })]);
});

describe('after a crash', () => {
  it('the same run gets the same text and the same image, and nothing is fetched again', async () => {
    await receive('wamid.A');
    gateway.script.wait.push(new GatewayError('away', 'gone'));
    await turn();
    expect(await state('wamid.A')).toBe('sending');
    gateway.script.recall.push({ kind: 'absent' });
    turn = forwarder();
    await settle('wamid.A');
    expect(gateway.runs).toHaveLength(2);
    expect(gateway.runs[1]).toEqual(gateway.runs[0]);
    expect(asked).toBe(1);
  });

  it('a run whose file is gone, and comes from nowhere, goes on with the fact', async () => {
    await receive('wamid.A');
    gateway.script.wait.push(new GatewayError('away', 'gone'));
    await turn();
    rmSync(join(dir, 'media'), { recursive: true });
    answers = [absent];
    gateway.script.recall.push({ kind: 'absent' });
    await settle('wamid.A');
    expect(gateway.runs[1]?.attachments).toBeUndefined();
    expect(gateway.runs[1]?.message).toContain('Its file could not be obtained');
  });
});

it('fetches nothing where the agent has links', async () => {
  settings.media.deliver = 'links';
  await receive('wamid.A');
  await settle('wamid.A');
  expect(asked).toBe(0);
  expect(gateway.runs[0]?.message).toMatch(/\n\n> \[image\] https:\/\/api\.kapso\.ai\/media\/1\n> look$/);
});

it('fetches nothing of a voice message whose words Kapso has recognised', async () => {
  await receive('wamid.A', { kind: 'audio', transcribed: true });
  await settle('wamid.A');
  expect(asked).toBe(0);
});

it('fetches nothing of a sender who may not write', async () => {
  const nobody = {
    account: '',
    key: '',
    address: '',
    origin: '',
    name: null,
    identities: [],
    approved: null,
    blocked: false,
  };
  const denied = { kind: 'denied', reason: 'not listed', keepText: true } as const;
  turn = forwarder({
    admissions: { of: async () => ({ admission: denied, contact: nobody }), ofReply: async () => denied },
  });
  await receive('wamid.A');
  await turn();
  expect(await state('wamid.A')).toBe('denied');
  expect(asked).toBe(0);
});

it('reads a document by the program of the settings, as quoted text', async () => {
  settings.media.documentCommand = ['cat', '{file}'];
  answers = [give(pdf)];
  await receive('wamid.A', { kind: 'document', filename: 'a.pdf' });
  await settle('wamid.A');
  expect(gateway.runs[0]?.message).toMatch(/a\.pdf\nIts text:\n> %PDF-1\.7\n> hello$/);
});

it('stops at once with the program, and leaves the message pending', async () => {
  answers = [response => void response.write(png.subarray(0, 100))];
  await receive('wamid.A');
  const one = turn();
  await expect.poll(files).toHaveLength(1);
  stopping.abort(new Error('stopping'));
  expect(await one).toBe('empty');
  expect(await state('wamid.A')).toBe('pending');
  expect(files()).toEqual([]);
});
