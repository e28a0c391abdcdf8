import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { GatewayClient } from '@openclaw/gateway-client';
import { afterEach, describe, expect, it } from 'vitest';
import { type GatewayOptions, type GatewaySimulator, startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { manualClock } from '../manual-clock.ts';
import { connectParams, connectSocket, openSocket, type SocketClient } from './socket-client.ts';

let gateway: GatewaySimulator;
const start = async (options: Partial<GatewayOptions> = {}) => {
  gateway = await startGatewaySimulator({ token: 'secret', ...options });
};
afterEach(() => gateway.close());

const control = async (path: string, body: object = {}) => {
  const response = await fetch(`${gateway.controlUrl}/__sim/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return response.json();
};

/** Sends `connect` and gives its error and how the connection was closed. */
async function refusal(params: object, client: SocketClient = openSocket(gateway.url)) {
  await client.event('connect.challenge');
  const { error } = await client.request('connect', params);
  return { error, ...(await client.closed) };
}

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');

/** Connects with a device proof; `change` spoils the proof or the parameters. */
async function withDevice(change: { proof?: object; params?: object; key?: KeyObject; version?: 'v2' | 'v3' } = {}) {
  const client = openSocket(gateway.url);
  const { nonce, ts } = (await client.event('connect.challenge')).payload;
  const params = { ...connectParams, ...change.params } as typeof connectParams & {
    auth: { token?: string; deviceToken?: string };
  };
  const device = {
    id: createHash('sha256').update(raw).digest('hex'),
    publicKey: raw.toString('base64url'),
    signedAt: ts,
    nonce,
    ...change.proof,
  };
  const { id, mode, platform } = params.client;
  const token = params.auth.token ?? params.auth.deviceToken ?? '';
  const parts = [device.id, id, mode, params.role, params.scopes.join(','), device.signedAt, token, device.nonce];
  const text = change.version === 'v2' ? ['v2', ...parts] : ['v3', ...parts, platform.toLowerCase(), ''];
  const signature = sign(null, Buffer.from(text.join('|')), change.key ?? privateKey).toString('base64url');
  const reply = await client.request('connect', { ...params, device: { signature, ...device } });
  return { client, reply, details: reply.error?.details, hello: reply.payload };
}

describe('the handshake', () => {
  it('is taken by the reference client', async () => {
    await start();
    const ready = Promise.withResolvers<{ server: { bootId?: string }; auth: { scopes: string[] } }>();
    const client = new GatewayClient({
      url: gateway.url,
      token: 'secret',
      clientName: 'gateway-client',
      mode: 'backend',
      role: 'operator',
      scopes: ['operator.read', 'operator.write'],
      minProtocol: 4,
      maxProtocol: 4,
      onHelloOk: hello => ready.resolve(hello as never),
      onConnectError: ready.reject,
    });
    client.start();
    const hello = await ready.promise;
    expect(hello.server.bootId).toBe(gateway.bootId);
    expect(hello.auth.scopes).toEqual(['operator.read', 'operator.write']);
    const params = { sessionKey: 'agent:main:test', idempotencyKey: 'k', message: 'hello' };
    expect(await client.request('agent', params)).toMatchObject({ runId: 'k', status: 'accepted' });
    expect(await client.request('agent.wait', { runId: 'k', timeoutMs: 10_000 })).toMatchObject({
      terminalReply: { disposition: 'visible', text: 'You said: hello' },
    });
    await client.stopAndWait();
  });

  it('says its policy, and ticks', async () => {
    const clock = manualClock(1_000_000);
    await start({ clock, tickInterval: 30_000 });
    const client = openSocket(gateway.url);
    await client.event('connect.challenge');
    const { payload } = await client.request('connect', connectParams);
    expect(payload).toMatchObject({
      type: 'hello-ok',
      protocol: 4,
      policy: {
        maxPayload: 26_214_400,
        maxBufferedBytes: 52_428_800,
        tickIntervalMs: 30_000,
        attachments: { maxBytes: 19_464_192, maxImageBytes: 6_291_456 },
      },
    });
    clock.advance(30_000);
    expect((await client.event('tick')).payload).toEqual({ ts: 1_030_000 });
  });

  it.each([
    [3, 4],
    [1, 99],
    [4, 5],
  ])('takes the protocol range %i to %i', async (minProtocol, maxProtocol) => {
    await start();
    await connectSocket(gateway.url, { ...connectParams, minProtocol, maxProtocol });
  });

  it.each([
    [3, 3],
    [5, 5],
  ])('refuses the protocol range %i to %i with 1002', async (minProtocol, maxProtocol) => {
    await start();
    expect(await refusal({ ...connectParams, minProtocol, maxProtocol })).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: { code: 'PROTOCOL_MISMATCH', expectedProtocol: 4 } },
      code: 1002,
    });
  });

  it.each([
    ['an unknown client id', { client: { ...connectParams.client, id: 'kapso-whatsapp' } }],
    ['an unknown mode', { client: { ...connectParams.client, mode: 'operator' } }],
    ['an extra property', { extra: true }],
    ['an extra property of the client', { client: { ...connectParams.client, extra: true } }],
    ['an empty version', { client: { ...connectParams.client, version: '' } }],
    ['a role that is none', { role: 'admin' }],
  ])('refuses %s', async (_, change) => {
    await start();
    const { error, code } = await refusal({ ...connectParams, ...change });
    expect([error?.code, error?.details, code]).toEqual(['INVALID_REQUEST', undefined, 1008]);
  });

  it('refuses a first request that is not connect, a first frame that is not JSON, and one that is too large', async () => {
    await start();
    const early = openSocket(gateway.url);
    await early.event('connect.challenge');
    expect((await early.request('health')).error?.code).toBe('INVALID_REQUEST');
    expect((await early.closed).code).toBe(1008);
    for (const [frame, code] of [
      ['hello', 1000],
      ['x'.repeat(70_000), 1009],
    ] as const) {
      const client = openSocket(gateway.url);
      await client.event('connect.challenge');
      client.socket.send(frame);
      expect((await client.closed).code).toBe(code);
    }
  });

  it('closes a connection that stays silent', async () => {
    const clock = manualClock(0);
    await start({ clock });
    const client = openSocket(gateway.url);
    await client.event('connect.challenge');
    clock.advance(15_000);
    expect((await client.closed).code).toBe(1000);
  });

  it('refuses an Origin header', async () => {
    await start();
    const client = openSocket(gateway.url, { headers: { Origin: 'https://example.org' } });
    expect((await refusal(connectParams, client)).error?.details).toEqual({ code: 'CONTROL_UI_ORIGIN_NOT_ALLOWED' });
  });

  it('tells clients to come back while it starts', async () => {
    const clock = manualClock(0);
    await start({ clock, startup: 1000 });
    expect((await fetch(`${gateway.controlUrl}/readyz`)).status).toBe(503);
    expect(await refusal(connectParams)).toMatchObject({
      error: { code: 'UNAVAILABLE', retryable: true, retryAfterMs: 500, details: { reason: 'startup-sidecars' } },
      code: 1013,
      reason: 'gateway starting',
    });
    clock.advance(1000);
    await connectSocket(gateway.url);
    expect((await fetch(`${gateway.controlUrl}/readyz`)).status).toBe(200);
  });
});

describe('tokens and scopes', () => {
  it('refuses a missing and a wrong token', async () => {
    await start();
    expect(await refusal({ ...connectParams, auth: {} })).toMatchObject({
      error: { code: 'NOT_PAIRED', details: { code: 'DEVICE_IDENTITY_REQUIRED' } },
      code: 1008,
    });
    expect(await refusal({ ...connectParams, auth: { token: 'wrong' } })).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: { code: 'AUTH_TOKEN_MISMATCH' } },
      code: 1008,
    });
    expect((await withDevice({ params: { auth: {} } })).details).toEqual({ code: 'AUTH_TOKEN_MISSING' });
    expect((await withDevice({ params: { auth: { token: 'wrong' } } })).details).toMatchObject({
      canRetryWithDeviceToken: true,
    });
  });

  it('closes every connection with 4001 when the token changes', async () => {
    await start();
    const client = await connectSocket(gateway.url);
    await control('config', { token: 'other' });
    expect(await client.closed).toEqual({ code: 4001, reason: 'gateway auth changed' });
  });

  it.each([
    ['gateway-client', 'backend', true],
    ['cli', 'cli', true],
    ['cli', 'backend', false],
    ['gateway-client', 'cli', false],
    ['test', 'test', false],
  ])('without a device, %s in mode %s keeps its scopes: %s', async (id, mode, kept) => {
    await start();
    const client = openSocket(gateway.url);
    await client.event('connect.challenge');
    const { payload } = await client.request('connect', {
      ...connectParams,
      client: { ...connectParams.client, id, mode },
    });
    expect(payload.auth.scopes).toEqual(kept ? connectParams.scopes : []);
  });

  it('empties the scopes of a connection through a proxy', async () => {
    await start();
    const client = openSocket(gateway.url, { headers: { 'X-Forwarded-For': '192.0.2.7' } });
    await client.event('connect.challenge');
    expect((await client.request('connect', connectParams)).payload.auth.scopes).toEqual([]);
    expect((await client.request('agent', {})).error).toMatchObject({
      code: 'FORBIDDEN',
      message: 'missing scope: operator.write',
      details: { code: 'MISSING_SCOPE', missingScope: 'operator.write' },
    });
  });
});

describe('devices', () => {
  it('accepts a proof in its present and its older form', async () => {
    await start();
    expect((await withDevice()).reply.ok).toBe(true);
    expect((await withDevice({ version: 'v2' })).reply.ok).toBe(true);
  });

  it.each([
    ['a signature by another key', { key: generateKeyPairSync('ed25519').privateKey }, 'DEVICE_AUTH_SIGNATURE_INVALID'],
    ['an id that is not the hash of the key', { proof: { id: '0'.repeat(64) } }, 'DEVICE_AUTH_DEVICE_ID_MISMATCH'],
    ['a key that is none', { proof: { publicKey: 'AAAA' } }, 'DEVICE_AUTH_DEVICE_ID_MISMATCH'],
    ['another nonce', { proof: { nonce: 'other' } }, 'DEVICE_AUTH_NONCE_MISMATCH'],
    ['a blank nonce', { proof: { nonce: ' ' } }, 'DEVICE_AUTH_NONCE_REQUIRED'],
    ['a proof of long ago', { proof: { signedAt: Date.now() - 125_000 } }, 'DEVICE_AUTH_SIGNATURE_EXPIRED'],
  ])('refuses %s', async (_, change, code) => {
    await start();
    const { client, details } = await withDevice(change);
    expect(details).toEqual({ code });
    expect((await client.closed).code).toBe(1008);
  });

  it('pairs a command line on the same machine without asking, and takes its own token afterwards', async () => {
    await start();
    const cli = { ...connectParams.client, id: 'cli', mode: 'cli' };
    const { hello } = await withDevice({ params: { client: cli } });
    const { deviceToken } = hello.auth;
    expect((await withDevice({ params: { client: cli, auth: { deviceToken } } })).reply.ok).toBe(true);
    expect((await withDevice({ params: { client: cli, auth: { deviceToken: 'old' } } })).details).toEqual({
      code: 'AUTH_DEVICE_TOKEN_MISMATCH',
    });
    const more = { client: cli, auth: { deviceToken }, scopes: ['operator.admin'] };
    expect((await withDevice({ params: more })).details).toEqual({ code: 'AUTH_SCOPE_MISMATCH' });
  });

  it('asks for approval of a device from elsewhere, under one request id, and then gives it a token', async () => {
    await start({ settings: { requirePairing: true } });
    const first = await withDevice();
    expect(first.reply.error?.code).toBe('NOT_PAIRED');
    expect(first.details).toMatchObject({
      code: 'PAIRING_REQUIRED',
      reason: 'not-paired',
      requestId: expect.any(String),
    });
    expect((await withDevice()).details).toEqual(first.details);
    const { approved } = (await control('approve', { requestId: first.details?.requestId })) as { approved: unknown[] };
    expect(approved).toHaveLength(1);
    const { hello } = await withDevice();
    expect(hello.auth).toMatchObject({ deviceToken: expect.any(String), scopes: connectParams.scopes });

    const admin = { scopes: [...connectParams.scopes, 'operator.admin'] };
    expect((await withDevice({ params: admin })).details).toMatchObject({ reason: 'scope-upgrade' });
    const moved = { client: { ...connectParams.client, platform: 'darwin' } };
    expect((await withDevice({ params: moved })).details).toMatchObject({ reason: 'metadata-upgrade' });

    await control('revoke', { deviceId: createHash('sha256').update(raw).digest('hex') });
    expect((await withDevice({ params: { auth: { deviceToken: hello.auth.deviceToken } } })).details).toEqual({
      code: 'AUTH_DEVICE_TOKEN_MISMATCH',
    });
  });

  it('lets a connection from elsewhere in without a device, and without scopes', async () => {
    await start({ settings: { requirePairing: true } });
    const client = openSocket(gateway.url);
    await client.event('connect.challenge');
    expect((await client.request('connect', connectParams)).payload.auth.scopes).toEqual([]);
  });
});
