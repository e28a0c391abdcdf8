import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { KapsoNetworkError } from '../../../src/kapso/http/errors.ts';
import type { ClosableTransport, TransportRequest } from '../../../src/kapso/http/transport.ts';
import { createProxiedTransport } from '../../../src/kapso/http/transport-proxied.ts';
import { startConnectProxy } from './connect-proxy.ts';
import { closedOrigin, serve } from './local-server.ts';

const patient = { connect: 20_000, headers: 20_000, body: 20_000 };
const password = 'pass-91c3';

const post = (origin: string, changes: Partial<TransportRequest> = {}): TransportRequest => ({
  method: 'POST',
  url: new URL(`${origin}/messages`),
  headers: {},
  body: '{}',
  signal: new AbortController().signal,
  timeouts: patient,
  ...changes,
});

const opened: ClosableTransport[] = [];
afterEach(() => {
  for (const transport of opened.splice(0)) transport.close();
});

function through(origin: string, noProxy = ''): ClosableTransport {
  const url = new URL(origin);
  url.username = 'me';
  url.password = password;
  const transport = createProxiedTransport({
    proxy: { url: url.href, name: 'proxy.example:3128 (HTTPS_PROXY)', noProxy },
  });
  opened.push(transport);
  return transport;
}

async function failure(attempt: Promise<unknown>): Promise<KapsoNetworkError> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KapsoNetworkError);
  return error as KapsoNetworkError;
}

describe('through a proxy', () => {
  test('it sees the host and port, its own credentials and nothing else', async () => {
    await using proxy = await startConnectProxy();
    await using kapso = await serve((_, response) => response.end('there'));
    expect((await through(proxy.origin)(post(kapso.origin))).body).toBe('there');
    expect(proxy.asked).toEqual([`CONNECT ${new URL(kapso.origin).host}`]);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from(`me:${password}`).toString('base64')}`]);
  });

  test('a host in NO_PROXY is reached without it', async () => {
    await using proxy = await startConnectProxy();
    await using kapso = await serve((_, response) => response.end('there'));
    expect((await through(proxy.origin, 'other.example,127.0.0.1')(post(kapso.origin))).body).toBe('there');
    expect(proxy.asked).toEqual([]);
  });

  test('the error of a host in NO_PROXY does not name it', async () => {
    await using proxy = await startConnectProxy();
    const error = await failure(through(proxy.origin, '127.0.0.1')(post(await closedOrigin())));
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.hint).toBe('Nothing was sent. Check the network and the base URL.');
  });

  test.each([
    ['asks for credentials', 407, '407'],
    ['cannot reach Kapso', 502, '502'],
    ['closes the connection', 'close' as const, ''],
  ])('nothing was sent where it %s, and the error names it without its password', async (_, answer, said) => {
    let requests = 0;
    await using proxy = await startConnectProxy({ answer });
    await using kapso = await serve((_, response) => response.end(String(requests++)));
    const error = await failure(through(proxy.origin)(post(kapso.origin)));
    expect(error.sent).toBe('no');
    expect(error.message).toContain(said);
    expect(error.hint).toContain('proxy.example:3128 (HTTPS_PROXY)');
    expect(`${error.message} ${error.hint} ${String(error.cause)}`).not.toContain(password);
    expect(requests).toBe(0);
  });

  test.each([
    [
      407,
      'the proxy refused with HTTP 407: it asks for a user name and password',
      'Put both into the address of the proxy proxy.example:3128 (HTTPS_PROXY): http://USER:PASSWORD@HOST:PORT.',
    ],
    [403, 'the proxy refused with HTTP 403', 'Check the network, the proxy proxy.example:3128 (HTTPS_PROXY)'],
  ])('its answer %i is said in words, with what to do', async (answer, said, hint) => {
    await using proxy = await startConnectProxy({ answer });
    await using kapso = await serve((_, response) => response.end());
    const error = await failure(through(proxy.origin)(post(kapso.origin)));
    expect(error.message).toBe(`POST ${new URL(kapso.origin).host}: ${said}`);
    expect(error.hint).toContain(hint);
  });

  test('nothing was sent where it is not there', async () => {
    await using kapso = await serve((_, response) => response.end());
    const error = await failure(through(await closedOrigin())(post(kapso.origin)));
    expect(error).toMatchObject({ sent: 'no', message: expect.stringContaining('ECONNREFUSED') });
  });

  test('one that opens no tunnel is given up after the time for connecting, and let go', async () => {
    await using proxy = await startConnectProxy({ answer: 'hang' });
    await using kapso = await serve((_, response) => response.end());
    const error = await failure(through(proxy.origin)(post(kapso.origin, { timeouts: { ...patient, connect: 50 } })));
    expect(error).toMatchObject({ sent: 'no', message: expect.stringContaining('to connect after 0.05 s') });
    await proxy.idle();
  });

  test('an abort while the tunnel is opened sends nothing', async () => {
    const stop = new AbortController();
    await using proxy = await startConnectProxy({ answer: 'hang' });
    await using kapso = await serve((_, response) => response.end());
    const error = failure(through(proxy.origin)(post(kapso.origin, { signal: stop.signal })));
    await proxy.called();
    stop.abort(new Error('enough'));
    expect((await error).sent).toBe('no');
    await proxy.idle();
  });

  test('closing ends what is under way', async () => {
    const arrived = Promise.withResolvers<void>();
    await using proxy = await startConnectProxy();
    await using kapso = await serve(() => arrived.resolve());
    const transport = through(proxy.origin);
    const error = failure(transport(post(kapso.origin)));
    await arrived.promise;
    transport.close();
    expect((await error).sent).toBe('maybe');
    await proxy.idle();
  });

  test('no connection is left behind', async () => {
    await using proxy = await startConnectProxy();
    await using kapso = await serve((_, response) => response.end());
    const gone = Promise.withResolvers<void>();
    kapso.server.on('connection', socket => once(socket, 'close').then(() => gone.resolve()));
    await through(proxy.origin)(post(kapso.origin));
    await gone.promise;
    await proxy.idle();
  });
});
