import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  domain,
  failures,
  type Kind,
  kinds,
  numbers,
  polling,
  renderedDerivation,
  renderedFile,
  set,
} from './modules.ts';

const scratch = mkdtempSync(join(tmpdir(), 'kapso-nix-'));
afterAll(() => rmSync(scratch, { recursive: true }));

describe('the rendered file', () => {
  /** Does what the build does, with the program's sources. */
  async function check(kind: Kind, ...modules: string[]): Promise<string> {
    const { name, text, checkPhase } = await renderedDerivation(kind, ...modules);
    const target = join(scratch, name);
    writeFileSync(target, text);
    const program = join(scratch, 'kapso-whatsapp-cli');
    writeFileSync(
      program,
      `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, '../../src/cli.ts')}' "$@"\n`,
    );
    chmodSync(program, 0o755);
    const script = checkPhase.replace(/\/nix\/store\/\S+\/bin\/kapso-whatsapp-cli/, program);
    expect(script).toContain(program);
    try {
      return execFileSync('sh', ['-e', '-c', script], {
        env: { PATH: process.env.PATH, HOME: scratch, target },
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
  }

  test.each(kinds)('is checked by the command line when it is built (%s)', async kind => {
    expect(await check(kind, polling)).toContain('The configuration is right');
    expect(await check(kind, domain)).toContain('The configuration is right');
  });

  test('is refused when values do not go together', async () => {
    const module = set('settings.gateway.url = "ws://gateway.example.com";');
    expect(await check('nixos', polling, module)).toContain('must start with wss://');
  });

  test('does not ask for a phone number id that the environment file gives', async () => {
    const modules = [set('enable = true;'), set('environmentFile = "/run/secrets/kapso.env";')];
    expect(await failures('nixos', ...modules)).toEqual([]);
    expect(await check('nixos', ...modules)).toContain('The configuration is right');
  });

  test.each(kinds)('has the address of a database without a password (%s)', async kind => {
    for (const url of [
      'postgresql:///kapso?host=/run/postgresql',
      'postgresql://kapso@db1.example:5432,[::1]:5433/kapso?sslcert=/etc/kapso.crt&sslkey=/etc/kapso.key',
    ]) {
      const module = set(`database.url = "${url}";`);
      expect(await failures(kind, polling, module)).toEqual([]);
      expect(JSON.parse(await renderedFile(kind, polling, module))).toHaveProperty('state.database', url);
      expect(await check(kind, polling, module)).toContain('The configuration is right');
    }
  });

  test.each(kinds)('has several numbers, each with what is set for it alone (%s)', async kind => {
    expect(await failures(kind, numbers)).toEqual([]);
    expect(await check(kind, numbers)).toContain('The configuration is right');
    const files = kind === 'home';
    const { accounts, ...others } = JSON.parse(await renderedFile(kind, numbers)) as Record<string, unknown>;
    expect(accounts).toEqual([
      { phoneNumberId: '647000000000001', name: 'sales', ...(files && { apiKeyFile: '/run/secrets/sales' }) },
      {
        ...{ phoneNumberId: '647000000000002', name: 'support', agent: 'help', polling: { interval: 15 } },
        access: { contacts: [{ id: '+15551234567' }] },
        ...(files && {
          apiKeyFile: '/run/secrets/support',
          webhook: { secretFile: '/run/secrets/signing' },
          transcribe: { apiKeyFile: '/run/secrets/speech' },
        }),
      },
    ]);
    expect(others).not.toHaveProperty('kapso');
  });

  test('of home-manager names the secret files, that of a system service does not', async () => {
    expect(JSON.parse(await renderedFile('home', polling))).toHaveProperty(
      'kapso.apiKeyFile',
      '/run/secrets/kapso-api-key',
    );
    expect(await renderedFile('nixos', polling)).not.toContain('/run/secrets');
  });
});
