import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GatewaySimulator, startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { apiKey, runCli } from './program.ts';

let kapso: KapsoSimulator;
let gateway: GatewaySimulator;
let dir: string;
let env: Record<string, string>;

beforeEach(async () => {
  kapso = await startKapsoSimulator({ apiKey });
  gateway = await startGatewaySimulator({ token: 'gateway-token-77aa' });
  dir = await mkdtemp(join(tmpdir(), 'kapso-doctor-'));
  env = {
    KAPSO_API_KEY: apiKey,
    KAPSO_PHONE_NUMBER_ID: kapso.phoneNumberId,
    KAPSO_BASE_URL: kapso.url,
    KAPSO_STATE_DIR: join(dir, 'state'),
    KAPSO_ACCESS_POLICY: 'pairing',
    OPENCLAW_GATEWAY_URL: gateway.url,
    OPENCLAW_TOKEN: 'gateway-token-77aa',
  };
});
afterEach(async () => {
  await kapso.close();
  await gateway.close();
  await rm(dir, { recursive: true, force: true });
});

test('a right set-up has no failure, to the answer of the agent; the program ends with 0', async () => {
  const { code, stdout, stderr } = await runCli(['doctor', '--deep'], { env });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^OK {4}gateway: the agent main answers$/m);
  expect(stdout).toMatch(/\n\d+ OK, 1 WARN, 0 FAIL\n$/);
  expect(stdout).not.toContain(apiKey);
  expect(code).toBe(0);
  expect(gateway.runs()).toHaveLength(1);
});

test('it ends with the code of the first failure, and says what to do below each', async () => {
  const refused = await runCli(['preflight'], {
    env: { ...env, KAPSO_API_KEY: 'not-the-key-11', OPENCLAW_TOKEN: 'x-wrong-x' },
  });
  expect(refused.code).toBe(77);
  expect(refused.stdout).toMatch(/^FAIL {2}Kapso: .*401.*\n {6}Check the API key.*[^.]\.\n/m);
  expect(refused.stdout).toMatch(/^FAIL {2}gateway: The gateway does not accept the token\n {6}Set OPENCLAW_TOKEN/m);

  const wrong = await runCli(['doctor'], { env: { ...env, KAPSO_MODE: 'webhook' } });
  expect(wrong.code).toBe(78);
  expect(wrong.stdout).not.toMatch(/gateway:/);
});

test('with --json it is one object', async () => {
  const { code, stdout } = await runCli(['doctor', '--json'], { env: { ...env, OPENCLAW_TOKEN: 'x-wrong-x' } });
  const { healthy, findings, exitCode } = JSON.parse(stdout) as Record<string, unknown>;
  expect({ healthy, exitCode, code }).toMatchObject({ healthy: false, exitCode: code });
  expect(findings).toContainEqual({
    check: 'gateway',
    level: 'fail',
    says: 'The gateway does not accept the token',
    todo: expect.stringMatching(/OPENCLAW_TOKEN/),
    code: 'GATEWAY_UNREADY',
  });
});

test('an agent may not run it', async () => {
  const { code, stderr } = await runCli(['doctor'], { env: { ...env, OPENCLAW_SHELL: 'exec' } });
  expect(code).toBe(69);
  expect(stderr).toMatch(/is for people alone/);
});
