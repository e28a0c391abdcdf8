import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { manualClock } from '../manual-clock.ts';
import { kapsoClient } from './kapso-client.ts';

const day = 24 * 60 * 60 * 1000;
const clock = manualClock(Date.parse('2026-11-22T12:00:00.000Z'));
let kapso: KapsoSimulator;
let client: ReturnType<typeof kapsoClient>;

beforeEach(async () => {
  kapso = await startKapsoSimulator({ clock });
  client = kapsoClient(kapso);
});
afterEach(() => kapso.close());

const version = '/meta/whatsapp/v24.0';

async function upload(content: Buffer | string, type: string, fields: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ messaging_product: 'whatsapp', type, ...fields })) form.set(name, value);
  form.set('file', new Blob([Uint8Array.from(Buffer.from(content))], { type }), 'näme.bin');
  const response = await fetch(`${kapso.url}${version}/${kapso.phoneNumberId}/media`, {
    method: 'POST',
    headers: { 'X-API-Key': kapso.apiKey },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as ReturnType<typeof JSON.parse> };
}

const infoOf = (id: string, query = `?phone_number_id=${kapso.phoneNumberId}`) =>
  client.request('GET', `${version}/${id}${query}`);

async function bytesAt(url: string): Promise<Buffer> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

describe('an upload', () => {
  it('is kept with its bytes, whatever stands in them', async () => {
    const content = Buffer.concat([
      Buffer.from('\r\n--boundary\r\n\r\n--'),
      Buffer.alloc(300_000, 7),
      Buffer.from('\r\n'),
    ]);
    const { body } = await upload(content, 'image/png');
    const info = (await infoOf(body.id)).body;
    expect(info).toEqual({
      messaging_product: 'whatsapp',
      id: body.id,
      mime_type: 'image/png',
      sha256: createHash('sha256').update(content).digest('base64'),
      file_size: String(content.length),
      url: expect.stringContaining('/whatsapp_business/attachments/?mid='),
      download_url: expect.stringContaining('/meta/whatsapp/media_download?token='),
      download_url_expires_at: '2026-11-22T12:04:00.000Z',
    });
    expect((await bytesAt(info.download_url)).equals(content)).toBe(true);
    expect((await client.sim('GET', 'media')).body.media).toMatchObject([
      { id: body.id, name: 'näme.bin', origin: 'upload' },
    ]);
  });

  it.each([
    ['audio/ogg; codecs=opus', 200],
    ['application/pdf', 200],
    ['audio/webm', 400],
    ['audio/x-wav', 400],
    ['image/gif', 400],
    ['application/octet-stream', 400],
  ])('is taken by the type of its part, as Meta does: %s', async (type, status) => {
    const reply = await upload('x', type, { type: 'image/png' });
    expect(reply.status).toBe(status);
    if (status === 400) {
      expect(reply.body.error).toMatchObject({ code: 100 });
      expect(reply.body.error.message).toMatch(
        /^\(#100\) Param file must be a file with one of the following types: audio\/aac, /,
      );
    }
  });

  it.each([
    ['image/png', 5 * 1024 * 1024],
    ['image/webp', 500 * 1024],
    ['audio/mpeg', 16 * 1024 * 1024],
  ])('of %s may have %d bytes', async (type, size) => {
    expect((await upload(Buffer.alloc(size), type)).status).toBe(200);
    expect((await upload(Buffer.alloc(size + 1), type)).body.error).toMatchObject({ code: 131053 });
    expect((await upload('', type)).body.error).toMatchObject({ code: 131053 });
  });

  it('needs the product, the key, and the number', async () => {
    expect((await upload('x', 'image/png', { messaging_product: 'sms' })).status).toBe(400);
    const path = `${version}/${kapso.phoneNumberId}/media`;
    expect((await client.request('POST', path, {}, null)).status).toBe(401);
    expect((await client.request('POST', `${version}/1/media`, {})).status).toBe(404);
    expect((await client.request('POST', path, {})).body).toMatchObject({ error: 'Bad Request' });
  });

  it('is asked for with the number', async () => {
    const { body } = await upload('x', 'image/png');
    expect((await infoOf(body.id, '')).status).toBe(400);
    expect((await infoOf(body.id, '?phone_number_id=1')).status).toBe(404);
    expect((await infoOf('1')).body.error).toMatchObject({ code: 100, error_subcode: 33 });
  });

  it('is forgotten after 30 days, and its address after 4 minutes', async () => {
    const { body } = await upload('x', 'image/png');
    const { download_url: url } = (await infoOf(body.id)).body;
    clock.advance(4 * 60_000);
    expect((await fetch(url)).status).toBe(404);
    clock.advance(30 * day - 4 * 60_000 - 1);
    expect((await infoOf(body.id)).status).toBe(200);
    clock.advance(1);
    expect((await infoOf(body.id)).status).toBe(400);
  });

  it('outlives a restart where there is a state file, and goes with the simulator otherwise', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kapso-media-test-'));
    const stateFile = join(directory, 'kapso.jsonl');
    await kapso.close();
    kapso = await startKapsoSimulator({ clock, stateFile });
    const { body } = await upload('the bytes', 'text/plain');
    await kapso.close();
    kapso = await startKapsoSimulator({ clock, stateFile });
    client = kapsoClient(kapso);
    expect((await bytesAt((await infoOf(body.id)).body.download_url)).toString()).toBe('the bytes');
    // A crash in the midst of an upload leaves nothing for long.
    writeFileSync(join(`${stateFile}.media`, 'incoming-1'), 'x');
    await upload('more bytes', 'text/plain');
    expect(readdirSync(`${stateFile}.media`)).toHaveLength(2);
    rmSync(directory, { recursive: true });
    expect(existsSync(directory)).toBe(false);
  });
});

describe('a media message from a customer', () => {
  it.each(['image', 'video', 'audio', 'document', 'sticker'])('has Meta’s object and Kapso’s block: %s', async type => {
    const media = { type, size: 2000, filename: 'a b.bin', caption: type === 'audio' ? undefined : 'look' };
    const [id] = await client.inbound({ from: '+15551234567', media });
    const row = (await client.list()).body.data[0];
    expect(row).toMatchObject({
      id,
      type,
      from: '15551234567',
      [type]: { id: expect.stringMatching(/^\d{16}$/), mime_type: expect.any(String), sha256: expect.any(String) },
      kapso: {
        has_media: true,
        media_url: expect.stringMatching(/\/media\/[0-9a-f]+\/a%20b\.bin$/),
        media_data: { filename: 'a b.bin', byte_size: 2000 },
        content: expect.stringContaining('attached (a b.bin) [Size: 2 KB | Type: '),
      },
    });
    const info = (await infoOf(row[type].id)).body;
    const [direct, mirrored] = [await bytesAt(info.download_url), await bytesAt(row.kapso.media_url)];
    expect(direct).toHaveLength(2000);
    expect(mirrored.equals(direct)).toBe(true);
    expect(info.sha256).toBe(createHash('sha256').update(direct).digest('base64'));
  });

  it('has the bytes that are given, a transcript, and says what its phone declared', async () => {
    const base64 = Buffer.from('OggS voice').toString('base64');
    const media = { type: 'audio', base64, voice: true, declared: 'audio/mpeg', transcript: 'call me' };
    await client.inbound({ media });
    expect((await client.list()).body.data[0]).toMatchObject({
      audio: { voice: true, mime_type: 'audio/mpeg' },
      kapso: { transcript: { text: 'call me' }, content: expect.stringMatching(/\nTranscript: call me$/) },
    });
  });

  it('is there before its file, for a while', async () => {
    await client.inbound({ media: { type: 'image', readyAfter: 40_000 } });
    const early = (await client.list()).body.data[0];
    expect(early.kapso).toMatchObject({ has_media: true, content: 'Image attached' });
    expect(early.kapso).not.toHaveProperty('media_url');
    expect(early.kapso).not.toHaveProperty('media_data');
    expect((await infoOf(early.image.id)).status).toBe(404);
    clock.advance(40_000);
    const row = (await client.list()).body.data[0];
    expect(await bytesAt(row.kapso.media_url)).toHaveLength(1024);
    expect((await infoOf(row.image.id)).status).toBe(200);
  });

  it('may have Meta’s id alone, and is forgotten after 7 days', async () => {
    await client.inbound({ media: { type: 'document', idOnly: true } });
    const row = (await client.list()).body.data[0];
    expect(row.kapso).toMatchObject({ has_media: true });
    expect(row.kapso).not.toHaveProperty('media_url');
    expect((await infoOf(row.document.id)).status).toBe(200);
    clock.advance(7 * day);
    expect((await infoOf(row.document.id)).status).toBe(400);
  });

  it('can come many times, each with an id of its own for the same bytes', async () => {
    const ids = await client.inbound({ media: { type: 'image', size: 70_000 }, count: 3 });
    const rows = (await client.list()).body.data;
    expect(new Set(ids).size).toBe(3);
    expect(new Set(rows.map((row: { image: { id: string } }) => row.image.id)).size).toBe(3);
    expect(new Set(rows.map((row: { image: { sha256: string } }) => row.image.sha256)).size).toBe(1);
  });

  it('is refused with what is wrong', async () => {
    for (const media of [7, { type: 'gif' }, { type: 'image', base64: 1 }]) {
      expect((await client.sim('POST', 'inbound', { media })).status).toBe(400);
    }
  });

  it('has its file without a redirect where that is set', async () => {
    await client.inbound({ media: { type: 'image' } });
    const url = (await client.list()).body.data[0].kapso.media_url;
    const redirect = await fetch(url, { redirect: 'manual' });
    expect(redirect.status).toBe(302);
    expect(redirect.headers.get('location')).toMatch(/\/storage\//);
    await client.sim('POST', 'config', { mirrorRedirects: false });
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(200);
  });
});

describe('faults', () => {
  it('concern uploads, metadata and downloads apart', async () => {
    for (const kind of ['upload', 'media', 'download']) {
      await client.sim('POST', 'faults', { kind, status: 503, body: kind });
    }
    expect((await upload('x', 'image/png').catch(error => error)).toString()).toMatch(/JSON/);
    const { body } = await upload('x', 'image/png');
    expect((await infoOf(body.id)).body).toBe('media');
    const { download_url: url } = (await infoOf(body.id)).body;
    expect((await fetch(url)).status).toBe(503);
    expect((await fetch(url)).status).toBe(200);
    const counts = (await client.sim('GET', 'requests')).body.counts;
    expect(counts).toMatchObject({ upload: 2, media: 2, download: 2 });
  });

  it('break a download in its midst', async () => {
    const { body } = await upload(Buffer.alloc(200_000), 'image/png');
    const { download_url: url } = (await infoOf(body.id)).body;
    await client.sim('POST', 'faults', { kind: 'download', do: 'cut', bytes: 100_000 });
    const response = await fetch(url);
    expect(response.headers.get('content-length')).toBe('200000');
    await expect(response.arrayBuffer()).rejects.toThrow();
    await client.sim('POST', 'faults', { kind: 'download', do: 'stall', bytes: 100_000 });
    const stop = new AbortController();
    const stalled = await fetch(url, { signal: stop.signal });
    let received = 0;
    const reading = (async () => {
      for await (const chunk of stalled.body ?? []) {
        received += chunk.length;
        if (received === 100_000) stop.abort();
      }
    })();
    await expect(reading).rejects.toThrow();
    expect(received).toBe(100_000);
  });
});
