import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { OutgoingFile } from '../../../src/domain/content.ts';
import { createKapsoClient, type KapsoClient } from '../../../src/kapso/client.ts';
import type { KapsoError } from '../../../src/kapso/http/errors.ts';
import type { ClosableTransport } from '../../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import { createProxiedTransport } from '../../../src/kapso/http/transport-proxied.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../../src/simulator/kapso.ts';
import { certificate, startTlsFront } from '../../e2e/tls-front.ts';
import { kapsoClient } from '../../simulator/kapso-client.ts';
import { type ConnectProxy, startConnectProxy } from '../http/connect-proxy.ts';
import { serve } from '../http/local-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'kapso-upload-'));
const megabyte = 1024 * 1024;
let kapso: KapsoSimulator;
let proxy: ConnectProxy;
beforeAll(async () => {
  setDefaultCACertificates([...getCACertificates(), readFileSync(certificate, 'utf8')]);
  kapso = await startKapsoSimulator();
  proxy = await startConnectProxy();
});
afterAll(async () => {
  await kapso.close();
  await proxy[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});
const opened: ClosableTransport[] = [];
afterEach(() => {
  for (const transport of opened.splice(0)) transport.close();
});

let count = 0;
function fileOf(content: Buffer, about: Partial<OutgoingFile> = {}): OutgoingFile {
  const path = join(directory, `file-${++count}`);
  writeFileSync(path, content);
  return { path, mimeType: 'image/png', name: 'photo.png', size: content.length, ...about };
}

/** A file that the system's buffers cannot hold: Linux lets those of two connections on the way grow to 72 MiB. */
function beyondBuffers(): OutgoingFile {
  const file = fileOf(Buffer.alloc(0), { size: 512 * megabyte });
  truncateSync(file.path, file.size);
  return file;
}

const makers: [string, () => ClosableTransport][] = [
  ['over a connection of its own', () => createNodeTransport()],
  ['beside kept connections', () => createNodeTransport({ keepAlive: true })],
  [
    'through a proxy',
    () => createProxiedTransport({ proxy: { url: proxy.origin, name: 'the-proxy:3128 (HTTPS_PROXY)', noProxy: '' } }),
  ],
];
const signal = new AbortController().signal;

describe.each(makers)('an upload %s', (_, create) => {
  function clientOf(baseUrl: string, timeout = 20_000): KapsoClient {
    const transport = create();
    opened.push(transport);
    const { apiKey, phoneNumberId } = kapso;
    return createKapsoClient({
      apiKey,
      phoneNumberId,
      baseUrl,
      apiVersion: 'v24.0',
      transport,
      clock: systemClock,
      timeout,
    });
  }

  async function failure(listener: RequestListener, file: OutgoingFile, timeout?: number): Promise<KapsoError> {
    await using local = await serve(listener);
    const error = await clientOf(local.origin, timeout)
      .uploadMedia(file, { signal })
      .then(
        () => null,
        (reason: unknown) => reason,
      );
    expect(error).toBeInstanceOf(Error);
    return error as KapsoError;
  }

  test('brings the bytes, their type and their name to Kapso, and back again', async () => {
    const content = randomBytes(3 * megabyte + 17);
    const client = clientOf(kapso.url);
    const id = await client.uploadMedia(fileOf(content), { signal });
    const info = await client.mediaInfo(id, signal);
    expect(info).toMatchObject({ mimeType: 'image/png', size: content.length });
    const download = await fetch(info.downloadUrl ?? '');
    expect(Buffer.from(await download.arrayBuffer()).equals(content)).toBe(true);
    const { media } = (await kapsoClient(kapso).sim('GET', 'media')).body;
    expect(media.at(-1)).toMatchObject({ id, mimeType: 'image/png', name: 'photo.png', sha256: info.sha256 });
  });

  test('goes over TLS', async () => {
    const content = randomBytes(megabyte);
    const port = await startTlsFront(kapso.url);
    const client = clientOf(`https://127.0.0.1:${port}`);
    const id = await client.uploadMedia(fileOf(content), { signal });
    expect(await client.mediaInfo(id, signal)).toMatchObject({ size: content.length });
  });

  test('has the form that Meta documents, with its length', async () => {
    let seen: { url: string | undefined; headers: object; body: string } | undefined;
    await using local = await serve(async (request, response) => {
      seen = { url: request.url, headers: request.headers, body: (await buffer(request)).toString('latin1') };
      response.end('{"id":"42"}');
    });
    const file = fileOf(Buffer.from('the bytes'), { mimeType: 'audio/ogg; codecs=opus', name: 'a "b"\r\nc.ogg' });
    expect(await clientOf(local.origin).uploadMedia(file, { signal })).toBe('42');
    const boundary = seen?.body.split('\r\n')[0] ?? '';
    expect(seen?.url).toBe(`/meta/whatsapp/v24.0/${kapso.phoneNumberId}/media`);
    expect(seen?.headers).toMatchObject({
      'content-type': `multipart/form-data; boundary=${boundary.slice(2)}`,
      'content-length': String(seen?.body.length),
      'x-api-key': kapso.apiKey,
    });
    expect(seen?.body.split(boundary)).toEqual([
      '',
      '\r\nContent-Disposition: form-data; name="messaging_product"\r\n\r\nwhatsapp\r\n',
      '\r\nContent-Disposition: form-data; name="type"\r\n\r\naudio/ogg; codecs=opus\r\n',
      '\r\nContent-Disposition: form-data; name="file"; filename="a %22b%22%0D%0Ac.ogg"\r\n' +
        'Content-Type: audio/ogg; codecs=opus\r\n\r\nthe bytes\r\n',
      '--\r\n',
    ]);
  });

  test('of a type with a parameter goes without it where that is refused, and of no other type twice', async () => {
    const types: string[] = [];
    const refuse: RequestListener = async (request, response) => {
      const body = (await buffer(request)).toString('latin1');
      const type = /^Content-Type: (.*)\r$/m.exec(body)?.[1] ?? '';
      types.push(type);
      const refusal = {
        error: { code: 100, message: '(#100) Param file must be a file with one of the following types' },
      };
      if (type === 'audio/ogg') response.end('{"id":"42"}');
      else response.writeHead(400).end(JSON.stringify(refusal));
    };
    await using local = await serve(refuse);
    const voice = fileOf(Buffer.from('OggS'), { mimeType: 'audio/ogg; codecs=opus', name: 'voice.ogg' });
    expect(await clientOf(local.origin).uploadMedia(voice, { signal })).toBe('42');
    expect(types).toEqual(['audio/ogg; codecs=opus', 'audio/ogg']);
    expect(await failure(refuse, fileOf(Buffer.from('x'), { mimeType: 'audio/webm' }))).toMatchObject({
      metaCode: 100,
    });
    expect(types).toHaveLength(3);
  });

  test('says how far it is, up to the whole', async () => {
    const progress: number[] = [];
    const file = fileOf(randomBytes(megabyte));
    await clientOf(kapso.url).uploadMedia(file, { signal, onProgress: sent => progress.push(sent) });
    expect(progress.length).toBeGreaterThan(4);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(megabyte);
  });

  test('is as the file is, or not at all', async () => {
    const grown = fileOf(randomBytes(1000));
    appendFileSync(grown.path, 'more');
    const cut = fileOf(randomBytes(megabyte));
    const gone = fileOf(randomBytes(10));
    rmSync(gone.path);
    const requests = async () => (await kapsoClient(kapso).sim('GET', 'requests?kind=upload')).body.requests.length;
    const looked = fileOf(randomBytes(1000));
    const { dev, ino } = statSync(looked.path);
    const inode = `${dev}:${ino}`;
    expect(await clientOf(kapso.url).uploadMedia({ ...looked, inode }, { signal })).toEqual(expect.any(String));
    const other = fileOf(randomBytes(1000));
    rmSync(looked.path);
    symlinkSync(other.path, looked.path);
    const exchanged = { ...looked, inode };
    const before = await requests();
    for (const file of [grown, gone, { ...gone, path: directory }, exchanged]) {
      const upload = clientOf(kapso.url).uploadMedia(file, { signal });
      await expect(upload).rejects.toMatchObject({
        code: 'SEND_FILE_UNREADABLE',
        hint: expect.stringMatching(/^Nothing/),
      });
    }
    expect(await requests()).toBe(before);
    const halved = clientOf(kapso.url).uploadMedia(cut, { signal, onProgress: () => truncateSync(cut.path, 0) });
    await expect(halved).rejects.toMatchObject({ code: 'SEND_FILE_UNREADABLE' });
  });

  test('gives up where the other side takes nothing for a while, however large the file', async () => {
    // Long enough for the connection on a busy machine, which has the same limit.
    const error = await failure(request => void request.pause(), beyondBuffers(), 5000);
    expect(error).toMatchObject({ code: 'KAPSO_NO_ANSWER', hint: expect.stringContaining('KAPSO_TIMEOUT') });
    expect(error.message).toMatch(/gave up waiting for the other side to take more of the file after 5 s$/);
  });

  test('reads the file no faster than the other side takes it, so that it need not fit into memory', async () => {
    const file = beyondBuffers();
    await using local = await serve(request => void request.pause());
    let sent = 0;
    const onProgress = (bytes: number) => {
      sent = bytes;
    };
    const upload = clientOf(local.origin, 2000).uploadMedia(file, { signal, onProgress });
    await expect(upload).rejects.toMatchObject({ code: 'KAPSO_NO_ANSWER' });
    expect(sent).toBeLessThan(file.size / 4);
  });

  test('has a longer time for the answer than a request without a file', async () => {
    const file = fileOf(randomBytes(megabyte));
    await using local = await serve(async (request, response) => {
      await buffer(request);
      setTimeout(() => response.end('{"id":"1"}'), 2500);
    });
    expect(await clientOf(local.origin, 2000).uploadMedia(file, { signal })).toBe('1');
  });

  test('ends at once where it is refused early', async () => {
    const refuse: RequestListener = (request, response) => {
      request.once('data', () => {
        request.pause();
        response.writeHead(401).end('{"error":"Invalid or missing API key"}');
      });
    };
    const error = await failure(refuse, fileOf(randomBytes(12 * megabyte)));
    expect(error).toMatchObject({ disposition: 'auth', httpStatus: 401 });
  });

  test.each([
    ['refuses the type', 400, { error: { code: 100, message: '(#100) Param file must be…' } }, 'permanent'],
    [
      'finds another content than was declared',
      400,
      { error: { code: 131053, message: 'Media upload error' } },
      'permanent',
    ],
    ['finds it too large', 413, 'too large', 'permanent'],
    ['has a passing fault', 502, 'Bad Gateway', 'retry'],
    ['counts too many requests', 429, { error: 'Rate limit exceeded' }, 'wait'],
  ])('says what can be done where Kapso %s', async (_, status, body, disposition) => {
    const answer: RequestListener = async (request, response) => {
      await buffer(request);
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const error = await failure(answer, fileOf(randomBytes(10), { name: 'x\u0000.png' }));
    expect(error).toMatchObject({ disposition });
    expect(error.message).toMatch(/^uploading x .png failed \(HTTP/);
  });

  test('that has no id in its answer is none', async () => {
    const error = await failure(
      async (request, response) => {
        await buffer(request);
        response.end('{}');
      },
      fileOf(randomBytes(10)),
    );
    expect(error.code).toBe('KAPSO_ANSWER_UNREADABLE');
  });

  test('can be stopped, and leaves no open file and no connection', async () => {
    const stop = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    await using local = await serve(request => {
      closed = new Promise(resolve => request.socket.once('close', resolve));
      request.once('data', () => stop.abort());
    });
    const upload = clientOf(local.origin).uploadMedia(fileOf(randomBytes(12 * megabyte)), { signal: stop.signal });
    await expect(upload).rejects.toMatchObject({ code: 'KAPSO_NO_ANSWER' });
    await closed;
  });
});
