import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { KapsoApiError, KapsoNetworkError } from '../../src/kapso/http/errors.ts';
import { createMediaSource, type MediaSourceOptions, type WhereMediaIs } from '../../src/media/obtain.ts';
import { startConnectProxy } from '../kapso/http/connect-proxy.ts';
import { type LocalServer, serve } from '../kapso/http/local-server.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);
const key = 'key-5f0a';
const fixtures = join(import.meta.dirname, '../fixtures/tls');
const certificate = readFileSync(join(fixtures, 'kapso.test.crt'), 'utf8');

let dir: string;
let asked: string[];
let kapso: LocalServer;
/** What the server answers, by path. */
let answers: Record<string, (response: ServerResponse) => void>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'obtain-'));
  asked = [];
  answers = {};
  kapso = await serve((request, response) => answer(request, response));
});
afterEach(async () => {
  await kapso[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

function answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  asked.push(`${url} ${headers['x-api-key'] ?? 'no key'}`);
  (answers[url] ?? (() => response.writeHead(404).end()))(response);
}
const withPng = (response: ServerResponse) => void response.end(png);

const nowhere: WhereMediaIs = { size: null, downloadUrl: null, url: null };

function obtain(
  media: { id?: string | null; url?: string | null; kind?: 'image' | 'document' },
  where: Partial<WhereMediaIs> | Error = {},
  changes: Partial<MediaSourceOptions> = {},
  into: string | FileHandle = join(dir, 'file'),
) {
  const source = createMediaSource({
    mediaInfo: async () => {
      if (where instanceof Error) throw where;
      return { ...nowhere, ...where };
    },
    baseUrl: kapso.origin,
    apiKey: key,
    proxy: null,
    clock: systemClock,
    ...changes,
  });
  return source.obtain(
    { id: 'M1', url: null, ...media },
    { into, maxBytes: 1_000_000, signal: new AbortController().signal },
  );
}

describe('a file comes', () => {
  test('from the address that Kapso names for its id, before any other', async () => {
    answers = { '/download?token=1': withPng };
    const where = { downloadUrl: `${kapso.origin}/download?token=1`, url: `${kapso.origin}/meta` };
    await expect(obtain({ url: `${kapso.origin}/mirror` }, where)).resolves.toMatchObject({ mimeType: 'image/png' });
    expect(asked).toEqual([`/download?token=1 ${key}`]);
  });

  test("else from Kapso's copy, which gets no key, and then from Meta", async () => {
    answers = { '/meta': withPng };
    const where = { downloadUrl: `${kapso.origin}/download`, url: `${kapso.origin}/meta` };
    await obtain({ url: `${kapso.origin}/mirror` }, where);
    expect(asked).toEqual([`/download ${key}`, '/mirror no key', `/meta ${key}`]);
    expect(readFileSync(join(dir, 'file'))).toEqual(png);
  });

  test("from Kapso's copy where the id is not known, or not there", async () => {
    answers = { '/mirror': withPng };
    const unknown = new KapsoApiError('asking for the media M1 failed (HTTP 404)', {
      ...{ httpStatus: 404, metaCode: null, retryAfter: null, disposition: 'permanent' as const },
    });
    await obtain({ url: `${kapso.origin}/mirror` }, unknown);
    rmSync(join(dir, 'file'));
    await obtain({ id: null, url: `${kapso.origin}/mirror` }, new Error('nobody is asked'));
    expect(asked).toEqual(['/mirror no key', '/mirror no key']);
  });

  test('from the copy when what Kapso names is a page', async () => {
    answers = { '/download': response => void response.end('<html>Sign in</html>'), '/mirror': withPng };
    await obtain({ url: `${kapso.origin}/mirror`, kind: 'image' }, { downloadUrl: `${kapso.origin}/download` });
    expect(asked).toHaveLength(2);
    expect(readFileSync(join(dir, 'file'))).toEqual(png);
  });
});

test('into an open file, nothing of an address that broke off stays before what the next one gives', async () => {
  answers = {
    '/download': response => {
      response.setHeader('content-length', 1000);
      response.write(Buffer.alloc(500), () => response.destroy());
    },
    '/mirror': withPng,
  };
  const path = join(dir, 'file');
  const file = await open(path, 'wx');
  await obtain({ url: `${kapso.origin}/mirror` }, { downloadUrl: `${kapso.origin}/download` }, {}, file);
  await file.close();
  expect(asked).toHaveLength(2);
  expect(readFileSync(path)).toEqual(png);
});

describe('a file does not come', () => {
  test('when it has no address: it may get one', async () => {
    await expect(obtain({})).rejects.toMatchObject({ kind: 'not-found', message: 'the file has no address yet' });
  });

  test('when it is too large by what Kapso says: nobody is asked for it', async () => {
    const where = { size: 1_000_001, downloadUrl: `${kapso.origin}/download` };
    await expect(obtain({}, where)).rejects.toMatchObject({ kind: 'too-large' });
    expect(asked).toEqual([]);
  });

  test('when it is too large at the first address: no other is asked', async () => {
    answers = { '/download': response => void response.end(Buffer.alloc(1_000_001)) };
    const where = { downloadUrl: `${kapso.origin}/download` };
    await expect(obtain({ url: `${kapso.origin}/mirror` }, where)).rejects.toMatchObject({ kind: 'too-large' });
    expect(asked).toHaveLength(1);
    expect(readdirSync(dir)).toEqual([]);
  });

  test.each([
    ['Kapso is away', new KapsoNetworkError('no', 'GET api.kapso.ai: away'), 'network', null],
    [
      'a limit is used up',
      new KapsoApiError('asking failed (HTTP 429)', {
        ...{ httpStatus: 429, metaCode: null, retryAfter: 60_000, disposition: 'wait' as const },
      }),
      'network',
      60_000,
    ],
  ])('while %s: it may come later', async (_, error, kind, retryAfter) => {
    await expect(obtain({ url: 'https://10.0.0.1/a' }, error)).rejects.toMatchObject({ kind, retryAfter });
  });

  test('from a host that keeps no files for Kapso or Meta', async () => {
    for (const url of [
      'https://files.example.com/a',
      'https://evilkapso.ai/a',
      'https://api.kapso.ai.example.com/a',
      'https://lookaside.fbsbx.com.example.com/a',
      'https://x.lookaside.fbsbx.com/a',
    ]) {
      await expect(obtain({ id: null, url })).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/ is not among the hosts from which files may come$/),
      });
    }
  });

  test('a defect is no failure of the file', async () => {
    await expect(obtain({}, new TypeError('a defect'))).rejects.toThrow(TypeError);
  });
});

test('no more files are fetched at the same time than allowed; a stop leaves the queue', async () => {
  const waiting: ServerResponse[] = [];
  const arrived = Promise.withResolvers<void>();
  answers = {
    '/download': response => {
      waiting.push(response);
      arrived.resolve();
    },
  };
  const source = createMediaSource({
    mediaInfo: async () => ({ ...nowhere, downloadUrl: `${kapso.origin}/download` }),
    ...{ baseUrl: kapso.origin, apiKey: key, proxy: null, clock: systemClock, atOnce: 1 },
  });
  const stop = new AbortController();
  const get = (name: string, signal = new AbortController().signal) =>
    source.obtain({ id: name, url: null }, { into: join(dir, name), maxBytes: 1000, signal });
  const first = get('first');
  const second = get('second', stop.signal);
  const third = get('third');
  await arrived.promise;
  stop.abort(new Error('no longer wanted'));
  await expect(second).rejects.toThrow('no longer wanted');
  expect(asked).toHaveLength(1);
  answers['/download'] = withPng;
  waiting[0]?.end(png);
  await Promise.all([first, third]);
  expect(readdirSync(dir).sort()).toEqual(['first', 'third']);
});

describe('through a proxy, to the storage of a provider', () => {
  const before = getCACertificates();
  beforeAll(() => setDefaultCACertificates([...before, certificate]));
  afterAll(() => setDefaultCACertificates(before));

  async function storage() {
    const server = createServer({ cert: certificate, key: readFileSync(join(fixtures, 'kapso.test.key')) }, answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const proxy = await startConnectProxy({ route: () => port });
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    return { proxy, options: { proxy: { url: proxy.origin, name: 'proxy', noProxy: '127.0.0.1' } } };
  }

  test('a redirect is followed, and the key stays behind', async () => {
    const { proxy, options } = await storage();
    answers = {
      '/download': response => void response.writeHead(302, { location: 'https://kapso.test/blob' }).end(),
      '/blob': withPng,
    };
    await obtain({}, { downloadUrl: `${kapso.origin}/download` }, options);
    expect(asked).toEqual([`/download ${key}`, '/blob no key']);
    expect(proxy.asked).toEqual(['CONNECT kapso.test:443']);
    expect(readFileSync(join(dir, 'file'))).toEqual(png);
  });

  test('and back again: neither the key nor the right to a private address comes back', async () => {
    const { options } = await storage();
    answers = {
      '/download': response => void response.writeHead(302, { location: 'https://kapso.test/blob' }).end(),
      '/blob': response => void response.writeHead(307, { location: `${kapso.origin}/back` }).end(),
      '/back': withPng,
    };
    const attempt = obtain({}, { downloadUrl: `${kapso.origin}/download` }, options);
    await expect(attempt).rejects.toMatchObject({ kind: 'refused' });
    expect(asked).toEqual([`/download ${key}`, '/blob no key']);
  });

  test('whose certificate is that of another, nothing is fetched', async () => {
    const { options } = await storage();
    answers = {
      '/download': response => void response.writeHead(302, { location: 'https://other.test/blob' }).end(),
      '/blob': withPng,
    };
    const attempt = obtain({}, { downloadUrl: `${kapso.origin}/download` }, options);
    await expect(attempt).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringMatching(/^the file was not obtained from other\.test: .*certificate/),
      hint: 'Check the network, the proxy proxy and the base URL.',
    });
    expect(asked).toEqual([`/download ${key}`]);
  });

  test('a host that is reached without the proxy is checked as without one', async () => {
    const { proxy, options } = await storage();
    answers = {
      '/download': response => void response.writeHead(302, { location: 'https://kapso.test/blob' }).end(),
      '/blob': withPng,
    };
    const attempt = obtain(
      {},
      { downloadUrl: `${kapso.origin}/download` },
      {
        proxy: { ...options.proxy, noProxy: '127.0.0.1,kapso.test' },
        resolve: (_name, _all, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
      },
    );
    await expect(attempt).rejects.toMatchObject({
      kind: 'refused',
      message: 'the file was not fetched: kapso.test leads to 127.0.0.1, which is no public address',
    });
    expect([asked, proxy.asked]).toEqual([[`/download ${key}`], []]);
  });

  test('an address in a URL is refused before the proxy is asked', async () => {
    const { proxy, options } = await storage();
    answers = {
      '/download': response => void response.writeHead(302, { location: 'https://169.254.169.254/latest' }).end(),
    };
    const attempt = obtain({}, { downloadUrl: `${kapso.origin}/download` }, options);
    await expect(attempt).rejects.toMatchObject({ kind: 'refused' });
    expect(proxy.asked).toEqual([]);
  });
});
