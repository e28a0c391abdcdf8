import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { domain, failures, type Kind, kinds, polling, renderedDerivation, renderedFile, set } from './modules.ts';

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

  test('of home-manager names the secret files, that of a system service does not', async () => {
    expect(JSON.parse(await renderedFile('home', polling))).toHaveProperty(
      'kapso.apiKeyFile',
      '/run/secrets/kapso-api-key',
    );
    expect(await renderedFile('nixos', polling)).not.toContain('/run/secrets');
  });
});
