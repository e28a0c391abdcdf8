import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { ask } from './ask.ts';
import { startMachine, suites } from './machine.ts';
import { buildPackage } from './packages.ts';
import { service } from './stage.ts';

const built = mkdtempSync(join(tmpdir(), 'kapso-packages-'));
afterAll(() => rmSync(built, { recursive: true }));

const [first = '', second = ''] = [1, 2].map(revision => buildPackage(built, revision));

it.each(suites)('the Debian package is installed, upgraded, removed and purged on %s', async suite => {
  const machine = await startMachine(suite);
  const kapso = await startKapsoSimulator({ apiKey: 'api-key-of-the-package' });
  const gateway = await startGatewaySimulator({ token: 'token-of-the-package' });
  const config = '/etc/kapso-whatsapp/config.yaml';
  const state = '/var/lib/kapso-whatsapp';
  const is = async (what: string) => (await machine.run('systemctl', what, service)).text.trim();
  const exists = async (path: string) => (await machine.run('test', '-e', path)).code === 0;
  const pid = async () => (await machine.show(service, 'MainPID')).MainPID ?? '';
  const answered = async (text: string, count: number) => {
    await ask(`${kapso.url}/__sim/inbound`, { method: 'POST', body: JSON.stringify({ text }) });
    await machine.do('systemctl', 'kill', '--kill-whom=main', '--signal=SIGUSR2', service);
    await ask(`${kapso.url}/__sim/wait?for=sent&count=${count}&timeout=60000`);
    expect(kapso.sent().map(({ text: body }) => body)).toHaveLength(count);
    expect(kapso.sent().at(-1)?.text).toContain(text);
  };
  try {
    // The machine lives in memory.
    const apt = (...args: string[]) =>
      machine.do('apt-get', '--yes', '--option=DPkg::Options::=--force-unsafe-io', ...args);
    const install = async (file: string) => {
      copyFileSync(join(built, file), join(machine.shared, file));
      await apt('install', `/run/tests/${file}`);
    };

    await install(first);
    expect([await is('is-enabled'), await is('is-active')]).toEqual(['disabled', 'inactive']);
    expect(await machine.do('stat', '--format=%a %U', config)).toBe('644 root\n');
    const units = '/usr/lib/systemd/system/kapso-whatsapp-poller*.*';
    expect(await machine.run('sh', '-c', `systemd-analyze verify ${units}`)).toEqual({ code: 0, text: '' });
    // Before it is configured it does not start, and says what is missing.
    const journal = await machine.journal(service);
    expect((await machine.run('systemctl', 'start', service)).code).not.toBe(0);
    await journal.says(/phoneNumberId/);
    journal.close();

    const own = `# mine\npolling: { interval: 5 }\nkapso: { phoneNumberId: "${kapso.phoneNumberId}", baseUrl: "${kapso.url}" }
gateway: { url: "${gateway.url}" }\naccess: { policy: open }\n`;
    await machine.write(config, own);
    await machine.write('/etc/credstore/kapso-api-key', 'api-key-of-the-package\n', '0600');
    await machine.write('/etc/credstore/gateway-token', 'token-of-the-package\n', '0600');
    await machine.do('systemctl', 'reset-failed', service);
    await machine.do('systemctl', 'enable', '--now', service);
    await machine.until(service, 'StatusText', /gateway connected/);
    const before = await pid();
    expect(await machine.do('readlink', `/proc/${before}/exe`)).toBe('/usr/lib/kapso-whatsapp/bin/node\n');
    expect(await machine.do('cat', `/proc/${before}/status`)).not.toMatch(/^Uid:\s+0\s/m);
    await answered('before the upgrade', 1);

    await install(second);
    expect(await machine.do('dpkg-query', '--show', 'kapso-whatsapp')).toMatch(/-2$/m);
    expect(await machine.do('cat', config)).toBe(own);
    await machine.until(service, 'StatusText', /gateway connected/);
    expect([await is('is-enabled'), await is('is-active')]).toEqual(['enabled', 'active']);
    expect(await pid()).not.toBe(before);
    await answered('after the upgrade', 2);
    expect(gateway.runs()).toHaveLength(2);
    const cli = ['--state-dir', state, '--json'];
    expect(JSON.parse(await machine.do('kapso-whatsapp-cli', 'inbox', 'list', ...cli))).toHaveLength(2);
    expect(await machine.run('kapso-whatsapp-cli', 'status', ...cli)).toMatchObject({ code: 0 });

    await apt('remove', 'kapso-whatsapp');
    expect(await is('is-active')).not.toBe('active');
    expect(await exists('/usr/lib/kapso-whatsapp')).toBe(false);
    expect([await exists(config), await exists(`${state}/inbox.sqlite`)]).toEqual([true, true]);

    await apt('purge', 'kapso-whatsapp');
    const left = await machine.do(
      'find',
      '/etc',
      '/usr/lib',
      '/usr/bin',
      '/usr/share',
      '/var/lib',
      '-name',
      '*kapso-whatsapp*',
    );
    expect(left).toBe('');
    expect(await machine.do('ls', '/etc/credstore')).toBe('gateway-token\nkapso-api-key\n');
  } finally {
    await kapso.close();
    await gateway.close();
    await machine.stop();
  }
});
