import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { KapsoNetworkError, KapsoOversizeError } from '../../../src/kapso/http/errors.ts';
import type { ClosableTransport, Transport, TransportRequest } from '../../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import { createProxiedTransport } from '../../../src/kapso/http/transport-proxied.ts';
import { type ConnectProxy, startConnectProxy } from './connect-proxy.ts';
import { bodyOf, closedOrigin, serve } from './local-server.ts';

const patient = { connect: 20_000, headers: 20_000, body: 20_000 };
const request = (url: string, changes: Partial<TransportRequest> = {}): TransportRequest => ({
  method: 'POST',
  url: new URL(url),
  headers: { 'x-api-key': 'secret' },
  body: '{"é":1}',
  signal: new AbortController().signal,
  timeouts: patient,
  ...changes,
});

const opened: ClosableTransport[] = [];
afterEach(() => {
  for (const transport of opened.splice(0)) transport.close();
});

function create(options: Parameters<typeof createNodeTransport>[0]): ClosableTransport {
  const transport = createNodeTransport(options);
  opened.push(transport);
  return transport;
}

let proxy: ConnectProxy;
beforeAll(async () => {
  proxy = await startConnectProxy();
});
afterAll(() => proxy[Symbol.asyncDispose]());

function proxied(maxResponseBytes?: number): ClosableTransport {
  const settings = { url: proxy.origin, name: 'the-proxy:3128 (HTTPS_PROXY)', noProxy: '' };
  const transport = createProxiedTransport({ proxy: settings, ...limited(maxResponseBytes) });
  opened.push(transport);
  return transport;
}

const limited = (maxResponseBytes?: number) => (maxResponseBytes === undefined ? {} : { maxResponseBytes });
const makers: [string, (maxResponseBytes?: number) => Transport][] = [
  ['with connections that are kept', maxResponseBytes => create({ keepAlive: true, ...limited(maxResponseBytes) })],
  ['with a connection a request', maxResponseBytes => create(limited(maxResponseBytes))],
  ['through a proxy', proxied],
];

async function failure(attempt: Promise<unknown>): Promise<KapsoNetworkError> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KapsoNetworkError);
  return error as KapsoNetworkError;
}

describe.each(makers)('the transport %s', (_, create) => {
  test('brings method, path, headers and body there, and status, headers and body back', async () => {
    let seen: unknown;
    await using local = await serve(async (incoming, response) => {
      const { method, url, headers } = incoming;
      seen = { method, url, key: headers['x-api-key'], body: await bodyOf(incoming) };
      response.writeHead(201, { 'X-RateLimit-Remaining': '7' }).end('{"ok":"ñ"}');
    });
    const response = await create()(request(`${local.origin}/a%20b?since=2026-01-01T00%3A00%3A00.000Z`));
    expect(seen).toEqual({
      method: 'POST',
      url: '/a%20b?since=2026-01-01T00%3A00%3A00.000Z',
      key: 'secret',
      body: '{"é":1}',
    });
    expect(response).toMatchObject({ status: 201, body: '{"ok":"ñ"}', headers: { 'x-ratelimit-remaining': '7' } });
  });

  test.each(['GET', 'DELETE', 'PATCH'] as const)('makes a %s', async method => {
    await using local = await serve((incoming, response) => response.end(incoming.method));
    const { signal, timeouts, url } = request(local.origin);
    expect((await create()({ method, url, headers: {}, signal, timeouts })).body).toBe(method);
  });

  test('asks the guard when the connection is open: when it throws, no byte leaves', async () => {
    let received = '';
    await using local = await serve(async (incoming, response) => {
      received += await bodyOf(incoming);
      response.end();
    });
    local.server.on('connection', socket => socket.on('data', bytes => (received += bytes)));
    const transport = create();
    const refusal = new Error('another process has it');
    let held = true;
    const guarded = () =>
      transport(
        request(local.origin, {
          guard: () => {
            if (!held) throw refusal;
          },
        }),
      );
    const sending = guarded();
    held = false;
    await expect(sending).rejects.toBe(refusal);
    expect(received).toBe('');
    held = true;
    expect((await guarded()).status).toBe(200);
    const before = received;
    expect(before).not.toBe('');
    // The connection may have been kept.
    const again = guarded();
    held = false;
    await expect(again).rejects.toBe(refusal);
    held = true;
    await guarded();
    expect(received.length).toBe(2 * before.length);
  });

  test('a refused connection has surely sent nothing', async () => {
    const error = await failure(create()(request(await closedOrigin())));
    expect(error.sent).toBe('no');
    expect(error.message).toMatch(/ECONNREFUSED|502/);
  });

  test('an unknown host has surely sent nothing', async () => {
    expect((await failure(create()(request('http://nowhere.invalid/')))).sent).toBe('no');
  });

  test('a failed TLS handshake has surely sent nothing', async () => {
    await using local = await serve((_, response) => response.end());
    const error = await failure(create()(request(local.origin.replace('http:', 'https:'))));
    expect(error.sent).toBe('no');
    expect(error.message).toMatch(/: the TLS handshake failed: wrong version number$/);
  });

  test('an error of what only asks does not speak of sending', async () => {
    const error = await failure(create()(request(await closedOrigin(), { method: 'GET' })));
    expect(error).toMatchObject({ sent: 'no', hint: expect.stringMatching(/^Check the network/) });
  });

  test('a connection that is reset after the request may have sent it', async () => {
    await using local = await serve(incoming => incoming.socket.resetAndDestroy());
    expect((await failure(create()(request(local.origin)))).sent).toBe('maybe');
  });

  test('a connection that ends in the middle of the answer may have sent it', async () => {
    await using local = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    expect((await failure(create()(request(local.origin)))).sent).toBe('maybe');
  });

  test('headers that do not come are given up, and the connection is closed', async () => {
    const closed = Promise.withResolvers<void>();
    await using local = await serve(incoming => incoming.socket.once('close', closed.resolve));
    const error = await failure(create()(request(local.origin, { timeouts: { ...patient, headers: 50 } })));
    expect(error).toMatchObject({ sent: 'maybe' });
    expect(error.message).toContain('waiting for the answer after 0.05 s');
    await closed.promise;
  });

  test('a body that comes byte by byte without end is given up', async () => {
    const closed = Promise.withResolvers<void>();
    await using local = await serve((incoming, response) => {
      const drip = setInterval(() => response.write('x'), 5);
      incoming.socket.once('close', () => {
        clearInterval(drip);
        closed.resolve();
      });
    });
    const error = await failure(create()(request(local.origin, { timeouts: { ...patient, body: 100 } })));
    expect(error.message).toContain('waiting for the end of the answer');
    await closed.promise;
  });

  test.each([
    [200, true],
    [500, false],
  ])('an answer with status %i that does not come to its end is one of which less may: %s', async (status, less) => {
    await using local = await serve((_, response) => response.writeHead(status).write('half'));
    const error = await failure(create()(request(local.origin, { timeouts: { ...patient, body: 50 } })));
    expect(error instanceof KapsoOversizeError).toBe(less);
  });

  test('a body may take as long as it keeps coming, where only its silence is limited', async () => {
    // Four times the silence that is allowed, in pieces that come four times as often.
    await using local = await serve(async (_, response) => {
      for (let piece = 0; piece < 16; piece++) {
        response.write('x');
        await wait(50);
      }
      response.end();
    });
    const timeouts = { ...patient, silence: 200 };
    expect((await create()(request(local.origin, { timeouts }))).body).toHaveLength(16);
  });

  test('a body that stays away is given up, where only its silence is limited', async () => {
    await using local = await serve((_, response) => response.write('half'));
    const error = await failure(create()(request(local.origin, { timeouts: { ...patient, silence: 50 } })));
    expect(error.message).toContain('waiting for more of the answer after 0.05 s');
  });

  test.each([
    ['announced', { 'content-length': '5000' }],
    ['not announced', {}],
  ])('an answer above the limit, %s, is refused', async (_, headers) => {
    await using local = await serve((_, response) => response.writeHead(200, headers).end('x'.repeat(5000)));
    const error = await failure(create(4999)(request(local.origin)));
    expect(error).toBeInstanceOf(KapsoOversizeError);
    expect(error.message).toContain('above the limit of 4999');
  });

  test.each([
    ['announced', { 'content-length': '300000' }],
    ['not announced', {}],
  ])(
    'an answer above the limit, %s, is handed over from its first byte on where that is wanted',
    async (_, headers) => {
      const body = `begin${'x'.repeat(299_992)}end`;
      await using local = await serve((_, response) => response.writeHead(200, headers).end(body));
      const taken: Buffer[] = [];
      const overflow = (bytes: Uint8Array) => void taken.push(Buffer.from(bytes));
      const answer = await create(100_000)(request(local.origin, { overflow }));
      expect(answer).toMatchObject({ body: '', overflowed: true });
      expect(Buffer.concat(taken).equals(Buffer.from(body))).toBe(true);
      const small = await create(300_000)(request(local.origin, { overflow }));
      expect(small).toEqual({ status: 200, headers: expect.anything(), body });
    },
  );

  test('an error page above the limit is no page of too many rows', async () => {
    await using local = await serve((_, response) => response.writeHead(502).end('x'.repeat(5000)));
    for (const changes of [{ overflow: () => undefined }, {}]) {
      const error = await failure(create(4999)(request(local.origin, changes)));
      expect(error).not.toBeInstanceOf(KapsoOversizeError);
    }
  });

  test('an answer at the limit is taken', async () => {
    await using local = await serve((_, response) => response.end('x'.repeat(5000)));
    expect((await create(5000)(request(local.origin))).body).toHaveLength(5000);
  });

  test('a redirect is not followed', async () => {
    const asked: string[] = [];
    await using elsewhere = await serve((incoming, response) => response.end(String(asked.push(String(incoming.url)))));
    await using local = await serve((_, response) => response.writeHead(307, { location: elsewhere.origin }).end());
    const response = await create()(request(local.origin));
    expect(response).toMatchObject({ status: 307, headers: { location: elsewhere.origin } });
    expect(asked).toEqual([]);
  });

  test('an abort ends the wait', async () => {
    const stop = new AbortController();
    await using local = await serve(() => stop.abort(new Error('shutting down')));
    const error = await failure(create()(request(local.origin, { signal: stop.signal })));
    expect(error).toMatchObject({ sent: 'maybe', cause: stop.signal.reason });
  });

  test('an abort before the start sends nothing', async () => {
    let asked = 0;
    await using local = await serve((_, response) => response.end(String(++asked)));
    const error = await failure(create()(request(local.origin, { signal: AbortSignal.abort() })));
    expect(error.sent).toBe('no');
    expect(asked).toBe(0);
  });
});

test('a kept connection serves the next request, and one that the server closed meanwhile is replaced', async () => {
  let connections = 0;
  await using local = await serve((_, response) => response.end());
  local.server.on('connection', () => connections++);
  const transport = create({ keepAlive: true });
  await transport(request(local.origin));
  await transport(request(local.origin));
  expect(connections).toBe(1);
  local.server.closeIdleConnections();
  await expect
    .poll(() =>
      transport(request(local.origin)).then(
        ({ status }) => status,
        () => null,
      ),
    )
    .toBe(200);
  expect(connections).toBe(2);
});

test('a request over a kept connection that breaks may have been sent', async () => {
  let requests = 0;
  await using local = await serve((incoming, response) => {
    requests += 1;
    if (requests === 1) response.end();
    else incoming.socket.destroy();
  });
  const transport = create({ keepAlive: true });
  await transport(request(local.origin));
  expect((await failure(transport(request(local.origin)))).sent).toBe('maybe');
});

test.each([
  ['GET', 2],
  ['POST', 1],
] as const)(
  'a kept connection that the server closes as the request comes: a %s is made %i times in all',
  async (method, times) => {
    let connections = 0;
    const requests: string[] = [];
    await using local = await serve((incoming, response) => {
      requests.push(String(incoming.url));
      // The first on each connection is answered; a further one meets its end.
      if (requests.length === 2) incoming.socket.resetAndDestroy();
      else response.end('answered');
    });
    local.server.on('connection', () => connections++);
    const transport = create({ keepAlive: true });
    await transport(request(local.origin));
    const { body: _, ...bare } = request(`${local.origin}/again`);
    const again = transport(method === 'GET' ? { ...bare, method } : request(`${local.origin}/again`));
    if (method === 'GET') expect((await again).body).toBe('answered');
    else expect((await failure(again)).sent).toBe('maybe');
    expect(requests.filter(url => url === '/again')).toHaveLength(times);
    expect(connections).toBe(times);
  },
);

test('a GET whose kept connection brings something else than an answer is not made once more', async () => {
  let requests = 0;
  await using local = await serve((incoming, response) => {
    requests += 1;
    if (requests === 1) response.end();
    else incoming.socket.end('no HTTP at all\r\n\r\n');
  });
  const transport = create({ keepAlive: true });
  await transport(request(local.origin));
  const { body: _, ...bare } = request(local.origin);
  expect((await failure(transport({ ...bare, method: 'GET' }))).message).toContain('HPE_INVALID');
  expect(requests).toBe(2);
});

test('a GET is made once more and no oftener', async () => {
  let requests = 0;
  await using local = await serve((incoming, response) => {
    requests += 1;
    if (requests === 1) response.end();
    else incoming.socket.resetAndDestroy();
  });
  const transport = create({ keepAlive: true });
  await transport(request(local.origin));
  const { body: _, ...bare } = request(local.origin);
  expect((await failure(transport({ ...bare, method: 'GET' }))).sent).toBe('maybe');
  expect(requests).toBe(3);
});

test('closing ends what is under way', async () => {
  const arrived = Promise.withResolvers<void>();
  await using local = await serve(() => arrived.resolve());
  const transport = create({ keepAlive: true });
  const error = failure(transport(request(local.origin)));
  await arrived.promise;
  transport.close();
  expect((await error).sent).toBe('maybe');
});

test('no connection is left behind where none is to be kept', async () => {
  await using local = await serve((_, response) => response.end());
  const gone = Promise.withResolvers<void>();
  local.server.on('connection', socket => once(socket, 'close').then(() => gone.resolve()));
  await createNodeTransport()(request(local.origin));
  await gone.promise;
});
