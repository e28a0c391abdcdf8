import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { acquireLock } from '../../src/state/lock.ts';
import { kapsoClient } from '../simulator/kapso-client.ts';
import { account, apiKey, type Ended, runCli } from './program.ts';

const url = 'https://whatsapp.example.com/webhook';

let dir: string;
let kapso: KapsoSimulator;
let env: Record<string, string>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'webhook-cli-'));
  kapso = await startKapsoSimulator({ apiKey });
  env = { ...account(kapso), KAPSO_STATE_DIR: join(dir, 'state'), KAPSO_WEBHOOK_PUBLIC_URL: url };
});
afterEach(async () => {
  await kapso.close();
  rmSync(dir, { recursive: true });
});

const webhook = (args: string[], more: Record<string, string> = {}): Promise<Ended> =>
  runCli(['webhook', ...args], { env: { ...env, ...more } });
const json = async (args: string[], more: Record<string, string> = {}) => {
  const { code, stdout } = await webhook([...args, '--json'], more);
  return { code, ...JSON.parse(stdout) };
};
const changes = async (): Promise<string[]> => {
  const { body } = await kapsoClient(kapso).sim('GET', 'requests?kind=webhooks');
  return body.requests.map(({ method }: { method: string }) => method).filter((method: string) => method !== 'GET');
};
const secretFile = () => join(dir, 'state', 'webhook-secret');

describe('webhook register', () => {
  it('creates the webhook, and changes nothing the second time', async () => {
    expect(await webhook(['register'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^created: .*webhook\n$/),
    });
    expect(await webhook(['register'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^unchanged: /) });
    expect(await changes()).toEqual(['POST']);
    expect(await json(['list'])).toMatchObject({
      0: {
        url,
        active: true,
        payloadVersion: 'v2',
        events: expect.arrayContaining(['whatsapp.message.received', 'whatsapp.message.read']),
      },
    });
  });

  it('makes a secret for its owner alone where none is configured, and shows it nowhere', async () => {
    const printed = [await webhook(['register']), await webhook(['list', '--json']), await webhook(['list'])];
    const secret = readFileSync(secretFile(), 'utf8').trim();
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(secretFile()).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(printed)).not.toContain(secret);
    expect(JSON.stringify(printed)).not.toContain(apiKey);
  });

  it('gives Kapso a changed secret', async () => {
    await webhook(['register'], { KAPSO_WEBHOOK_SECRET: 'the first secret' });
    const changed = await json(['register'], { KAPSO_WEBHOOK_SECRET: 'the second secret\nthe first secret' });
    expect(changed).toMatchObject({ code: 0, change: 'updated', differences: ['its secret may be another one'] });
    const again = await json(['register'], { KAPSO_WEBHOOK_SECRET: 'the second secret' });
    expect(again).toMatchObject({ code: 0, change: 'unchanged' });
  });

  it('warns of an address that leads to another path than the poller serves', async () => {
    expect((await webhook(['register'])).stderr).toBe('');
    const { code, stderr } = await webhook(['register', '--url', 'https://example.com/elsewhere']);
    expect(code).toBe(0);
    expect(stderr).toContain('the path "/elsewhere", but the poller serves "/');
  });

  it('takes the address from the running poller, and from no other', async () => {
    const more = { KAPSO_WEBHOOK_PUBLIC_URL: '' };
    const lock = acquireLock(join(dir, 'state'));
    writeFileSync(join(dir, 'state', 'status.json'), JSON.stringify({ webhook: { publicUrl: `${url}/tunnel` } }));
    expect(await json(['register'], more)).toMatchObject({ code: 0, url: `${url}/tunnel` });
    lock.release();
    expect(await json(['register'], more)).toMatchObject({
      code: 64,
      error: { hint: expect.stringContaining('--url') },
    });
  });

  it.each([
    ['an address that Kapso cannot deliver to', ['--url', 'http://example.com/webhook'], 64],
    ['a positional argument', ['more'], 64],
  ])('refuses %s', async (_, args, code) => {
    expect(await webhook(['register', ...args])).toMatchObject({ code, stdout: '' });
    expect(await changes()).toEqual([]);
  });

  it('leaves the secrets that are checked as they are until Kapso has the new one', async () => {
    expect(await webhook(['register'], { KAPSO_API_KEY: 'another-key' })).toMatchObject({ code: 77 });
    expect(existsSync(secretFile())).toBe(false);
    expect(await webhook(['register'])).toMatchObject({ code: 0 });
    expect(existsSync(secretFile())).toBe(true);
  });

  it('makes the secret that signatures are required with', async () => {
    const required = {
      KAPSO_MODE: 'domain',
      KAPSO_WEBHOOK_REQUIRE_SIGNATURE: 'true',
      KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify-token',
    };
    expect(await webhook(['register'], required)).toMatchObject({ code: 0 });
    expect(existsSync(secretFile())).toBe(true);
  });

  it('ends with 77 when the key is refused, and does not quote the secret that Kapso quotes', async () => {
    expect(await webhook(['register'], { KAPSO_API_KEY: 'another-key' })).toMatchObject({ code: 77 });
    const secret = 'a-configured-secret';
    await kapsoClient(kapso).sim('POST', 'faults', {
      kind: 'webhooks',
      method: 'POST',
      status: 422,
      body: { error: `secret ${secret} is too short` },
    });
    const { code, stderr } = await webhook(['register'], { KAPSO_WEBHOOK_SECRET: secret });
    expect(code).toBe(69);
    expect(stderr).toContain('[secret] is too short');
  });
});

describe('webhook test', () => {
  let receiver: Server;
  let status = 200;
  let local: string;
  const seen: string[] = [];
  beforeEach(async () => {
    receiver = createServer((request, response) => {
      seen.push(String(request.headers['x-webhook-event']));
      response.writeHead(status).end();
    });
    await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
    local = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhook`;
    await webhook(['register', '--url', local]);
  });
  afterEach(() => void receiver.close());

  it('says whether the delivery arrived', async () => {
    expect(await webhook(['test', '--url', local])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('arrived'),
    });
    expect(seen).toEqual(['whatsapp.message.received']);
    status = 401;
    const refused = await webhook(['test', '--url', local]);
    expect(refused).toMatchObject({ code: 69, stderr: expect.stringContaining('webhook register') });
    expect(await json(['test', '--url', local])).toMatchObject({ code: 69, success: false, status: 401 });
  });
});

describe('webhook remove', () => {
  it('removes the webhook of the address, and has nothing to do the second time', async () => {
    await webhook(['register']);
    await webhook(['register', '--url', `${url}/other`]);
    expect(await json(['remove'])).toMatchObject({ code: 0, removed: [expect.any(String)] });
    expect(await json(['remove'])).toMatchObject({ code: 0, removed: [] });
    const { 0: left, 1: none } = await json(['list']);
    expect(left).toMatchObject({ url: `${url}/other` });
    expect(none).toBeUndefined();
    expect(await webhook(['remove', left.id])).toMatchObject({ code: 0 });
    expect(await webhook(['remove', left.id])).toMatchObject({ code: 64 });
  });
});

it('every webhook command has help with an example', async () => {
  for (const action of ['register', 'list', 'test', 'remove']) {
    const { code, stdout } = await webhook([action, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`kapso-whatsapp-cli webhook ${action}`);
    expect(stdout).toContain('Examples:');
  }
});
