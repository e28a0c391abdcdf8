import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  createDeviceTokens,
  loadIdentity,
  publicKeyForWire,
  signForWire,
} from '../../../src/agents/openclaw/identity.ts';
import { createOpenClawGateway } from '../../../src/agents/openclaw/openclaw.ts';
import type { AppEvent } from '../../../src/observe/events.ts';
import { manualClock } from '../../manual-clock.ts';
import { silentLog } from '../../silent-log.ts';
import { gatewayFor } from './gateway-fixture.ts';

const unheard = () => undefined;
const directory = () => mkdtempSync(join(tmpdir(), 'kapso-identity-'));
const file = (dir: string) => join(dir, 'device-identity.json');
const mode = (path: string) => statSync(path).mode & 0o777;

it('makes an identity the first time, for its owner only, and keeps it', () => {
  const dir = join(directory(), 'not', 'there', 'yet');
  const first = loadIdentity(dir, unheard);
  expect(loadIdentity(dir, unheard)).toEqual(first);
  expect(mode(file(dir))).toBe(0o600);
  expect(mode(dir)).toBe(0o700);
  expect(readdirSync(dir)).toEqual(['device-identity.json']);
});

it('signs what its public key verifies', () => {
  const identity = loadIdentity(directory(), unheard);
  const raw = Buffer.from(publicKeyForWire(identity.publicKeyPem), 'base64url');
  expect(raw).toHaveLength(32);
  const signature = Buffer.from(signForWire(identity.privateKeyPem, 'v3|text'), 'base64url');
  const publicKey = createPublicKey(identity.publicKeyPem);
  expect(verify(null, Buffer.from('v3|text'), publicKey, signature)).toBe(true);
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });

it.each([
  ['empty', ''],
  ['cut off', '{"version":1,"privateKey":"-----BEGIN PRIV'],
  ['without a key', '{"version":1}'],
  ['with a key of another kind', JSON.stringify({ privateKey: rsa })],
])('refuses a file that is %s, and leaves it as it is', (_, content) => {
  const dir = directory();
  writeFileSync(file(dir), content, { mode: 0o600 });
  expect(() => loadIdentity(dir, unheard)).toThrow(
    expect.objectContaining({ code: 'GATEWAY_IDENTITY_UNREADABLE', message: expect.stringContaining(file(dir)) }),
  );
  expect(readFileSync(file(dir), 'utf8')).toBe(content);
  expect(() => gatewayFor('wss://gateway.example.com', { stateDir: dir })).toThrow(/cannot be read/);
});

it('does not follow a link in place of the file', () => {
  const dir = directory();
  const elsewhere = directory();
  loadIdentity(elsewhere, unheard);
  symlinkSync(file(elsewhere), file(dir));
  expect(() => loadIdentity(dir, unheard)).toThrow(/not a regular file/);
});

it('closes a file that others could read, and says so', () => {
  const dir = directory();
  const made = loadIdentity(dir, unheard);
  chmodSync(file(dir), 0o644);
  const told: AppEvent[] = [];
  expect(loadIdentity(dir, event => told.push(event))).toEqual(made);
  expect(mode(file(dir))).toBe(0o600);
  expect(told).toEqual([{ type: 'private file closed', file: file(dir), mode: 0o644 }]);
});

it('makes none for a gateway on this host unless asked to', () => {
  const dir = directory();
  for (const url of ['ws://127.0.0.1:1', 'ws://localhost:1', 'ws://[::1]:1', 'ws://127.8.0.1:1']) {
    gatewayFor(url, { stateDir: dir });
  }
  gatewayFor('wss://gateway.example.com', { stateDir: dir, identity: 'never' });
  expect(readdirSync(dir)).toEqual([]);
  gatewayFor('wss://127.0.0.1.example.com', { stateDir: dir });
  expect(readdirSync(dir)).toEqual(['device-identity.json']);
});

it('keeps the token of this device, and none of another', () => {
  const dir = directory();
  const tokens = createDeviceTokens(dir, unheard, unheard);
  expect(tokens.load('a')).toBeNull();
  tokens.save('a', { token: 't', scopes: ['operator.read'] });
  expect(createDeviceTokens(dir, unheard, unheard).load('a')).toEqual({ token: 't', scopes: ['operator.read'] });
  expect(tokens.load('b')).toBeNull();
  tokens.forget();
  expect(tokens.load('a')).toBeNull();
});

it('starts without the token when its file is damaged', () => {
  const dir = directory();
  writeFileSync(join(dir, 'device-token.json'), '{', { mode: 0o600 });
  const told: AppEvent[] = [];
  expect(createDeviceTokens(dir, event => told.push(event), unheard).load('a')).toBeNull();
  expect(told).toEqual([{ type: 'device token unreadable', file: join(dir, 'device-token.json') }]);
});

it('connects with start, not before', () => {
  const clock = manualClock(5);
  const gateway = createOpenClawGateway({
    url: 'ws://127.0.0.1:9',
    identity: 'never',
    learn: unheard,
    rulesOf: () => ({ agent: 'main', session: 'per-sender', sharedSession: 'kapso:shared' }),
    stateDir: directory(),
    clock,
    random: () => 0,
    log: silentLog,
    emit: unheard,
    version: '1',
    runTimeout: 1000,
  });
  expect(gateway.state).toEqual({ phase: 'connecting', since: 5, reason: null, hint: null, bootId: null });
  expect(clock.pending()).toEqual([]);
});
