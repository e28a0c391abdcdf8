import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { isMediaError, type MediaError } from '../../src/media/errors.ts';
import { fetchMedia, type MediaRequest } from '../../src/media/fetch.ts';
import { manualClock } from '../manual-clock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hostile-bodies-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A real TCP server that says what no HTTP library would. It answers each connection by itself. */
async function speaking(say: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => say(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function failure(origin: string, changes: Partial<MediaRequest> = {}): Promise<MediaError> {
  const error: unknown = await fetchMedia({
    url: `${origin}/file`,
    into: join(dir, 'file'),
    maxBytes: 1_000_000,
    signal: new AbortController().signal,
    allow: { origin },
    ...changes,
  }).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isMediaError(error)) throw error ?? new Error('it was fetched');
  // Nothing is left of any of them.
  expect(readdirSync(dir)).toEqual([]);
  return error;
}

const head = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`;

/** Writes the same piece for as long as the other side takes it. */
function forever(socket: Socket, piece: string | Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}

/** Bytes by which this process, which is the server too, may grow while gigabytes are offered. */
const mayGrow = 128 * 1024 * 1024;

describe('a body that never ends', () => {
  const piece = Buffer.alloc(64 * 1024, 'a');
  test.each([
    [
      'without a length',
      (socket: Socket) => {
        socket.write(head('connection: close'));
        forever(socket, piece);
      },
    ],
    [
      'in chunks',
      (socket: Socket) => {
        socket.write(head('transfer-encoding: chunked'));
        forever(socket, `${piece.length.toString(16)}\r\n${piece.toString()}\r\n`);
      },
    ],
    [
      'with a length of petabytes',
      (socket: Socket) => {
        socket.write(head('content-length: 9007199254740991'));
        forever(socket, piece);
      },
    ],
  ])('%s is cut at the limit', async (_, say) => {
    const before = process.memoryUsage().rss;
    expect((await failure(await speaking(say))).kind).toBe('too-large');
    expect(process.memoryUsage().rss - before).toBeLessThan(mayGrow);
  });

  test.each([
    ['a head', 'HTTP/1.1 200 OK\r\n', 'x-more: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'],
    ['a status line', 'HTTP/1.1 200 ', 'OK'.repeat(1000)],
    [
      'a trailer',
      `${head('transfer-encoding: chunked')}0\r\n`,
      'x-more: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n',
    ],
    [
      'a chunk extension',
      `${head('transfer-encoding: chunked')}5;`,
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    ],
  ])('nor does %s', async (_, begin, piece) => {
    const before = process.memoryUsage().rss;
    const origin = await speaking(socket => {
      socket.write(begin);
      forever(socket, piece.repeat(1000));
    });
    expect(['network', 'slow']).toContain((await failure(origin, { limits: { silence: 1000 } })).kind);
    expect(process.memoryUsage().rss - before).toBeLessThan(mayGrow);
  });
});

describe('a server that takes its time', () => {
  test.each([
    ['says nothing', ''],
    ['stops within the head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['stops within the body', `${head('content-length: 100')}some`],
  ])('and %s is left after the time of silence', async (_, said) => {
    const clock = manualClock(0);
    const origin = await speaking(socket => {
      socket.write(said, () => setImmediate(() => clock.advance(30_000)));
    });
    const error = await failure(origin, { clock, limits: { silence: 30_000 } });
    expect([error.kind, error.code]).toEqual(['slow', 'MEDIA_SLOW']);
    expect(error.message).toMatch(/^the file was not kept: 127\.0\.0\.1:\d+ sent nothing for 30 s$/);
    expect(clock.pending()).toEqual([]);
  });

  test('and gives a byte now and then is left after the whole time', async () => {
    const clock = manualClock(0);
    const origin = await speaking(socket => {
      socket.write(head('content-length: 1000'));
      const drip = setInterval(() => {
        socket.write('a');
        clock.advance(10_000);
      }, 5);
      socket.once('close', () => clearInterval(drip));
    });
    const error = await failure(origin, { clock, limits: { silence: 60_000, total: 300_000 } });
    expect([error.kind, error.message]).toEqual([
      'slow',
      expect.stringMatching(/did not send all of it within 300 s$/),
    ]);
  });

  test('is left at once when the caller stops', async () => {
    const stop = new AbortController();
    const origin = await speaking(socket => {
      socket.write(`${head('content-length: 100')}some`, () => stop.abort(new Error('no longer wanted')));
    });
    await expect(failure(origin, { signal: stop.signal })).rejects.toThrow('no longer wanted');
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('an answer that is no file', () => {
  const body = (...lines: string[]) => `${head('content-length: 4', ...lines)}body`;
  const page = '<!doctype html><title>Sign in</title>';
  test.each<[string, string | Buffer, MediaError['kind'], Partial<MediaRequest>?]>([
    ['compressed', body('content-encoding: gzip'), 'refused'],
    ['compressed twice', body('content-encoding: identity, br'), 'refused'],
    ['compressed in a second header', body('content-encoding: identity', 'content-encoding: zstd'), 'refused'],
    ['compressed in transfer', `${head('transfer-encoding: gzip, chunked')}4\r\nbody\r\n0\r\n\r\n`, 'refused'],
    ['of two lengths', body('content-length: 5'), 'network'],
    ['of a negative length', `${head('content-length: -1')}body`, 'network'],
    ['of a length and in chunks', `${head('content-length: 4', 'transfer-encoding: chunked')}0\r\n\r\n`, 'network'],
    ['shorter than it says', `${head('content-length: 400')}body`, 'network'],
    ['whose last chunk is missing', `${head('transfer-encoding: chunked')}4\r\nbody\r\n`, 'network'],
    ['of no protocol', 'body', 'network'],
    ['of another protocol', 'SSH-2.0-OpenSSH_9.9\r\n', 'network'],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', 'network'],
    ['a part of it', body().replace('200 OK', '206 Partial Content'), 'network'],
    ['not modified', 'HTTP/1.1 304 Not Modified\r\n\r\n', 'network'],
    ['a redirect to nowhere', body().replace('200 OK', '302 Found'), 'network'],
    ['a redirect to itself', 'HTTP/1.1 302 Found\r\nlocation: /file\r\ncontent-length: 0\r\n\r\n', 'refused'],
    ['not there', body().replace('200 OK', '404 Not Found'), 'not-found'],
    ['no longer there', body().replace('200 OK', '410 Gone'), 'expired'],
    ['for somebody else', body().replace('200 OK', '403 Forbidden'), 'expired'],
    ['not given now', body('retry-after: 7').replace('200 OK', '503 Busy'), 'network'],
    ['a page instead of an image', `${head(`content-length: ${page.length}`)}${page}`, 'refused', { kind: 'image' }],
    [
      'a page instead of a voice note',
      `${head(`content-length: ${page.length}`)}${page}`,
      'refused',
      { kind: 'audio' },
    ],
    [
      'a program instead of a sticker',
      `${head('content-length: 8')}\x7fELF\x02\x01\x01\0`,
      'refused',
      { kind: 'sticker' },
    ],
    ['text instead of a video', body(), 'refused', { kind: 'video' }],
  ])('%s: nothing is kept', async (_, answer, kind, changes) => {
    const origin = await speaking(socket => socket.end(answer));
    expect((await failure(origin, changes)).kind).toBe(kind);
  });

  test('with the time to wait, that is told', async () => {
    const origin = await speaking(socket => socket.end(body('retry-after: 7').replace('200 OK', '429 Slow down')));
    expect((await failure(origin)).retryAfter).toBe(7000);
  });

  test('whose directory is gone, the reason is said', async () => {
    const origin = await speaking(socket => socket.end(body()));
    const error = await failure(origin, { into: join(dir, 'gone', 'file') });
    expect([error.kind, error.message]).toEqual(['disk', expect.stringMatching(/could not be written: ENOENT/)]);
  });

  test('and a bomb that is only a file is kept as it is', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const origin = await speaking(socket =>
      socket.end(Buffer.concat([Buffer.from(head(`content-length: ${bomb.length}`)), bomb])),
    );
    const into = join(dir, 'bomb');
    const { bytes, mimeType } = await fetchMedia({
      ...{ url: `${origin}/a.gz`, into, maxBytes: 1_000_000, signal: new AbortController().signal, allow: { origin } },
    });
    expect([bytes, mimeType]).toEqual([bomb.length, 'application/gzip']);
    expect(readFileSync(into)).toEqual(bomb);
  });
});

test('a name that is taken stays as it is', async () => {
  const origin = await speaking(socket => socket.end(`${head('content-length: 4')}body`));
  const request = {
    url: `${origin}/a`,
    into: join(dir, 'file'),
    maxBytes: 10,
    signal: new AbortController().signal,
    allow: { origin },
  };
  await fetchMedia(request);
  await expect(fetchMedia(request)).rejects.toMatchObject({ kind: 'disk', message: expect.stringContaining('EEXIST') });
  expect(readFileSync(request.into, 'utf8')).toBe('body');
});
