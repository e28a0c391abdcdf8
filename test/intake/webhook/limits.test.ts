import { describe, expect, it } from 'vitest';
import { defaultWebhookLimits } from '../../../src/intake/webhook/server.ts';
import { manualClock } from '../../manual-clock.ts';
import { bodyOf, delivery, head, post, rawClient, serversOfThisFile, signature } from './harness.ts';

const start = serversOfThisFile();
const one = bodyOf('wamid.1');

describe('the size of a body', () => {
  const limit = 1000;
  const exact = JSON.stringify({ pad: 'x'.repeat(limit - 10) });

  it('may be the limit and no more', async () => {
    const { url } = await start({ maxBodyBytes: limit });
    expect(exact.length).toBe(limit);
    expect((await fetch(url, delivery(exact))).status).toBe(200);
    expect((await fetch(url, delivery(`${exact} `))).status).toBe(413);
  });

  it.each([
    ['signed', [`x-webhook-signature: ${signature('')}`]],
    ['unsigned', []],
  ])('announced beyond the limit is refused before a byte of it was sent (%s)', async (_case, headers) => {
    const { port } = await start({ maxBodyBytes: limit });
    const client = await rawClient(port);
    client.socket.write(head(['POST /webhook HTTP/1.1', 'host: x', ...headers, 'content-length: 268435456']));
    const text = await client.until(/^HTTP\/1\.1 413 /);
    expect(text).toMatch(/connection: close/i);
    await client.closed();
  });

  it('announced beyond the limit is refused instead of being asked for', async () => {
    const { port } = await start({ maxBodyBytes: limit });
    const client = await rawClient(port);
    client.socket.write(post('', ['content-length: 1001', 'expect: 100-continue'], ''));
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is counted where it was not announced, also without a signature, and the connection is closed', async () => {
    const { port } = await start({ maxBodyBytes: limit });
    const client = await rawClient(port);
    client.socket.write(
      head(['POST /webhook HTTP/1.1', 'host: x', 'content-type: application/json', 'transfer-encoding: chunked']),
    );
    client.socket.write(`3e8\r\n${'x'.repeat(1000)}\r\n`);
    await fetch(`http://127.0.0.1:${port}/health`);
    expect(client.received()).toBe('');
    client.socket.write('1\r\nx\r\n');
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('refused is not refused by a reset: a client that is still sending reads the answer and may finish', async () => {
    const { port } = await start({ maxBodyBytes: limit, clock: manualClock(0) });
    const client = await rawClient(port);
    const errors: Error[] = [];
    client.socket.on('error', error => errors.push(error));
    client.socket.write(post('', ['content-length: 100000'], 'x'.repeat(50_000)));
    await client.until(/^HTTP\/1\.1 413 [\s\S]*\}$/);
    await fetch(`http://127.0.0.1:${port}/health`);
    expect(client.socket.readableEnded).toBe(false);
    client.socket.write('x'.repeat(50_000));
    await client.closed();
    expect(errors).toEqual([]);
  });

  it('refused does not hold the connection of a client that never finishes', async () => {
    const clock = manualClock(0);
    const { port } = await start({ maxBodyBytes: limit, clock });
    const client = await rawClient(port);
    client.socket.write(post('', ['content-length: 100000'], 'x'));
    await client.until(/^HTTP\/1\.1 413 /);
    clock.advance(1_000);
    await client.closed();
  });

  it('of everything that is arriving together is bounded: the one that takes longest gives way', async () => {
    const { port, url } = await start({ limits: { heldBytes: 3000 } });
    const slow = [];
    for (let i = 0; i < 3; i += 1) {
      const client = await rawClient(port);
      client.socket.write(post('', ['content-length: 2000'], 'x'.repeat(950)));
      slow.push(client);
      await fetch(`http://127.0.0.1:${port}/health`);
    }
    const body = one + ' '.repeat(500);
    expect((await fetch(url, delivery(body))).status).toBe(200);
    await slow[0]?.until(/^HTTP\/1\.1 503 /);
    expect(slow[1]?.received()).toBe('');
    for (const client of slow) client.socket.destroy();
    // Released bodies are no longer counted.
    for (let i = 0; i < 20; i += 1) expect((await fetch(url, delivery(body))).status).toBe(200);
  });
});

describe('the time of a request', () => {
  const limits = { headersTimeout: 150, requestTimeout: 200, timeoutCheckInterval: 20 };

  it('is limited so that one byte in five seconds ends within 15 s', () => {
    const { headersTimeout, requestTimeout, timeoutCheckInterval } = defaultWebhookLimits;
    expect(Math.max(headersTimeout, requestTimeout) + timeoutCheckInterval).toBeLessThan(15_000);
  });

  it.each([
    ['a body that never ends', post('', ['content-length: 1000'], '{"data":')],
    ['headers that never end', 'POST /webhook HTTP/1.1\r\nhost: x\r\nx-slow: '],
    ['silence', ''],
  ])('is over for %s', async (_case, bytes) => {
    const { port, server } = await start({ limits });
    const client = await rawClient(port);
    if (bytes) client.socket.write(bytes);
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 |^$/);
    await fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: 'close' } });
    expect(server.stats().messages).toBe(0);
  });
});

describe('connections', () => {
  it('that are idle give way to new ones, the longest idle first', async () => {
    const { port, server } = await start({ limits: { connections: 3 } });
    const idle = [];
    for (let i = 0; i < 3; i += 1) {
      const client = await rawClient(port);
      client.socket.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n');
      await client.until(/200 OK/);
      idle.push(client);
    }
    idle[0]?.socket.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n');
    await idle[0]?.until(/200 OK[\s\S]*200 OK/);

    const healthy = await rawClient(port);
    healthy.socket.write(post(one));
    await healthy.until(/^HTTP\/1\.1 200 /);
    await idle[1]?.closed();
    expect(server.stats()).toMatchObject({ connections: 3, connectionsEvicted: 1 });
    for (const { socket } of [...idle, healthy]) socket.destroy();
  });

  it('whose delivery is being stored do not give way', async () => {
    const stored = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const { port } = await start({
      limits: { connections: 1 },
      accept: () => {
        entered.resolve();
        return stored.promise;
      },
    });
    const storing = await rawClient(port);
    storing.socket.write(post(one));
    await entered.promise;
    const second = await rawClient(port);
    expect(await second.closed()).toBe('');
    stored.resolve();
    await storing.until(/^HTTP\/1\.1 200 /);
    storing.socket.destroy();
  });

  it('that send slowly give way to a delivery', async () => {
    const { port, url } = await start({ limits: { connections: 8 } });
    const slow = await Promise.all(Array.from({ length: 8 }, () => rawClient(port)));
    for (const { socket } of slow) socket.write(post('', ['content-length: 1000'], '{'));
    expect((await fetch(url, delivery(one))).status).toBe(200);
    for (const { socket } of slow) socket.destroy();
  });
});
