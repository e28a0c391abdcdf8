import { expect, it } from 'vitest';
import { startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { installed, startMachine, suites } from './machine.ts';
import { service } from './stage.ts';

it.each(suites)('the units of a user run under the systemd of that user, on %s', async suite => {
  const machine = await startMachine(suite);
  const kapso = await startKapsoSimulator({ apiKey: 'api-key-of-ada' });
  const gateway = await startGatewaySimulator({ token: 'token-of-ada' });
  try {
    await machine.do('useradd', '--create-home', 'ada');
    const uid = (await machine.do('id', '-u', 'ada')).trim();
    await machine.do('systemctl', 'start', `user@${uid}.service`);
    const ada = (...command: string[]) =>
      machine.do(
        'setpriv',
        `--reuid=${uid}`,
        '--regid=ada',
        '--init-groups',
        'env',
        '-i',
        'HOME=/home/ada',
        'PATH=/usr/local/bin:/usr/bin:/bin',
        `XDG_RUNTIME_DIR=/run/user/${uid}`,
        ...command,
      );

    await ada('node', `${installed.native}/dist/kapso-whatsapp-cli.cjs`, 'units', 'install', '--user');
    await machine.write(
      '/home/ada/.config/kapso-whatsapp/environment',
      [
        'KAPSO_API_KEY=api-key-of-ada',
        `KAPSO_PHONE_NUMBER_ID=${kapso.phoneNumberId}`,
        `KAPSO_BASE_URL=${kapso.url}`,
        'OPENCLAW_TOKEN=token-of-ada',
        `OPENCLAW_GATEWAY_URL=${gateway.url}`,
      ].join('\n'),
    );
    await machine.do('chown', '-R', 'ada:', '/home/ada');
    const unit = `/home/ada/.config/systemd/user/${service}`;
    expect(await ada('systemd-analyze', '--user', 'verify', unit)).toBe('');
    await ada('systemctl', '--user', 'daemon-reload');
    await ada('systemctl', '--user', 'start', service);
    const status = () => ada('systemctl', '--user', 'show', service, '-p', 'ActiveState', '-p', 'StatusText');
    while (!(await status()).includes('gateway connected')) expect(await status()).toContain('ActiveState=active');
    await ada('node', `${installed.native}/dist/kapso-whatsapp-cli.cjs`, 'inbox', 'list');
    const report = await ada('node', `${installed.native}/dist/kapso-whatsapp-cli.cjs`, 'status', '--json');
    expect(JSON.parse(report).poller.socket).toContain(`/run/user/${uid}/kapso-whatsapp-poller/`);
    await ada('systemctl', '--user', 'stop', service);
    expect(await status()).toContain('ActiveState=inactive');
  } finally {
    await kapso.close();
    await gateway.close();
    await machine.stop();
  }
});
