import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { manualClock } from '../../manual-clock.ts';
import { refusal } from './fake-gateway.ts';
import { keptLog, never, secret, stateOf } from './gateway-fixture.ts';
import { client, fake, pauseOf } from './started.ts';

it('introduces itself with protocol 4, its own name and the two scopes', async () => {
  const server = await fake();
  const gateway = client(server.url);
  await gateway.connected(never);
  expect(server.connects[0]?.params).toMatchObject({
    minProtocol: 4,
    maxProtocol: 4,
    role: 'operator',
    scopes: ['operator.read', 'operator.write'],
    client: {
      id: 'gateway-client',
      mode: 'backend',
      displayName: 'kapso-whatsapp',
      version: '1.2.3',
      platform: 'linux',
    },
    auth: { token: secret },
  });
  expect(server.connects[0]?.params.device).toBeUndefined();
  expect(gateway.state).toMatchObject({ phase: 'connected', bootId: 'boot-1', reason: null });
});

it('is connected within a second of the return of a gateway on this host, after a short absence', async () => {
  const server = await fake();
  const gateway = client(server.url);
  await gateway.connected(never);
  await server.close();
  await stateOf(gateway, state => state.phase === 'connecting' && /Nothing listens/.test(state.reason ?? ''));
  await fake({ port: server.port, bootId: 'boot-2' });
  const back = performance.now();
  await gateway.connected(never);
  expect(performance.now() - back).toBeLessThan(1000);
  expect(gateway.state.bootId).toBe('boot-2');
});

it('asks a gateway on this host twice a second for a minute, then ever more rarely up to half a minute', async () => {
  const server = await fake();
  await server.close();
  const clock = manualClock(1_000_000);
  const gateway = client(server.url, { clock });
  const pauses: number[] = [];
  let asked = 0;
  while (pauses.filter(pause => pause > 20_000).length < 3) {
    const pause = await pauseOf(clock);
    pauses.push(pause);
    if (pause <= 500) asked += pause;
    clock.advance(pause);
  }
  expect(pauses[0]).toBe(500);
  expect(asked).toBeGreaterThanOrEqual(59_000);
  expect(asked).toBeLessThanOrEqual(61_000);
  const rare = pauses.filter(pause => pause > 500);
  expect(rare).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(gateway.state.phase).toBe('connecting');
});

it('passes over a gateway that is starting, after the pause it asks for', async () => {
  const server = await fake({
    onConnect: (call, attempt) => {
      if (attempt > 2) return server.hello(call);
      call.fail(refusal('UNAVAILABLE', { reason: 'startup-sidecars' }, { retryable: true, retryAfterMs: 500 }));
      call.socket.close(1013, 'gateway starting');
    },
  });
  const clock = manualClock(0);
  const gateway = client(server.url, { clock });
  expect(await pauseOf(clock)).toBe(500);
  expect(gateway.state).toMatchObject({ phase: 'connecting', reason: 'The gateway is starting.' });
  clock.advance(500);
  expect(await pauseOf(clock)).toBe(500);
  clock.advance(500);
  await gateway.connected(never);
});

it('comes back after a restart announced with 1012', async () => {
  const server = await fake();
  const gateway = client(server.url);
  await gateway.connected(never);
  server.event('shutdown', { reason: 'gateway stopping' });
  const lost = stateOf(gateway, state => state.phase === 'connecting');
  for (const socket of server.sockets) socket.close(1012, 'service restart');
  expect((await lost).reason).toBe('The gateway is restarting.');
  await gateway.connected(never);
  expect(server.connects).toHaveLength(2);
});

const blocked: [name: string, error: object, says: RegExp, advice: RegExp][] = [
  [
    'a wrong token',
    refusal('INVALID_REQUEST', 'AUTH_TOKEN_MISMATCH'),
    /not accept the token/,
    /OPENCLAW_TOKEN.*, then restart the poller\.$/,
  ],
  [
    'a missing token',
    refusal('INVALID_REQUEST', 'AUTH_TOKEN_MISSING'),
    /asks for a token/,
    /OPENCLAW_TOKEN.*, then restart the poller\.$/,
  ],
  [
    'a newer protocol',
    refusal('INVALID_REQUEST', { code: 'PROTOCOL_MISMATCH', expectedProtocol: 5 }),
    /gateway speaks protocol 5, this program protocol 4/,
    /gateway is newer: update this program/,
  ],
  [
    'an older protocol',
    refusal('INVALID_REQUEST', { code: 'PROTOCOL_MISMATCH', expectedProtocol: 3 }),
    /gateway speaks protocol 3, this program protocol 4/,
    /gateway is older: update the gateway/,
  ],
  [
    'a protocol it does not name',
    refusal('INVALID_REQUEST', 'PROTOCOL_MISMATCH'),
    /protocol 4/,
    /older of the two.*release/,
  ],
  [
    'a protocol refused without a code',
    { code: 'INVALID_REQUEST', message: 'protocol mismatch' },
    /protocol 4/,
    /older of the two/,
  ],
  ['too few scopes', refusal('INVALID_REQUEST', 'AUTH_SCOPE_MISMATCH'), /approved for less/, /devices list/],
  [
    'no identity',
    refusal('NOT_PAIRED', 'DEVICE_IDENTITY_REQUIRED'),
    /device identity/,
    /"always"; then restart the poller\.$/,
  ],
  ['a bad signature', refusal('INVALID_REQUEST', 'DEVICE_AUTH_SIGNATURE_INVALID'), /signature/, /device-identity.json/],
  ['an unknown refusal', refusal('INVALID_REQUEST', 'DEVICE_AUTH_NEW_RULE'), /DEVICE_AUTH_NEW_RULE/, /log/],
  ['a schema error', refusal('INVALID_REQUEST', {}), /refused the connection/, /log/],
];

it.each(blocked)(
  'stands blocked on %s, says so once, and looks again after minutes',
  async (_, error, says, advice) => {
    const server = await fake({
      onConnect: call => {
        call.fail(error);
        call.socket.close(1008, 'refused');
      },
    });
    const clock = manualClock(0);
    const log = keptLog();
    const gateway = client(server.url, { clock, log });
    for (let attempt = 1; attempt <= 4; attempt++) {
      const pause = await pauseOf(clock);
      expect(pause).toBeGreaterThanOrEqual(60_000);
      expect(pause).toBeLessThanOrEqual(300_000);
      expect(gateway.state.phase).toBe('blocked');
      expect(gateway.state.reason).toMatch(says);
      expect(gateway.state.hint).toMatch(advice);
      clock.advance(pause);
    }
    expect(log.lines.filter(line => line.level === 'error')).toHaveLength(1);
  },
);

it('tries another token at once where the gateway has refused the first one', async () => {
  const server = await fake({
    onConnect: call => {
      if ((call.params.auth as { token: string }).token === 'the-right-one') return server.hello(call);
      call.fail(refusal('INVALID_REQUEST', 'AUTH_TOKEN_MISMATCH'));
      call.socket.close(1008, 'refused');
    },
  });
  const clock = manualClock(0);
  const gateway = client(server.url, { clock });
  await pauseOf(clock);
  expect(gateway.state.phase).toBe('blocked');
  gateway.signIn('the-right-one', null);
  await gateway.connected(never);
  expect(server.connects).toHaveLength(2);
});

it('waits out a lock of its address, not a moment less than asked', async () => {
  const server = await fake({
    onConnect: (call, attempt) => {
      if (attempt > 1) return server.hello(call);
      call.fail(refusal('INVALID_REQUEST', 'AUTH_RATE_LIMITED', { retryable: true, retryAfterMs: 123_000 }));
      call.socket.close(1008);
    },
  });
  const clock = manualClock(0);
  const gateway = client(server.url, { clock });
  const pause = await pauseOf(clock);
  expect(pause).toBeGreaterThanOrEqual(123_000);
  expect(gateway.state.phase).toBe('waiting');
  clock.advance(pause);
  await gateway.connected(never);
});

it.each([
  ['OPERATOR_ACCESS_DENIED', 'FORBIDDEN'],
  ['OPERATOR_ACCESS_DENIED', 'INVALID_REQUEST'],
  ['AUTHENTICATED_PROFILE_UNAVAILABLE', 'UNAVAILABLE'],
  ['DEVICE_AUTH_SIGNATURE_EXPIRED', 'INVALID_REQUEST'],
  ['DEVICE_AUTH_NONCE_MISMATCH', 'INVALID_REQUEST'],
])('tries on after %s (%s), which passes, and says so once', async (detail, code) => {
  const server = await fake({
    onConnect: (call, attempt) => {
      if (attempt > 3) return server.hello(call);
      call.fail(refusal(code, detail));
      call.socket.close(1008);
    },
  });
  const clock = manualClock(0);
  const log = keptLog();
  const gateway = client(server.url, { clock, log });
  for (let attempt = 1; attempt <= 3; attempt++) {
    const pause = await pauseOf(clock);
    expect(pause).toBeLessThanOrEqual(30_000);
    expect(gateway.state).toMatchObject({ phase: 'connecting', reason: expect.stringContaining(detail) });
    clock.advance(pause);
  }
  await gateway.connected(never);
  expect(log.lines.filter(line => line.message.includes(detail))).toHaveLength(1);
});

it('takes no connection of another protocol than it asked for', async () => {
  const server = await fake({ onConnect: call => server.hello(call, { protocol: 5 }) });
  const gateway = client(server.url);
  const state = await stateOf(gateway, ({ phase }) => phase !== 'connecting');
  expect(state).toMatchObject({ phase: 'blocked', reason: expect.stringContaining('protocol 5') });
});

it('survives what it does not know: late second answers, unknown events, frames that are no JSON', async () => {
  const server = await fake();
  const gateway = client(server.url);
  await gateway.connected(never);
  server.on('agent', call => {
    call.answer({ runId: 'k', status: 'accepted' });
    call.answer({ runId: 'k', status: 'ok', result: {} });
    call.fail({ code: 'UNAVAILABLE', message: 'later' });
    call.socket.send('no json');
    call.socket.send('{"type":"res","id":"nobody","ok":true}');
    call.socket.send('[1,2,3]');
  });
  server.event('update.available', { version: '9' });
  await gateway.run({ sessionKey: 's', runKey: 'k', message: 'm', systemPrompt: 'p' }, never);
  server.on('chat.history', call => call.answer({ messages: [] }));
  expect(await gateway.recall('s', 'k')).toEqual({ kind: 'absent' });
  expect(gateway.state.phase).toBe('connected');
});

it.each([200, 404])('names another program that answers at the address, with HTTP %s', async status => {
  const http = createHttpServer((_, response) => {
    response.statusCode = status;
    response.end('nothing here');
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(async () => {
    http.close();
    await once(http, 'close');
  });
  const gateway = client(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const state = await stateOf(gateway, ({ phase }) => phase === 'blocked');
  expect(state.reason).toContain(`HTTP ${status}`);
  expect(state.hint).toMatch(/Another program.*listens there: check OPENCLAW_GATEWAY_URL.*then restart the poller\.$/);
});

it('is refused by itself to send the token in the clear to a public address', async () => {
  const gateway = client('ws://gateway.example.com:18789', { identity: 'never' });
  const state = await stateOf(gateway, ({ phase }) => phase === 'blocked');
  expect(state.reason).toMatch(/plaintext/);
});

it('never writes a token to the log or into its state', async () => {
  const server = await fake({
    onConnect: (call, attempt) => {
      if (attempt === 2) return server.hello(call, { deviceToken: 'issued-device-token' });
      call.fail(refusal('INVALID_REQUEST', 'AUTH_TOKEN_MISMATCH'));
      call.socket.close(1008);
    },
  });
  const clock = manualClock(0);
  const log = keptLog();
  const url = server.url.replace('ws://', 'ws://user:password-in-url@');
  const gateway = client(url, { clock, log, identity: 'always' });
  const states: object[] = [];
  gateway.onState(state => states.push(state));
  clock.advance(await pauseOf(clock));
  await gateway.connected(never);
  await gateway.stop();
  const said = JSON.stringify([log.lines, states]);
  for (const hidden of [secret, 'issued-device-token', 'password-in-url', 'PRIVATE KEY'])
    expect(said).not.toContain(hidden);
});

it('lets go of those who wait for it: on their signal, and when it is closed', async () => {
  const server = await fake();
  await server.close();
  const gateway = client(server.url);
  const abort = new AbortController();
  const waiting = gateway.connected(abort.signal);
  abort.abort(new Error('stopping'));
  await expect(waiting).rejects.toThrow('stopping');
  const other = gateway.connected(never);
  await gateway.stop();
  await expect(other).rejects.toMatchObject({ kind: 'away' });
  expect(gateway.state.phase).toBe('closed');
});
