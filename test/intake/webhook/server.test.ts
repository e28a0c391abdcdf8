import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { skip } from '../../../src/kapso/inbound/skip-reasons.ts';
import { createEventLog } from '../../../src/observe/event-log.ts';
import { fieldReport } from '../../kapso/field-reports.ts';
import { manualClock } from '../../manual-clock.ts';
import {
  bodyOf,
  delivery,
  head,
  type Line,
  post,
  rawClient,
  recordingLog,
  secret,
  serversOfThisFile,
  signature,
} from './harness.ts';

const start = serversOfThisFile();
const one = bodyOf('wamid.1');

describe("Meta's challenge", () => {
  const query = (token: string, mode = 'subscribe') =>
    new URLSearchParams({ 'hub.mode': mode, 'hub.verify_token': token, 'hub.challenge': '1158201444' });

  it('is returned to who knows the verify token', async () => {
    const { url } = await start();
    const response = await fetch(`${url}?${query('verify-me')}`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('1158201444');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['a wrong token', `?${query('verify-mE')}`],
    ['a token that only begins right', `?${query('verify')}`],
    ['no token', '?hub.mode=subscribe&hub.challenge=1'],
    ['another mode', `?${query('verify-me', 'unsubscribe')}`],
    ['nothing at all', ''],
  ])('is refused for %s', async (_case, search) => {
    const { url } = await start();
    const response = await fetch(`${url}${search}`);
    expect(response.status).toBe(403);
    expect(await response.text()).not.toContain('1158201444');
  });

  it.each([[null], ['']])('is refused to everyone when the verify token is %j', async verifyToken => {
    const { url } = await start({ verifyToken });
    expect((await fetch(`${url}?${query('')}`)).status).toBe(403);
    expect((await fetch(`${url}?${query('null')}`)).status).toBe(403);
  });
});

describe('a signed delivery', () => {
  it('is handed over and answered 200', async () => {
    let delivered = 0;
    const onDelivery = () => {
      delivered += 1;
    };
    const { url, accepted, server } = await start({ onDelivery });
    expect((await fetch(url, delivery(one))).status).toBe(200);
    expect(accepted).toMatchObject([[{ kind: 'message', message: { id: 'wamid.1' } }]]);
    expect(server.stats()).toMatchObject({ signed: true, messages: 1, answers: { 200: 1 } });
    expect(delivered).toBe(1);
  });

  it('is answered only after it has been stored', async () => {
    const stored = Promise.withResolvers<void>();
    const { port } = await start({ accept: () => stored.promise });
    const client = await rawClient(port);
    client.socket.write(post(one));
    // A second connection's full round trip proves that the first one had its chance to be answered.
    await fetch(`http://127.0.0.1:${port}/health`);
    await nextTurn();
    expect(client.received()).toBe('');
    stored.resolve();
    await client.until(/^HTTP\/1\.1 200 /);
    client.socket.destroy();
  });

  it('is answered 503, to be sent again, when it could not be stored', async () => {
    let full = true;
    const { url, lines, server } = await start({
      accept: async () => {
        if (full) throw new Error('disk full');
      },
    });
    const response = await fetch(url, delivery(one));
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.text()).not.toContain('disk');
    expect(lines.filter(line => line.level === 'warn')).toMatchObject([{ fields: { reason: 'disk full' } }]);
    expect(server.stats().messages).toBe(0);
    full = false;
    expect((await fetch(url, delivery(one))).status).toBe(200);
  });

  it('is answered 503 also when the store throws at once', async () => {
    const { url } = await start({
      accept: () => {
        throw new Error('closed');
      },
    });
    expect((await fetch(url, delivery(one))).status).toBe(503);
  });

  it('of events that are not wanted is answered 200, counted, and not stored', async () => {
    const { url, accepted, server } = await start();
    expect((await fetch(url, delivery(bodyOf('-> wamid.OUT1')))).status).toBe(200);
    expect((await fetch(url, delivery(bodyOf('wamid.2', '-> wamid.OUT2')))).status).toBe(200);
    expect(accepted.map(items => items.map(item => item.kind))).toEqual([['message']]);
    expect(server.stats().skipped).toEqual({ outbound: 2 });
  });

  it('that is a test sample is answered and said once a minute', async () => {
    const { url, lines, accepted } = await start({ clock: manualClock(0) });
    for (const { body } of fieldReport('B21-flat-sample').posts) {
      expect((await fetch(url, delivery(JSON.stringify(body)))).status).toBe(200);
    }
    expect(accepted).toEqual([]);
    expect(lines.slice(1)).toMatchObject([{ level: 'info', message: expect.stringContaining('test sample') }]);
  });

  it('for another phone number id names both', async () => {
    const { url, lines } = await start();
    const body = readFileSync(join(import.meta.dirname, '../../fixtures/kapso/meta-text.json'), 'utf8');
    await fetch(url, delivery(body.replace('647000000000001', '555000111')));
    expect(lines.slice(1)).toMatchObject([{ fields: { configured: '647000000000001', received: '555000111' } }]);
  });

  it('for another phone number id is counted and logged, but does not fill the log', async () => {
    const clock = manualClock(0);
    const { url, lines, server } = await start({ clock });
    const others = one.replace('647000000000001', '555000111');
    for (let i = 0; i < 5; i += 1) expect((await fetch(url, delivery(others))).status).toBe(200);
    const said = () => lines.filter(line => line.message.includes('another phone number id'));
    expect(said()).toMatchObject([{ level: 'warn', fields: { configured: '647000000000001' } }]);
    clock.advance(60_000);
    await fetch(url, delivery(others));
    expect(said()).toHaveLength(2);
    expect(server.stats().skipped).toEqual({ [skip.otherNumber]: 6 });
  });

  it('is read by what its header says of the event, and has the time by Kapso where it has none', async () => {
    const { url, accepted, server } = await start({ kapsoNow: () => 1_780_000_777_000 });
    await fetch(url, delivery(one, { 'x-webhook-event': 'whatsapp.message.sent' }));
    expect(server.stats().skipped).toEqual({ [skip.event]: 1 });
    await fetch(url, delivery(one.replace('1780000001', ''), { 'x-webhook-event': 'whatsapp.message.received' }));
    expect(accepted).toMatchObject([[{ message: { id: 'wamid.1', timestamp: 1_780_000_777_000 } }]]);
  });

  it('may be signed with either of two secrets during a rotation', async () => {
    const { url } = await start({ secrets: ['old', 'new'] });
    for (const key of ['old', 'new']) {
      expect((await fetch(url, delivery(one, { 'x-webhook-signature': signature(one, key) }))).status).toBe(200);
    }
  });

  it("may be signed under Meta's header alone", async () => {
    const { url } = await start();
    const headers = { 'x-webhook-signature': undefined, 'x-hub-signature-256': `sha256=${signature(one)}` };
    expect((await fetch(url, delivery(one, headers))).status).toBe(200);
  });

  it('arrives whole in chunks, byte by byte, and after Expect: 100-continue', async () => {
    const { port, accepted } = await start();
    const body = one.replace('hello', 'é€😀');
    const bytes = Buffer.from(body);
    const client = await rawClient(port);
    client.socket.write(post(body, ['transfer-encoding: chunked'], ''));
    for (const byte of bytes)
      client.socket.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]));
    client.socket.write('0\r\n\r\n');
    await client.until(/^HTTP\/1\.1 200 /);

    client.socket.write(post(body, [`content-length: ${bytes.length}`, 'expect: 100-continue'], ''));
    await client.until(/HTTP\/1\.1 100 Continue/);
    client.socket.write(bytes);
    await client.until(/100 Continue[\s\S]*HTTP\/1\.1 200 /);
    expect(accepted).toMatchObject([[{ message: { text: 'é€😀' } }], [{ message: { text: 'é€😀' } }]]);
    client.socket.destroy();
  });

  it('may follow another on the connection before that one is answered', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let calls = 0;
    const { port } = await start({
      accept: () => gates[calls++]?.promise ?? Promise.reject(new Error('a third call')),
    });
    const client = await rawClient(port);
    client.socket.write(post(one) + post(bodyOf('wamid.2')) + post('nonsense'));
    gates[1]?.resolve();
    await fetch(`http://127.0.0.1:${port}/health`);
    expect(client.received()).toBe('');
    gates[0]?.resolve();
    const text = await client.until(/400 Bad Request/);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400']);
    client.socket.destroy();
  });
});

describe('a delivery is refused', () => {
  it.each([
    ['without a signature', { 'x-webhook-signature': undefined }],
    ['with the signature of another body', { 'x-webhook-signature': signature('{}') }],
    ['with the signature by another secret', { 'x-webhook-signature': signature(one, 'other') }],
    ['with an empty signature', { 'x-webhook-signature': '' }],
    ['with an upper-case signature', { 'x-webhook-signature': signature(one).toUpperCase() }],
    ['with two signatures in one header', { 'x-webhook-signature': `${signature(one)}, ${signature(one)}` }],
  ])('%s: 401', async (_case, headers) => {
    const { url, accepted, server } = await start();
    expect((await fetch(url, delivery(one, headers))).status).toBe(401);
    expect(accepted).toEqual([]);
    expect(server.stats().answers).toEqual({ 401: 1 });
  });

  it('before its JSON is looked at, when the signature is wrong', async () => {
    const { url } = await start();
    expect((await fetch(url, delivery('not json', { 'x-webhook-signature': signature('') }))).status).toBe(401);
    expect((await fetch(url, delivery('not json'))).status).toBe(400);
  });

  it.each([
    ['missing', undefined, 415],
    ['text/plain', 'text/plain', 415],
    ['application/jsonp', 'application/jsonp', 415],
    ['with parameters', 'Application/JSON; charset=utf-8', 200],
    ['a +json type', 'application/vnd.kapso+json', 200],
  ])('or not, by its content type: %s', async (_case, type, status) => {
    const { port } = await start();
    const client = await rawClient(port);
    const lines = ['POST /webhook HTTP/1.1', 'host: x', `x-webhook-signature: ${signature(one)}`];
    if (type) lines.push(`content-type: ${type}`);
    client.socket.write(head([...lines, `content-length: ${one.length}`]) + one);
    await client.until(new RegExp(`^HTTP/1\\.1 ${status} `));
    client.socket.destroy();
  });

  it('when it is compressed: 415', async () => {
    const { url } = await start();
    expect((await fetch(url, delivery(one, { 'content-encoding': 'gzip' }))).status).toBe(415);
  });

  it('at another path, 404, and by another method, 405 with the ones that are served', async () => {
    const { url, port } = await start();
    for (const path of ['/', '/webhook//', '/webhooks', '/Webhook', '/webhook%2f']) {
      expect((await fetch(`http://127.0.0.1:${port}${path}`, delivery(one))).status).toBe(404);
    }
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const response = await fetch(url, { method });
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, 'GET, HEAD, POST']);
    }
    expect((await fetch(`${url}?from=kapso`, delivery(one))).status).toBe(200);
  });

  it('with two lengths: 400, and the connection is closed', async () => {
    const { port, accepted } = await start();
    const client = await rawClient(port);
    client.socket.write(post(one, [`content-length: ${one.length}`, 'content-length: 4']));
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 400 /);
    expect(accepted).toEqual([]);
  });

  it('without the log telling its text or a secret, and without filling the log', async () => {
    const { url, lines } = await start({ clock: manualClock(0) });
    const body = one.replace('hello', 'confidential words');
    for (let i = 0; i < 20; i += 1) await fetch(url, delivery(body, { 'x-webhook-signature': signature(`${i}`) }));
    await fetch(url, delivery(`${body}}`));
    await fetch(url, delivery(body));
    const said = JSON.stringify(lines);
    expect(said).not.toContain('confidential');
    expect(said).not.toContain(secret);
    expect(said).not.toContain(signature(body));
    expect(lines.filter(line => line.message.includes('refused')).length).toBe(2);
  });

  it('with 500 and without its text in the log when reading it throws', async () => {
    const lines: Line[] = [];
    const { url } = await start({
      emit: event => {
        if (event.type === 'other number skipped') throw new Error('confidential words');
        createEventLog(recordingLog(lines), systemClock)(event);
      },
    });
    expect((await fetch(url, delivery(one.replace('647000000000001', '555000111')))).status).toBe(500);
    expect(lines.at(-1)).toMatchObject({ level: 'error', fields: { error: 'Error' } });
    expect(JSON.stringify(lines)).not.toContain('confidential');
  });
});

describe('without a secret', () => {
  it('deliveries are accepted, with a loud warning at the start and a flag in the statistics', async () => {
    const { url, lines, server } = await start({ secrets: [] });
    expect(lines.filter(line => line.level === 'warn')).toMatchObject([
      { message: expect.stringContaining('NOT SIGNED') },
    ]);
    expect(server.stats().signed).toBe(false);
    expect((await fetch(url, delivery(one, { 'x-webhook-signature': undefined }))).status).toBe(200);
  });

  it('one that is made while the server runs is asked of every delivery from then on', async () => {
    let made: string[] = [];
    const { url, lines, server } = await start({ secrets: [], findSecrets: () => made });
    expect((await fetch(url, delivery(one, { 'x-webhook-signature': undefined }))).status).toBe(200);
    made = [secret];
    expect((await fetch(url, delivery(one, { 'x-webhook-signature': undefined }))).status).toBe(401);
    expect((await fetch(url, delivery(one))).status).toBe(200);
    expect(server.stats().signed).toBe(true);
    made = [];
    expect((await fetch(url, delivery(one, { 'x-webhook-signature': undefined }))).status).toBe(401);
    expect(lines.filter(line => line.message.includes('must be signed'))).toHaveLength(1);
  });

  it('one that was made before the start is enough where a signature is required', async () => {
    const { server } = await start({ secrets: [], findSecrets: () => [secret], requireSignature: true });
    expect(server.stats().signed).toBe(true);
  });

  it('the server does not start when a signature is required', async () => {
    await expect(start({ secrets: [], requireSignature: true })).rejects.toMatchObject({
      code: 'WEBHOOK_SECRET_MISSING',
    });
  });

  it('there is no such warning when there is one', async () => {
    const { lines } = await start();
    expect(lines.map(line => line.level)).toEqual(['info']);
  });
});

describe('health', () => {
  it('is 200 while deliveries can be stored, and 503 with the reason while they cannot', async () => {
    let reason: string | null = null;
    const { port } = await start({ ready: () => reason });
    const health = `http://127.0.0.1:${port}/health`;
    expect(await (await fetch(health)).json()).toEqual({ status: 'ok' });
    expect((await fetch(health, { method: 'HEAD' })).status).toBe(200);
    reason = 'the disk is full';
    const response = await fetch(health);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: 'the disk is full' });
    expect((await fetch(health, { method: 'POST' })).status).toBe(405);
  });

  it('cannot be shadowed by the webhook', async () => {
    await expect(start({ path: '/health' })).rejects.toMatchObject({ code: 'WEBHOOK_PATH_INVALID' });
    await expect(start({ path: 'webhook' })).rejects.toMatchObject({ code: 'WEBHOOK_PATH_INVALID' });
  });
});

describe('closing', () => {
  it('ends idle connections, lets a delivery under way finish, and takes no more', async () => {
    const stored = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const { port, server } = await start({
      accept: () => {
        entered.resolve();
        return stored.promise;
      },
    });
    const silent = await rawClient(port);
    const busy = await rawClient(port);
    busy.socket.write(post(one));
    await entered.promise;

    const closed = server.close(60_000);
    expect(await silent.closed()).toBe('');
    await expect(rawClient(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(busy.received()).toBe('');
    stored.resolve();
    expect(await busy.closed()).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close/i);
    await closed;
  });

  it('cuts what is not finished when the grace is over', async () => {
    const clock = manualClock(0);
    const { port, server } = await start({ clock });
    const slow = await rawClient(port);
    slow.socket.write(post('', ['content-length: 1000', 'expect: 100-continue'], ''));
    await slow.until(/100 Continue/);
    const closed = server.close(5_000);
    clock.advance(4_999);
    await nextTurn();
    expect(slow.socket.closed).toBe(false);
    clock.advance(1);
    await slow.closed();
    await closed;
  });

  it('may be asked for twice', async () => {
    const { server } = await start();
    await Promise.all([server.close(0), server.close(0)]);
  });
});
