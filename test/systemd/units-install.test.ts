import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pollerNodeOptions } from '../../src/node-options.ts';
import { runCli } from '../cli/program.ts';

const root = join(import.meta.dirname, '../..');
const service = 'kapso-whatsapp-poller.service';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-units-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const install = (...options: string[]) => runCli(['units', 'install', '--system', '--dir', dir, ...options]);
const read = (name: string) => readFileSync(join(dir, name), 'utf8');

describe('units install', () => {
  it('writes every unit of the kind with the paths of this installation, and says what comes next', async () => {
    const { code, stdout } = await install();
    expect(code).toBe(0);
    expect(readdirSync(dir).sort()).toEqual([
      'kapso-whatsapp-poller-once.service',
      'kapso-whatsapp-poller-once.timer',
      service,
      'kapso-whatsapp-poller.socket',
    ]);
    const command = [process.execPath, ...pollerNodeOptions, join(root, 'dist/kapso-whatsapp-poller.cjs')].join(' ');
    const started = `ExecStart=${command}`;
    expect(read(service)).toContain(`\n${started} $POLLER_OPTIONS\n`);
    expect(read('kapso-whatsapp-poller-once.service')).toContain(`\n${started} --once\n`);
    expect(stdout).toContain('systemctl daemon-reload');
  });

  it('lets the program systemd-notify speak where the native module is not here', async () => {
    await install();
    expect(read(service)).toMatch(/^NotifyAccess=(main|all)$/m);
  });

  it('writes those of a user to the directory of the user', async () => {
    const { code } = await runCli(['units', 'install', '--user'], { env: { HOME: dir } });
    expect(code).toBe(0);
    const written = readFileSync(join(dir, '.config/systemd/user', service), 'utf8');
    expect(written).toContain('WantedBy=default.target');
  });

  it('changes nothing the second time, and updates what an earlier version wrote', async () => {
    await install();
    const before = read(service);
    expect(JSON.parse((await install('--json')).stdout).files).toEqual(
      expect.arrayContaining([expect.objectContaining({ path: join(dir, service), change: 'unchanged' })]),
    );
    const earlier = '# Written by kapso-whatsapp-cli 0.0.1; sha256 of the rest: ';
    writeFileSync(join(dir, service), `${earlier}01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b\n\n`);
    expect((await install()).stdout).toContain(`${service}: updated`);
    expect(read(service)).toBe(before);
  });

  it('leaves an edited unit alone and says so, with 69; --force replaces it and keeps the old one', async () => {
    await install();
    appendFileSync(join(dir, service), '# mine\n');
    const { code, stdout } = await install();
    expect(code).toBe(69);
    expect(stdout).toContain(`${service}: was edited and is left alone; --force replaces it`);
    expect(read(service)).toContain('# mine');
    expect(await install('--force')).toMatchObject({ code: 0 });
    expect(read(service)).not.toContain('# mine');
    expect(read(`${service}.old`)).toContain('# mine');
  });

  it('takes a unit without its mark for one that somebody wrote', async () => {
    writeFileSync(join(dir, service), '[Service]\nExecStart=/bin/true\n');
    expect(await install()).toMatchObject({ code: 69 });
    expect(read(service)).toBe('[Service]\nExecStart=/bin/true\n');
  });

  it('--dry-run prints the units and writes nothing', async () => {
    const { code, stdout } = await install('--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^==> .*kapso-whatsapp-poller\.service \(would be written\)$/m);
    expect(stdout).toContain('\nWatchdogSec=60\n');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('names as next steps only what it has written', async () => {
    expect((await install()).stdout).toContain('or only the -once.timer, or the .socket: see the units');
    const { stdout } = await runCli(['units', 'install', '--user', '--dry-run']);
    expect(stdout).toContain('or only the .socket: see the units');
  });

  it('says of a directory that cannot be written what helps whom the units are for', async () => {
    writeFileSync(join(dir, '.config'), '');
    const own = await runCli(['units', 'install', '--user'], { env: { HOME: dir } });
    expect(own.stderr).toMatch(/ is a file, and not a directory\. .*--dir, or print .*--dry-run\.\n$/);
    expect(own.stderr).not.toMatch(/as root|--user/);
    const system = await runCli(['units', 'install', '--system', '--dir', join(dir, '.config/units')]);
    expect(system.stderr).toMatch(/as root, or with --user, or print the units with --dry-run\.\n$/);
  });

  it('wants to know for whom', async () => {
    expect(await runCli(['units', 'install'])).toMatchObject({ code: 64 });
    expect(await runCli(['units', 'install', '--user', '--system'])).toMatchObject({ code: 64 });
  });
});

describe('the shipped units', () => {
  const shipped = (name: string) => readFileSync(join(root, 'nix/systemd', name), 'utf8');
  const sandbox = (name: string) => {
    const text = shipped(name);
    // Only the whole service has a socket for those who watch it, and a directory for that.
    return text
      .slice(text.indexOf('\nLoadCredential='), text.includes('[Install]') ? text.indexOf('[Install]') : undefined)
      .replace(/# For the socket of .*\nRuntimeDirectory=.*\nRuntimeDirectoryMode=.*\n/, '')
      .replace(/but for (?:these two directories|the state directory)/, 'but for its own')
      .trimEnd();
  };

  it('give one pass and the whole service the same sandbox', () => {
    expect(sandbox('kapso-whatsapp-poller-once.service')).toBe(sandbox(service));
  });

  it('take a credential for every secret of the configuration', async () => {
    const { settings } = await import('../../src/config/config.generated.ts');
    const { credentialName } = await import('../../src/config/secrets.ts');
    const names = settings.filter(({ secret }) => secret).map(({ key }) => credentialName(key));
    expect([...shipped(service).matchAll(/^LoadCredential=([^:]+):/gm)].map(([, name]) => name).sort()).toEqual(
      names.sort(),
    );
  });
});
