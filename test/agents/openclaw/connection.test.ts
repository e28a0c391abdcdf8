import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { AgentGateway } from '../../../src/agents/agent.ts';
import type { OpenClawOptions } from '../../../src/agents/openclaw/openclaw.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { type FakeGateway, type FakeGatewayOptions, refusal, startFakeGateway } from './fake-gateway.ts';
import { gatewayFor, keptLog, never, secret, stateOf } from './gateway-fixture.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function fake(options?: FakeGatewayOptions): Promise<FakeGateway> {
  const server = await startFakeGateway(options);
  closers.push(() => server.close().catch(() => undefined));
  return server;
}

function client(url: string, options: Partial<OpenClawOptions> = {}): AgentGateway {
  const gateway = gatewayFor(url, options);
  closers.push(() => gateway.stop());
  gateway.start();
  return gateway;
}

/** Resolves when the client has gone to sleep before its next attempt; with the pause in milliseconds. */
async function pauseOf(clock: ManualClock): Promise<number> {
  while (clock.pending().length === 0) await new Promise(resolve => setImmediate(resolve));
  return (clock.pending()[0] ?? 0) - clock.now();
}

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
  ['a wrong token', refusal('INVALID_REQUEST', 'AUTH_TOKEN_MISMATCH'), /not accept the token/, /OPENCLAW_TOKEN/],
  ['a missing token', refusal('INVALID_REQUEST', 'AUTH_TOKEN_MISSING'), /asks for a token/, /OPENCLAW_TOKEN/],
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
  ['no identity', refusal('NOT_PAIRED', 'DEVICE_IDENTITY_REQUIRED'), /device identity/, /always/],
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

it('asks for approval of the device with the exact command, once, and keeps the token it then gets', async () => {
  let approved = false;
  const server = await fake({
    onConnect: call => {
      if (approved) return server.hello(call, { deviceToken: 'issued-device-token' });
      call.fail(refusal('NOT_PAIRED', { code: 'PAIRING_REQUIRED', reason: 'not-paired', requestId: 'req-42' }));
      call.socket.close(1008);
    },
  });
  const clock = manualClock(0);
  const log = keptLog();
  const stateDir = mkdtempSync(join(tmpdir(), 'kapso-gateway-'));
  const gateway = client(server.url, { clock, log, stateDir, identity: 'always' });
  const command = 'On the gateway host run: openclaw devices approve req-42';
  for (let attempt = 0; attempt < 3; attempt++) {
    const pause = await pauseOf(clock);
    expect(gateway.state).toMatchObject({ phase: 'waiting', hint: command });
    expect(pause).toBeGreaterThanOrEqual(30_000);
    approved = attempt === 2;
    clock.advance(pause);
  }
  await gateway.connected(never);
  expect(log.lines.filter(line => JSON.stringify(line).includes('devices approve'))).toHaveLength(1);
  const file = join(stateDir, 'device-token.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ token: 'issued-device-token' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const device = server.connects[0]?.params.device as { id: string; signature: string };
  expect(device.id).toMatch(/^[0-9a-f]{64}$/);
  expect(server.connects.every(call => (call.params.device as { id: string }).id === device.id)).toBe(true);
});

it('does not put an approval id into the command that a shell would take apart', async () => {
  const server = await fake({
    onConnect: call => {
      call.fail(refusal('NOT_PAIRED', { code: 'PAIRING_REQUIRED', requestId: 'x; rm -rf ~' }));
      call.socket.close(1008);
    },
  });
  const gateway = client(server.url, { identity: 'always' });
  const { hint } = await stateOf(gateway, state => state.phase === 'waiting');
  expect(hint).not.toContain('rm -rf');
  expect(hint).toContain('openclaw devices list');
});

it('sees that a success without scopes is none', async () => {
  const server = await fake({ onConnect: call => server.hello(call, { scopes: [] }) });
  const gateway = client(server.url);
  const state = await stateOf(gateway, ({ phase }) => phase === 'blocked');
  expect(state.reason).toContain('operator.read and operator.write missing');
  expect(state.hint).toMatch(/gateway\.identity/);
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

it('shows its device to a gateway on this host that grants nothing without one', async () => {
  const server = await fake({ onConnect: call => server.hello(call, { scopes: call.params.device ? undefined : [] }) });
  const log = keptLog();
  const gateway = client(server.url, { log });
  await gateway.connected(never);
  expect(server.connects.map(call => call.params.device !== undefined)).toEqual([false, true]);
  expect(log.lines.filter(line => line.message.includes('device'))).toHaveLength(1);
});

it('shows none where it is told never to', async () => {
  const server = await fake({ onConnect: call => server.hello(call, { scopes: [] }) });
  const clock = manualClock(0);
  const gateway = client(server.url, { clock, identity: 'never' });
  for (let attempt = 1; attempt <= 3; attempt++) {
    clock.advance(await pauseOf(clock));
    expect(gateway.state).toMatchObject({ phase: 'blocked', hint: expect.stringContaining('gateway.identity') });
  }
  expect(server.connects.every(call => call.params.device === undefined)).toBe(true);
});

it('says which file is at fault when the device it should show cannot be read', async () => {
  const server = await fake({ onConnect: call => server.hello(call, { scopes: [] }) });
  const stateDir = mkdtempSync(join(tmpdir(), 'kapso-gateway-'));
  writeFileSync(join(stateDir, 'device-identity.json'), '{}', { mode: 0o600 });
  const gateway = client(server.url, { stateDir });
  const state = await stateOf(gateway, ({ phase }) => phase === 'blocked');
  expect(state.reason).toContain('device-identity.json');
});

it('takes no connection of another protocol than it asked for', async () => {
  const server = await fake({ onConnect: call => server.hello(call, { protocol: 5 }) });
  const gateway = client(server.url);
  const state = await stateOf(gateway, ({ phase }) => phase !== 'connecting');
  expect(state).toMatchObject({ phase: 'blocked', reason: expect.stringContaining('protocol 5') });
});

it.each([
  ['absurdly small', 10, 1],
  ['negative', -1, -1],
  ['no whole number', 0.5, 0.5],
])('does not let a gateway of %s limits fail a message or end the connection', async (_, maxPayload, tickInterval) => {
  const server = await fake({ maxPayload, tickInterval });
  const clock = manualClock(0);
  const log = keptLog();
  const gateway = client(server.url, { clock, log });
  await gateway.connected(never);
  server.on('agent', call => call.answer({ runId: 'k', status: 'accepted' }));
  await gateway.run({ sessionKey: 's', runKey: 'k', message: 'm'.repeat(60_000), systemPrompt: 'p' }, never);
  clock.advance(9000);
  expect(gateway.state.phase).toBe('connected');
  expect(log.lines.filter(line => /maxPayload|tickInterval/.test(line.message))).toHaveLength(2);
  expect(log.lines.filter(({ message }) => message === 'Connected to the gateway')).toHaveLength(1);
});

it.each([
  ['those that it says', {}, { maxBytes: 18_087_936, maxImageBytes: 6_291_456 }],
  ['less where a frame holds less', { maxPayload: 6 * 1024 * 1024 }, { maxBytes: 3_145_728, maxImageBytes: 3_145_728 }],
  ['none where it says none', { attachments: null }, null],
  ['none where it says half', { attachments: { maxBytes: 5 } }, null],
  [
    'no image by a size below zero',
    { attachments: { maxBytes: -1, maxImageBytes: 5 } },
    { maxBytes: 0, maxImageBytes: 0 },
  ],
])('takes its limits of images: %s', async (_, options, limits) => {
  const server = await fake(options);
  const gateway = client(server.url);
  expect(gateway.imageLimits()).toBe(null);
  await gateway.connected(never);
  expect(gateway.imageLimits()).toEqual(limits);
  await gateway.stop();
  expect(gateway.imageLimits()).toBe(null);
});

it('watches a gateway of absurdly long ticks all the same, and sends it nothing of any size', async () => {
  const server = await fake({ maxPayload: 1e15, tickInterval: 1e15 });
  const clock = manualClock(0);
  const gateway = client(server.url, { clock });
  await gateway.connected(never);
  const huge = { sessionKey: 's', runKey: 'k', message: 'm'.repeat(26 * 1024 * 1024), systemPrompt: 'p' };
  await expect(gateway.run(huge, never)).rejects.toMatchObject({ kind: 'permanent', code: 'GATEWAY_MESSAGE_REFUSED' });
  const lost = stateOf(gateway, state => state.phase === 'connecting');
  clock.advance(600_000);
  expect((await lost).reason).toContain('no sign of life');
});

it.each([
  ['connecting', refusal('UNAVAILABLE', {}, { retryable: true, retryAfterMs: 1e15 }), 300_000],
  ['waiting', refusal('INVALID_REQUEST', 'AUTH_RATE_LIMITED', { retryable: true, retryAfterMs: 1e15 }), 1_201_000],
])('waits only so long, %s, however long it is asked to, and says so', async (_, error, longest) => {
  const server = await fake({
    onConnect: call => {
      call.fail(error);
      call.socket.close(1008);
    },
  });
  const clock = manualClock(0);
  const log = keptLog();
  client(server.url, { clock, log });
  expect(await pauseOf(clock)).toBeLessThanOrEqual(longest);
  const said = log.lines.find(line => line.message.includes('long pause'));
  expect(said).toMatchObject({ level: 'warn', fields: { asked: expect.stringContaining('are kept to') } });
});

it('drops a connection that gives no sign of life for two ticks, and only then', async () => {
  const server = await fake({ tickInterval: 30_000 });
  const clock = manualClock(0);
  const log = keptLog();
  const gateway = client(server.url, { clock, log });
  await gateway.connected(never);
  clock.advance(59_000);
  server.event('tick');
  // The answer behind the tick shows that the tick has been read.
  server.on('chat.history', call => call.answer({ messages: [] }));
  await gateway.recall('agent:main:x', 'k');
  clock.advance(59_000);
  expect(gateway.state.phase).toBe('connected');
  const lost = stateOf(gateway, state => state.phase === 'connecting');
  const closed = Array.from(server.sockets, socket => once(socket, 'close'));
  clock.advance(1000);
  expect((await lost).reason).toContain('no sign of life for 60 s');
  await Promise.all(closed);
  clock.advance(1000);
  await gateway.connected(never);
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

it('names another program that answers at the address', async () => {
  const http = createHttpServer((_, response) => {
    response.statusCode = 404;
    response.end('nothing here');
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  closers.push(async () => {
    http.close();
    await once(http, 'close');
  });
  const gateway = client(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const state = await stateOf(gateway, ({ phase }) => phase === 'blocked');
  expect(state.reason).toContain('HTTP 404');
  expect(state.hint).toContain('OPENCLAW_GATEWAY_URL');
});

it('is refused by itself to send the token in the clear to a public address', async () => {
  const gateway = client('ws://gateway.example.com:18789', { identity: 'never' });
  const state = await stateOf(gateway, ({ phase }) => phase === 'blocked');
  expect(state.reason).toMatch(/plaintext/);
});

it('is connected, and says so, where it can neither read nor keep a device token', async () => {
  const server = await fake({ onConnect: call => server.hello(call, { deviceToken: 'issued-device-token' }) });
  const log = keptLog();
  const stateDir = mkdtempSync(join(tmpdir(), 'kapso-gateway-'));
  mkdirSync(join(stateDir, 'device-token.json'));
  const gateway = client(server.url, { log, stateDir, identity: 'always' });
  await gateway.connected(never);
  const warnings = log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  expect(new Set(warnings)).toEqual(
    new Set(['The device token cannot be read and is left out', 'The device token could not be kept']),
  );
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
