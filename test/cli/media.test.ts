import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { InboundMessage, Media } from '../../src/domain/message.ts';
import { createMediaFiles } from '../../src/media/files.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { openStore } from '../../src/store/open.ts';
import { serve } from '../kapso/http/local-server.ts';
import { kapsoClient } from '../simulator/kapso-client.ts';
import { apiKey, runCli, startCli } from './program.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);
const message = 'wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBQzQTdDMkI1RDY4RjAxAA==';

let dir: string;
let kapso: KapsoSimulator;
let mediaId: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kapso-media-'));
  kapso = await startKapsoSimulator({ apiKey });
  mediaId = await upload(png, 'image/png');
});
afterEach(async () => {
  await kapso.close();
  await rm(dir, { recursive: true });
});

async function upload(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<string> {
  const form = new FormData();
  form.set('messaging_product', 'whatsapp');
  form.set('file', new Blob([bytes], { type }), 'file');
  const url = `${kapso.url}/meta/whatsapp/v24.0/${kapso.phoneNumberId}/media`;
  const answer = await fetch(url, { method: 'POST', headers: { 'x-api-key': apiKey }, body: form });
  return ((await answer.json()) as { id: string }).id;
}

const env = (more: Record<string, string> = {}) => ({
  ...{ KAPSO_API_KEY: apiKey, KAPSO_PHONE_NUMBER_ID: kapso.phoneNumberId, KAPSO_BASE_URL: kapso.url },
  ...{ KAPSO_STATE_DIR: join(dir, 'state'), HOME: dir, TMPDIR: dir },
  ...more,
});
const get = (...args: string[]) => runCli(['media', 'get', ...args], { env: env() });
const target = () => join(dir, 'photo.png');

/** Puts a message with a file into the inbox. */
async function receive(media: Partial<Media> | null): Promise<void> {
  await mkdir(join(dir, 'state'), { mode: 0o700, recursive: true });
  const store = await openStore({ dir: join(dir, 'state'), clock: systemClock });
  const none = { kind: 'image', id: null, mimeType: null, filename: null, size: null, url: null } as const;
  const body: InboundMessage = {
    ...{
      id: message,
      account: kapso.phoneNumberId,
      conversationId: null,
      timestamp: 1,
      type: 'image',
      text: '[image]',
    },
    sender: { phone: '15551234567', userId: null, name: null, username: null },
    media: media && { ...none, ...media },
  };
  await store.accept([
    { id: message, account: kapso.phoneNumberId, lane: 'a', occurredAt: 1, body: JSON.stringify(body) },
  ]);
  await store.close();
}

describe('kapso-whatsapp-cli media get', () => {
  test('writes the file of a media id, for this user alone, and says what it is', async () => {
    expect(await get(mediaId, '-o', target())).toEqual({
      code: 0,
      stdout: `${target()}: image/png, ${png.length} bytes\n`,
      stderr: '',
    });
    expect(await readFile(target())).toEqual(png);
    expect((await stat(target())).mode & 0o777).toBe(0o600);
    expect((await readdir(dir)).sort()).toEqual(['photo.png']);
  });

  test.each([
    ['whole', message],
    ['by its end', 'QzQTdDMkI1RDY4RjAxAA=='.slice(-16)],
  ])('writes the file of a message of the inbox, whose id is given %s', async (_, id) => {
    await receive({ id: mediaId });
    expect(await get(id, '-o', target())).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(target())).toEqual(png);
  });

  test('asks Kapso for a message that is not in the inbox, with an inbox and without', async () => {
    const row = { id: message, type: 'image', from: '15551234567', timestamp: '1770000000', image: { id: mediaId } };
    await kapsoClient(kapso).inbound({ row });
    expect(await get(message, '-o', target())).toMatchObject({ code: 0, stderr: '' });
    (await openStore({ dir: join(dir, 'state'), clock: systemClock }).catch(() => null))?.close();
    expect(await get(message, '-o', `${target()}2`)).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(`${target()}2`)).toEqual(png);
  });

  test('takes a file that the poller still keeps, when Kapso has it no more', async () => {
    await receive({ id: '404404404' });
    const files = createMediaFiles({
      ...{ dir: join(dir, 'state/media'), clock: systemClock, most: () => 1_000_000, whenFull: 'refuse' as const },
    });
    await files.keep(message, async file => {
      await file.writeFile(png);
      return { name: 'image.png' };
    });
    const { code, stdout } = await get(message, '-o', target(), '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        file: target(),
        bytes: png.length,
        mimeType: 'image/png',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        from: 'state',
      },
    ]);
    expect(await readFile(target())).toEqual(png);
  });

  test('writes the bytes to a pipe, and nothing else', async () => {
    const child = startCli(['media', 'get', mediaId, '-o', '-'], env());
    const [bytes, [code]] = await Promise.all([buffer(child.stdout), once(child, 'close')]);
    expect([code, bytes]).toEqual([0, png]);
    expect(await readdir(dir)).toEqual([]);
  });

  test('replaces a file only with --force', async () => {
    await writeFile(target(), 'mine');
    const refused = await get(mediaId, '-o', target());
    expect(refused).toMatchObject({ code: 64, stdout: '' });
    expect(refused.stderr).toContain('is there already. Name another file, or add --force to replace it.');
    expect(await readFile(target(), 'utf8')).toBe('mine');
    expect(await get(mediaId, '-o', target(), '--force')).toMatchObject({ code: 0 });
    expect(await readFile(target())).toEqual(png);
  });

  test('follows no link, and replaces no device or directory, even with --force', async () => {
    await writeFile(join(dir, 'mine'), 'mine');
    await symlink(join(dir, 'mine'), target());
    for (const place of [target(), '/dev/null', dir, `${dir}/`, '']) {
      expect([place, await get(mediaId, '-o', place, '--force')]).toMatchObject([place, { code: 64 }]);
    }
    expect(await readFile(join(dir, 'mine'), 'utf8')).toBe('mine');
  });

  test.each([
    ['a media id that is not there', '404404404', 69, 'MEDIA_NOT_FOUND'],
    ['a message that nobody has', 'wamid.NONE', 69, 'MEDIA_NOT_FOUND'],
    ['an end without an inbox', 'RDY4RjAxAA==', 69, 'STORE_MISSING'],
  ])('ends for %s with the reason', async (_, id, code, error) => {
    const ended = await get(id, '-o', target(), '--json');
    expect([ended.code, JSON.parse(ended.stdout).error.code, ended.stderr]).toEqual([code, error, '']);
    expect(existsSync(target())).toBe(false);
  });

  test('says of a message without a file that it has none', async () => {
    await receive(null);
    expect(await get(message, '-o', target())).toMatchObject({
      code: 64,
      stderr: 'kapso-whatsapp-cli: this message has no file.\n',
    });
  });

  test('has no JSON beside the file on standard output, and wants a place', async () => {
    expect(await get(mediaId, '-o', '-', '--json')).toMatchObject({ code: 64 });
    const { code, stderr } = await get(mediaId);
    expect([code, stderr]).toEqual([64, expect.stringContaining('-o FILE')]);
  });

  test('leaves nothing when it is interrupted', async () => {
    const asked = Promise.withResolvers<void>();
    await using slow = await serve((request, response) => {
      if (request.url?.startsWith('/meta')) {
        const download_url = `http://${request.headers.host}/slow`;
        return void response
          .setHeader('content-type', 'application/json')
          .end(JSON.stringify({ id: '1', download_url }));
      }
      response.write(png, () => asked.resolve());
    });
    const child = startCli(['media', 'get', '1', '-o', target()], env({ KAPSO_BASE_URL: slow.origin }));
    await asked.promise;
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect([code, await readdir(dir)]).toEqual([130, []]);
  });
});
