import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GatewaySimulator, startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { acquireLock } from '../../src/state/lock.ts';
import { version } from '../../src/version.ts';
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
  expect(stdout).toMatch(/^OK {4}program: kapso-whatsapp \d.*, Node\.js \d.*, SQLite \d/m);
  expect(stdout).toMatch(/^OK {4}access: who may write: access\.policy is pairing$/m);
  expect(stdout).toMatch(/^OK {4}alerts: none are configured/m);
  expect(stdout).toMatch(/^OK {4}gateway: the gateway \S+ grants what is needed \(OpenClaw \S.*, protocol 4\)$/m);
  expect(stdout).toMatch(
    /^OK {4}gateway: the agent main has the skill kapso-whatsapp, and its gateway finds kapso-whatsapp-cli$/m,
  );
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
  expect(refused.stdout).toMatch(
    /^FAIL {2}gateway: The gateway does not accept the token\n {6}Put .* into OPENCLAW_TOKEN/m,
  );

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

test('where nothing is configured, every program names what sets it up; where something is, none does', async () => {
  const first = 'There is no configuration file yet: kapso-whatsapp-cli config init sets it up.';
  const poller = async (given: Record<string, string>) => {
    const program = join(import.meta.dirname, '../../dist/kapso-whatsapp-poller.cjs');
    const child = spawn(process.execPath, [program], { env: { HOME: dir, ...given } });
    return text(child.stderr);
  };
  const send = ['send', '--to', '+15551234567', '--text', 'x'];
  const runs: ((given: Record<string, string>) => Promise<string>)[] = [
    poller,
    async given => (await runCli(send, { env: { HOME: dir, ...given } })).stderr,
    async given => (await runCli(['doctor'], { env: { HOME: dir, ...given } })).stdout,
  ];
  for (const run of runs) {
    const said = await run({});
    expect(said).toContain('KAPSO_API_KEY (kapso.apiKey): is required; set it, or KAPSO_API_KEY_FILE');
    expect(said).toContain(first);
    expect(said).not.toContain('Put it right there');
    expect(await run({ KAPSO_PHONE_NUMBER_ID: '42', KAPSO_API_KEY: '"abc"' })).not.toContain(first);
  }
  const file = join(dir, 'empty.yaml');
  await writeFile(file, '');
  expect((await runCli([...send, '--config', file], { env: { HOME: dir } })).stderr).not.toContain(first);
  expect((await runCli(['explain', 'CONFIG_INVALID'])).stdout).toContain('kapso-whatsapp-cli config init');
});

test('with the right token it warns of a running poller that the gateway still refuses', async () => {
  const stateDir = join(dir, 'state');
  await mkdir(stateDir, { mode: 0o700 });
  const lock = acquireLock(stateDir);
  const refused = { url: gateway.url, phase: 'blocked', reason: 'The gateway does not accept the token.' };
  await writeFile(join(stateDir, 'status.json'), JSON.stringify({ version, pid: process.pid, gateway: refused }));
  try {
    const { stdout } = await runCli(['doctor'], { env });
    expect(stdout).toMatch(
      /^WARN {2}state directory: the gateway refuses the poller that runs: .* accept the token\n {6}.*restart the poller/m,
    );
    expect(stdout).toMatch(/^OK {4}gateway: the gateway \S+ grants what is needed/m);
  } finally {
    lock.release();
  }
});
