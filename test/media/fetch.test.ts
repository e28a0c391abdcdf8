import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MediaError } from '../../src/media/errors.ts';
import { fetchMedia, type MediaRequest } from '../../src/media/fetch.ts';
import { serve } from '../kapso/http/local-server.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'media-fetch-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = () => join(dir, 'file');

function from(origin: string, changes: Partial<MediaRequest> = {}): Promise<unknown> {
  return fetchMedia({
    url: `${origin}/a.jpg`,
    into: file(),
    maxBytes: 1_000_000,
    signal: new AbortController().signal,
    allow: { origin },
    ...changes,
  });
}

async function failure(attempt: Promise<unknown>): Promise<MediaError> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MediaError);
  return error as MediaError;
}

describe('a file', () => {
  test('arrives whole, for its owner alone, with its hash and the type that its content has', async () => {
    await using server = await serve((_, response) => response.setHeader('content-type', 'image/jpeg').end(png));
    expect(await from(server.origin)).toEqual({
      bytes: png.length,
      sha256: createHash('sha256').update(png).digest('hex'),
      mimeType: 'image/png',
      declaredType: 'image/jpeg',
    });
    expect(readFileSync(file())).toEqual(png);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test('above the limit leaves nothing, whether its size is announced or not', async () => {
    await using server = await serve((request, response) => {
      if (request.url === '/a.jpg') response.setHeader('content-length', 2_000_000);
      for (let part = 0; part < 20; part++) response.write(Buffer.alloc(100_000));
      response.end();
    });
    for (const path of ['/a.jpg', '/chunked']) {
      const error = await failure(from(server.origin, { url: server.origin + path }));
      expect([error.kind, error.code]).toEqual(['too-large', 'MEDIA_TOO_LARGE']);
      expect(readdirSync(dir)).toEqual([]);
    }
  });

  test('whose connection breaks leaves nothing', async () => {
    await using server = await serve((_, response) => {
      response.setHeader('content-length', 1000);
      response.write(png, () => response.destroy());
    });
    expect((await failure(from(server.origin))).kind).toBe('network');
    expect(existsSync(file())).toBe(false);
  });

  test('at a private address is not asked for', async () => {
    let asked = 0;
    await using server = await serve((_, response) => {
      asked++;
      response.end(png);
    });
    const error = await failure(from(server.origin, { allow: {} }));
    expect([error.kind, error.message]).toEqual([
      'refused',
      'the file was not fetched: the address begins with http: and not with https:',
    ]);
    expect(asked).toBe(0);
  });
});
