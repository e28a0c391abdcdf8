/** A Kapso and a gateway to break a set-up of, and the doctor that looks at it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { examine, type Finding } from '../../src/doctor/doctor.ts';
import { type GatewaySimulator, startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { acquireLock, type Lock } from '../../src/state/lock.ts';
import { openStore } from '../../src/store/open.ts';
import { hear } from './poller.ts';

export const apiKey = 'api-key-5d1f0c7e93ab';
const token = 'gateway-token-77aa';
const webhookSecret = 'signing-secret-3f2e';

export let kapso: KapsoSimulator;
export let gateway: GatewaySimulator;
export let dir: string;

beforeAll(async () => {
  kapso = await startKapsoSimulator({ apiKey });
  gateway = await startGatewaySimulator({ token });
});
afterAll(async () => {
  await kapso.close();
  await gateway.close();
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-doctor-'));
});
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true });
  await control(kapso.url, 'DELETE', 'faults');
  await control(kapso.url, 'POST', 'config', { clockOffset: 0 });
  await control(gateway.controlUrl, 'DELETE', 'faults');
});

export async function control(url: string, method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(`${url}/__sim/${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
}

export function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    KAPSO_API_KEY: apiKey,
    KAPSO_PHONE_NUMBER_ID: kapso.phoneNumberId,
    KAPSO_BASE_URL: kapso.url,
    KAPSO_STATE_DIR: join(dir, 'state'),
    KAPSO_ACCESS_POLICY: 'pairing',
    OPENCLAW_GATEWAY_URL: gateway.url,
    OPENCLAW_TOKEN: token,
  };
}

export async function look(
  env: NodeJS.ProcessEnv,
  options: { configFile?: string; deep?: boolean } = {},
): Promise<Finding[]> {
  const seen: Finding[] = [];
  const found = await examine({
    ...{ env, home: dir, configFile: options.configFile, deep: options.deep === true, secrets: new Set<string>() },
    onFinding: finding => seen.push(finding),
  });
  expect(seen).toEqual(found);
  return found;
}

export const stateDir = () => join(dir, 'state');
/** A state directory as the poller leaves it. */
export async function makeState(): Promise<void> {
  await (await openStore({ dir: stateDir(), clock: systemClock })).close();
}
/** What the mode `domain` needs. */
export const domain = () => ({
  KAPSO_MODE: 'domain',
  KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify-token-12',
  KAPSO_WEBHOOK_SECRET: webhookSecret,
  KAPSO_WEBHOOK_PUBLIC_URL: 'https://bridge.example.org/webhook',
});
export async function register(webhook: object): Promise<void> {
  const path = `/platform/v1/whatsapp/phone_numbers/${kapso.phoneNumberId}/webhooks`;
  const response = await fetch(`${kapso.url}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ whatsapp_webhook: webhook }),
  });
  expect(response.status).toBeLessThan(300);
}
async function unregister(): Promise<void> {
  const path = `${kapso.url}/platform/v1/whatsapp/phone_numbers/${kapso.phoneNumberId}/webhooks`;
  const { data } = (await (await fetch(path, { headers: { 'x-api-key': apiKey } })).json()) as {
    data: { id: string }[];
  };
  for (const { id } of data) await fetch(`${path}/${id}`, { method: 'DELETE', headers: { 'x-api-key': apiKey } });
}
export const allEvents = ['received', 'sent', 'delivered', 'read', 'failed'].map(name => `whatsapp.message.${name}`);

export interface Broken {
  what: string;
  /** Breaks something. Returns what differs in the environment. */
  arrange: () => unknown;
  check: string;
  level: 'warn' | 'fail';
  says: RegExp;
  todo: RegExp;
  code?: string;
  deep?: boolean;
  /** What the poller itself says of it; or why it does not. */
  poller: PollerSays | string;
}

/** The cause and the remedy, as the log of the poller names them. */
export interface PollerSays {
  says: RegExp;
  todo: RegExp;
  /** How it ends. Without it, it goes on. */
  exit?: number;
  /** What differs in its environment besides. */
  env?: Record<string, string>;
  /** Who writes something when it is ready. */
  writes?: string;
}

/** A port where nothing listens. */
export const closedPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
};

export const fault = (body: object) => control(kapso.url, 'POST', 'faults', { count: 99, ...body });
export const gatewayFault = (body: object) => control(gateway.controlUrl, 'POST', 'faults', { count: 99, ...body });

let held: Lock | null = null;
/** Does what a running poller does: nobody else may work in the directory. */
export function holdState(): void {
  held = acquireLock(stateDir());
}

afterEach(async () => {
  held?.release();
  held = null;
  await unregister();
});

/** Looks at a broken set-up, and checks that the cause and the remedy are named, and no secret. */
export async function expectNamed(broken: Broken): Promise<void> {
  const changes = ((await broken.arrange()) ?? {}) as NodeJS.ProcessEnv;
  const found = await look({ ...environment(), ...changes }, { deep: broken.deep === true });
  const matching = found.filter(
    ({ check, level, says }) => check === broken.check && level === broken.level && broken.says.test(says),
  );
  expect(matching, JSON.stringify(found, null, 1)).not.toEqual([]);
  const [first] = matching;
  expect(first?.todo).toMatch(broken.todo);
  if (broken.code !== undefined) expect(first?.code).toBe(broken.code);
  expect(JSON.stringify(found)).not.toContain(apiKey);
  expect(JSON.stringify(found)).not.toContain(token);
  if (typeof broken.poller === 'object') await expectSaid(broken.poller, changes);
}

async function expectSaid(
  { says, todo, exit, env = {}, writes }: PollerSays,
  changes: NodeJS.ProcessEnv,
): Promise<void> {
  const whole = { ...environment(), HOME: dir, KAPSO_WEBHOOK_ADDR: '127.0.0.1:0', ...changes, ...env };
  const given = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
  const { output, code } = await hear(given, {
    says: [says, todo],
    endsItself: exit !== undefined,
    onReady: async poller => {
      if (writes === undefined) return;
      await control(kapso.url, 'POST', 'inbound', { messages: [{ from: writes, text: 'hello' }] });
      poller.kill('SIGUSR2');
    },
  });
  expect(output).toMatch(says);
  expect(output).toMatch(todo);
  expect(code).toBe(exit ?? null);
  expect(output).not.toContain(apiKey);
  expect(output).not.toContain(token);
}
