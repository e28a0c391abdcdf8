import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Health, Readiness } from '../../src/metrics/readiness.ts';
import { createMetricsServer, type MetricsServer, type ServerDeps } from '../../src/metrics/server.ts';
import { head, rawClient } from '../intake/webhook/harness.ts';

const open: MetricsServer[] = [];
let errors: unknown[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(server => server.close(0)));
  errors = [];
});

const ready: Readiness = { ready: true, store: 'ok', polling: 'ok', webhook: 'off', gateway: 'connected' };
const body = Buffer.from('# HELP up a\nup 1\n');

async function start(over: Partial<ServerDeps> = {}): Promise<{ port: number; base: string; server: MetricsServer }> {
  const server = createMetricsServer({
    listen: { host: '127.0.0.1', port: 0 },
    live: async (): Promise<Health> => 'ok',
    ready: async () => ready,
    metrics: async () => ({ body, type: 'text/plain; version=0.0.4; charset=utf-8' }),
    onError: error => errors.push(error),
    clock: systemClock,
    ...over,
  });
  const address = await server.start();
  open.push(server);
  const port = 'port' in address ? address.port : 0;
  return { port, base: `http://127.0.0.1:${port}`, server };
}

it('answers GET and HEAD at its three paths', async () => {
  const { base } = await start();
  const seen = [];
  for (const path of ['/live', '/ready', '/metrics', '/metrics?x=1']) {
    const [got, headed] = [await fetch(base + path), await fetch(base + path, { method: 'HEAD' })];
    seen.push([got.status, await got.text(), headed.status, await headed.text()]);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(got.headers.get('access-control-allow-origin')).toBeNull();
  }
  const { ready: _, ...parts } = ready;
  expect(seen).toEqual([
    [200, '{"status":"ok"}', 200, ''],
    [200, JSON.stringify({ status: 'ready', ...parts }), 200, ''],
    [200, String(body), 200, ''],
    [200, String(body), 200, ''],
  ]);
});

it('says 503 when it is not live or not ready, and 500 without a reason when it cannot be read', async () => {
  const { base } = await start({
    live: async () => 'store',
    ready: async () => ({ ...ready, ready: false, store: 'failing' }),
    metrics: () => Promise.reject(new Error('no such table: /secret/path')),
  });
  const answers = [];
  for (const path of ['live', 'ready', 'metrics']) {
    const answer = await fetch(`${base}/${path}`);
    answers.push([answer.status, await answer.text()]);
  }
  const parts = '"store":"failing","polling":"ok","webhook":"off","gateway":"connected"';
  expect(answers).toEqual([
    [503, '{"status":"failing","failing":"store"}'],
    [503, `{"status":"not ready",${parts}}`],
    [500, '{"error":"it could not be read; the log says why"}'],
  ]);
  expect(errors).toMatchObject([{ message: 'no such table: /secret/path' }]);
});

it.each([
  ['another method', 'POST', '/metrics', [], 405],
  ['another path', 'GET', '/<script>hello', [], 404],
  ['the name of a property of objects', 'GET', '/constructor', [], 404],
  ['a body', 'GET', '/metrics', ['content-length: 5'], 413],
  ['a body of unknown length', 'GET', '/metrics', ['transfer-encoding: chunked'], 413],
  ['a large head', 'GET', '/metrics', [`x: ${'a'.repeat(9000)}`], 431],
])(
  'refuses %s, closes the connection, and repeats nothing of the request',
  async (_, method, path, headers, status) => {
    const { port } = await start();
    const client = await rawClient(port);
    client.socket.write(head([`${method} ${path} HTTP/1.1`, 'host: evil.example', ...headers]));
    const text = await client.until(/\r\n\r\n/);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toMatch(/connection: close/i);
    expect(text).not.toMatch(/evil|script|constructor|aaa/);
    client.socket.destroy();
  },
);

it('closes who is slow to ask, and who does not read the answer', async () => {
  const limits = { headersTimeout: 100, requestTimeout: 100, timeoutCheckInterval: 20, idleTimeout: 150 };
  const asked = Promise.withResolvers<void>();
  const metrics = async () => {
    asked.resolve();
    return { body: Buffer.alloc(64 * 1024 * 1024), type: 'a/b' };
  };
  const { port, server } = await start({ limits, metrics });
  const slow = await rawClient(port);
  slow.socket.write('GET /metrics HTTP/1.1\r\nx');
  expect(await slow.closed()).toMatch(/^HTTP\/1.1 408 |^$/);
  const deaf = connect(port, '127.0.0.1');
  deaf.on('error', () => undefined);
  await once(deaf, 'connect');
  deaf.pause();
  deaf.write(head(['GET /metrics HTTP/1.1', 'host: a']));
  await asked.promise;
  // Its own end shows only once it reads. The server ends when the connection has.
  await server.close(600_000);
  deaf.destroy();
});

it('keeps room for who asks: one connection more replaces the one that was silent for the longest', async () => {
  const { port, base } = await start({ limits: { connections: 3 } });
  const idle = await Promise.all([1, 2, 3].map(() => rawClient(port)));
  expect((await fetch(`${base}/live`)).status).toBe(200);
  await Promise.race(idle.map(client => client.closed()));
  for (const { socket } of idle) socket.destroy();
});

it('answers ten thousand requests in one piece without keeping an answer for each', async () => {
  let asked = 0;
  const large = Buffer.alloc(100_000, 'x');
  const { port, base } = await start({
    metrics: async () => {
      asked += 1;
      return { body: large, type: 'a/b' };
    },
  });
  const client = await rawClient(port);
  client.socket.pause();
  const before = process.memoryUsage().rss;
  client.socket.write(head(['GET /metrics HTTP/1.1', 'host: a']).repeat(10_000));
  expect((await fetch(`${base}/live`)).status).toBe(200);
  expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  expect(asked).toBeLessThan(10_000);
  client.socket.destroy();
});

it('serves on a Unix socket that only owner and group may open', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-'));
  const path = join(dir, 'metrics.sock');
  try {
    await start({ listen: { path } });
    expect(statSync(path).mode & 0o777).toBe(0o660);
    const sent = request({ socketPath: path, path: '/live' });
    sent.end();
    const [answer] = await once(sent, 'response');
    expect(answer.statusCode).toBe(200);
    answer.resume();
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it('names its own setting when the address is taken', async () => {
  const { port } = await start();
  await expect(start({ listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
    code: 'LISTEN_ADDRESS_UNAVAILABLE',
    message: expect.stringContaining('the server of health and metrics cannot listen on'),
    hint: expect.stringContaining('metrics.listen (KAPSO_METRICS_ADDR)'),
  });
});
