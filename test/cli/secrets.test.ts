import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli, startApi } from './program.ts';

const secrets = {
  KAPSO_API_KEY: 'api-k3y/with+signs=',
  OPENCLAW_TOKEN: 'gateway-t0ken "in quotes" within',
  KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify t0ken & more',
  KAPSO_WEBHOOK_SECRET: 'signing-s3cret+1',
};
/** What an API may say that quotes what it was sent. */
const quoting = Object.values(secrets)
  .flatMap(secret => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret),
    String(new URLSearchParams({ x: secret })),
  ])
  .join(' ');
const seen = /k3y|t0ken|s3cret/;

test.each([
  ['the environment', false],
  ['files', true],
])('no error shows a secret from %s, in whatever form another says it', async (_, fromFiles) => {
  const dir = mkdtempSync(join(tmpdir(), 'kapso-secrets-'));
  const server = await startApi(() => ({ status: 422, body: { error: quoting } }));
  onTestFinished(async () => {
    await server.close();
    rmSync(dir, { recursive: true });
  });
  const given = Object.entries(secrets).map(([name, value]) => {
    if (!fromFiles) return [name, value];
    const path = join(dir, name);
    writeFileSync(path, value, { mode: 0o600 });
    return [`${name}_FILE`, path];
  });
  const env = {
    ...(Object.fromEntries(given) as Record<string, string>),
    KAPSO_PHONE_NUMBER_ID: '647000000000001',
    KAPSO_BASE_URL: server.url,
    KAPSO_STATE_DIR: join(dir, 'state'),
  };
  for (const json of [[], ['--json']]) {
    for (const args of [
      ['send', '--to', '+15551234567', '--text', 'hello'],
      ['send', '--to', secrets.KAPSO_WEBHOOK_SECRET, '--text', 'hello'],
      ['webhook', 'test', '--url', `https://example.com/${encodeURIComponent(secrets.KAPSO_API_KEY)}`],
      ['inbox', 'show', secrets.KAPSO_API_KEY],
      ['config', 'show'],
      ['config', 'check'],
    ]) {
      const { stdout, stderr } = await runCli([...args, ...json], { env });
      // Only secrets of the account are read from files by commands that need no more.
      const shown = fromFiles
        ? (stdout + stderr).replaceAll(/signing-s3cret\+1|(gateway|verify).t0ken[^\n]*/g, '')
        : stdout + stderr;
      expect(shown, args.join(' ')).not.toMatch(seen);
    }
  }
});

test('config show leaves a secret out that is a part of another setting', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kapso-secrets-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'key');
  writeFileSync(file, 'api-k3y-0123');
  chmodSync(file, 0o600);
  const env = {
    KAPSO_API_KEY_FILE: file,
    OPENCLAW_GATEWAY_URL: 'wss://gateway.example.com/ws/api-k3y-0123',
    KAPSO_STATE_DIR: '/var/lib/api-k3y-0123/state',
  };
  for (const json of [[], ['--json']]) {
    const { code, stdout } = await runCli(['config', 'show', ...json], { env });
    expect(code).toBe(0);
    expect(stdout).toContain('wss://gateway.example.com/ws/[secret]');
    expect(stdout).not.toContain('k3y');
  }
});
