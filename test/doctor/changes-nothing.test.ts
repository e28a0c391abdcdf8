import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadIdentity } from '../../src/agents/openclaw/identity.ts';
import { control, environment, gateway, look, makeState, stateDir } from './stage.ts';

/** Each file of the state directory, with its content and rights. */
const files = () =>
  readdirSync(stateDir())
    .filter(name => !/-(wal|shm)$/.test(name))
    .map(name => {
      const path = join(stateDir(), name);
      return [name, statSync(path).mode, readFileSync(path, 'base64')];
    });

test('a token that the gateway issues is for the poller to keep', async () => {
  await makeState();
  loadIdentity(stateDir(), () => undefined);
  const before = files();
  const env = { ...environment(), KAPSO_GATEWAY_IDENTITY: 'always' };
  await control(gateway.controlUrl, 'POST', 'config', { requirePairing: true });
  onTestFinished(() => control(gateway.controlUrl, 'POST', 'config', { requirePairing: false }));
  const levels = async () => (await look(env)).filter(({ check }) => check === 'gateway').map(({ level }) => level);
  expect(await levels()).toEqual(['fail']);
  await control(gateway.controlUrl, 'POST', 'approve', {});
  expect(await levels()).toEqual(['ok', 'ok']);
  expect(files()).toEqual(before);
});
