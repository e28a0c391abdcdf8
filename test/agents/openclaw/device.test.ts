import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { manualClock } from '../../manual-clock.ts';
import { refusal } from './fake-gateway.ts';
import { keptLog, never, stateOf } from './gateway-fixture.ts';
import { client, fake, pauseOf } from './started.ts';

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
  const bare = client(server.url, { identity: 'never' });
  expect((await stateOf(bare, ({ phase }) => phase === 'blocked')).hint).toMatch(
    /gateway\.identity.*restart the poller/,
  );
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
