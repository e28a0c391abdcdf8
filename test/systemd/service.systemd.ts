import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './ask.ts';
import { installed, type Machine, startMachine, suites } from './machine.ts';
import { openStage, type Stage, service } from './stage.ts';

describe.each(suites)('the service under the systemd of %s', suite => {
  let machine: Machine;
  let stage: Stage;
  beforeAll(async () => {
    machine = await startMachine(suite);
    stage = await openStage(machine);
  });
  afterAll(async () => {
    await stage?.close();
    await machine?.stop();
  });
  beforeEach(() => stage.reset());

  const start = () => machine.do('systemctl', 'start', service);
  const pid = async () => Number((await machine.show(service, 'MainPID')).MainPID);
  const restarts = async () => Number((await machine.show(service, 'NRestarts')).NRestarts);

  it('is verified without a word, and exposed at no more than 1.1', async () => {
    const units = '/etc/systemd/system/kapso-whatsapp-poller*.*';
    expect(await machine.run('sh', '-c', `systemd-analyze verify ${units}`)).toEqual({ code: 0, text: '' });
    for (const name of [service, 'kapso-whatsapp-poller-once.service']) {
      const path = `/etc/systemd/system/${name}`;
      const security = await machine.do('systemd-analyze', 'security', '--offline=true', path);
      expect(Number(/Overall exposure level .*: ([\d.]+)/.exec(security)?.[1])).toBeLessThanOrEqual(1.1);
    }
  });

  it('is started when it is ready, with its secrets from credentials, as a user of its own, and says how it is', async () => {
    await stage.configure();
    await start();
    expect(await machine.show(service, 'ActiveState', 'SubState', 'Type')).toEqual({
      ActiveState: 'active',
      SubState: 'running',
      Type: 'notify',
    });
    await machine.until(
      service,
      'StatusText',
      /^polling every 5 s, gateway connected, 0 queued, no message since the start$/,
    );
    const process = await machine.do('cat', `/proc/${await pid()}/status`);
    expect(process).not.toMatch(/^Uid:\s+0\s/m);
    expect(process).toMatch(/^CapEff:\s+0+$/m);
    await stage.inbound('hello');
    await machine.until(service, 'StatusText', /0 queued, last message at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    expect(stage.gateway.runs()).toHaveLength(1);
  });

  it('is looked at on a socket in its runtime directory, by root and nobody else, as long as it runs', async () => {
    await stage.configure();
    await start();
    await machine.until(service, 'StatusText', /gateway connected/);
    await stage.inbound('hello');
    await machine.until(service, 'StatusText', /0 queued, last message/);
    const cli = (...words: string[]) =>
      machine.run(
        'node',
        `${installed.native}/dist/kapso-whatsapp-cli.cjs`,
        ...words,
        '--state-dir',
        '/var/lib/kapso-whatsapp',
      );
    const { socket } = JSON.parse((await cli('status', '--json')).text).poller;
    expect(socket).toMatch(/^\/run\/kapso-whatsapp-poller\/[0-9a-f]{16}\.sock$/);
    expect(await machine.do('stat', '--format=%a', socket, '/run/kapso-whatsapp-poller')).toBe('600\n700\n');
    const tail = await cli('inbox', 'tail');
    expect(tail.text).toMatch(/ answered by relay, |settled|silent/);
    expect(tail.text).not.toContain('No poller answers');
    const nobody = await machine.run('setpriv', '--reuid=nobody', '--clear-groups', 'test', '-e', socket);
    expect(nobody.code).toBe(1);
    await machine.do('systemctl', 'stop', service);
    expect((await machine.run('test', '-e', '/run/kapso-whatsapp-poller')).code).toBe(1);
    expect((await cli('inbox', 'tail')).text).toContain('No poller answers');
  });

  it('is ready although the gateway and Kapso are away', async () => {
    await stage.configure({ gateway: { url: 'ws://127.0.0.1:9' } });
    await stage.dropIn(service, '[Service]\nEnvironment=KAPSO_BASE_URL=http://127.0.0.1:9\n');
    await start();
    await machine.until(service, 'StatusText', /polling fails: .*, gateway connecting: .*, 0 queued/);
  });

  it('hands nothing of systemd to its environment: neither sockets nor ways to notify', async () => {
    await stage.configure();
    await stage.dropIn(service, '[Service]\nEnvironment=NODE_OPTIONS=--require=/usr/local/lib/misbehave.cjs\n');
    await start();
    await machine.do('rm', '-f', '/run/tests/environment');
    await machine.write('/run/misbehave', 'environment\n');
    const journal = await machine.journal(service);
    await machine.do('systemctl', 'kill', '--signal=SIGUSR2', service);
    const names = await journal.says(/^environment /);
    journal.close();
    expect(names).toContain('STATE_DIRECTORY');
    expect(names).not.toMatch(/NOTIFY_SOCKET|WATCHDOG_|LISTEN_/);
  });

  it('lets what is under way end when it is stopped, and has systemd wait for as long as that may take', async () => {
    await stage.configure();
    await stage.dropIn(service, '[Service]\nTimeoutStopSec=1\n');
    await start();
    await machine.until(service, 'StatusText', /gateway connected/);
    const before = stage.gateway.runs().length;
    await ask(`${stage.gateway.controlUrl}/__sim/config`, { method: 'POST', body: '{"agentDelay":3000}' });
    const journal = await machine.journal(service);
    await stage.inbound('take your time');
    await ask(`${stage.gateway.controlUrl}/__sim/wait?for=started&count=${before + 1}&timeout=60000`);
    await machine.do('systemctl', 'stop', service);
    expect(stage.gateway.runs().slice(before)).toEqual([expect.objectContaining({ status: 'ok' })]);
    await journal.says(/^Stopped left=0$/);
    journal.close();
    expect(await machine.show(service, 'Result', 'ActiveState')).toEqual({
      Result: 'success',
      ActiveState: 'inactive',
    });
    await ask(`${stage.gateway.controlUrl}/__sim/config`, { method: 'POST', body: '{"agentDelay":0}' });
  });

  it('reloads: takes over what it can, says what needs a restart, and keeps the old configuration for a wrong one', async () => {
    await stage.configure();
    await start();
    await machine.until(service, 'StatusText', /polling every 5 s/);
    const before = await pid();
    const journal = await machine.journal(service);

    await stage.configure({ polling: { interval: 7 }, log: { level: 'debug' } });
    await machine.do('systemctl', 'reload', service);
    await journal.says(/^The configuration was reloaded changed="polling\.interval log\.level"$/);
    await machine.until(service, 'StatusText', /polling every 7 s/);

    await stage.configure({ polling: { interval: 8 }, receipts: { read: false }, gateway: { agent: 'other' } });
    await machine.do('systemctl', 'reload', service);
    await journal.says(
      /takes effect at the next start only: restart the poller changed=.*receipts\.read.* atNextStart=gateway\.agent$/,
    );
    // The new interval begins with a poll, whose message would hide that of the next reload.
    await machine.until(service, 'StatusText', /polling every 8 s/);

    const end = journal.lines.length;
    await stage.configure({ polling: { interval: 1 } });
    await machine.do('systemctl', 'reload', service);
    const refusal = await journal.says(/^The configuration was not reloaded/, end);
    expect(refusal).toContain('polling.interval');
    await machine.until(service, 'StatusText', /the new one is wrong/);
    await machine.until(service, 'ActiveState', /^active$/);
    journal.close();
    expect({ pid: await pid(), restarts: await restarts() }).toEqual({ pid: before, restarts: 0 });
  });

  it('does not restart into a wrong configuration, and says what is wrong', async () => {
    await stage.configure({ polling: { interval: 1 } });
    const journal = await machine.journal(service);
    expect(await machine.run('systemctl', 'start', service)).toMatchObject({ code: 1 });
    const said = await journal.says(/polling\.interval/);
    expect(said).toContain('/etc/kapso-whatsapp/config.yaml');
    journal.close();
    expect(await machine.show(service, 'ActiveState', 'Result', 'NRestarts', 'ExecMainStatus', 'StatusText')).toEqual({
      ActiveState: 'failed',
      Result: 'exit-code',
      NRestarts: '0',
      ExecMainStatus: '78',
      StatusText: expect.stringContaining('The configuration is wrong'),
    });
  });

  it('takes an empty credential for a wrong configuration', async () => {
    await stage.configure();
    await machine.write('/etc/credstore/kapso-api-key', '\n', '0600');
    expect(await machine.run('systemctl', 'start', service)).toMatchObject({ code: 1 });
    expect(await machine.show(service, 'NRestarts', 'ExecMainStatus')).toEqual({
      NRestarts: '0',
      ExecMainStatus: '78',
    });
  });

  it('logs each event as one line of the journal, with its priority', async () => {
    await stage.configure({ gateway: { url: 'ws://127.0.0.1:9' } });
    await start();
    await machine.until(service, 'StatusText', /gateway connecting: /);
    const json = await machine.do('journalctl', '-u', service, '-o', 'json', '--no-pager', `_PID=${await pid()}`);
    const entries = json
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { MESSAGE: string; PRIORITY: string });
    const priority = (start: string) => entries.find(({ MESSAGE }) => MESSAGE.startsWith(start))?.PRIORITY;
    expect(priority('kapso-whatsapp-poller started')).toBe('6');
    expect(entries.map(({ PRIORITY }) => PRIORITY)).toContain('4');
    expect(entries.filter(({ MESSAGE }) => /^<\d>/.test(MESSAGE))).toEqual([]);
  });

  describe('watched by systemd', () => {
    const watch = (seconds: number) =>
      stage.dropIn(
        service,
        `[Service]\nWatchdogSec=${seconds}\nEnvironment=NODE_OPTIONS=--require=/usr/local/lib/misbehave.cjs\n`,
      );

    it.each(['stalled', 'busy'])('is killed and started again when its loop is %s', async how => {
      await stage.configure();
      await watch(2);
      await start();
      const before = await pid();
      await machine.write('/run/misbehave', `${how}\n`);
      await machine.do('systemctl', 'kill', '--signal=SIGUSR2', service);
      await machine.until(service, 'NRestarts', /^1$/);
      await machine.until(service, 'SubState', /^running$/);
      expect(await pid()).not.toBe(before);
      expect(await machine.do('journalctl', '-u', service, '--no-pager')).toContain("result 'watchdog'");
    });

    it('lives on while the gateway and Kapso are away for longer than that', async () => {
      await stage.configure({ gateway: { url: 'ws://127.0.0.1:9' } });
      await watch(2);
      await stage.dropIn(service, '[Service]\nWatchdogSec=2\nEnvironment=KAPSO_BASE_URL=http://127.0.0.1:9\n');
      await start();
      const signOfLife = async () =>
        Number((await machine.show(service, 'WatchdogTimestampMonotonic')).WatchdogTimestampMonotonic);
      const first = await signOfLife();
      while ((await signOfLife()) - first < 6_000_000) await new Promise(resolve => setTimeout(resolve, 200));
      expect(await restarts()).toBe(0);
      expect((await machine.show(service, 'StatusText')).StatusText).toMatch(/gateway connecting/);
    });
  });
});

describe.each(suites)('without the native module, under the systemd of %s', suite => {
  let machine: Machine;
  let stage: Stage;
  beforeAll(async () => {
    machine = await startMachine(suite);
    stage = await openStage(machine, 'plain');
    await stage.reset();
  });
  afterAll(async () => {
    await stage?.close();
    await machine?.stop();
  });

  it('systemd-notify says the same: ready, status, signs of life, stopping', async () => {
    expect((await machine.run('test', '-e', `${installed.plain}/node_modules`)).code).toBe(1);
    await stage.configure({ log: { level: 'debug' } });
    await stage.dropIn(service, '[Service]\nWatchdogSec=4\n');
    const journal = await machine.journal(service);
    await machine.do('systemctl', 'start', service);
    await journal.says(/by=systemd-notify/);
    await machine.until(service, 'StatusText', /^polling every 5 s, gateway connected/);
    const ping = async () =>
      Number((await machine.show(service, 'WatchdogTimestampMonotonic')).WatchdogTimestampMonotonic);
    const first = await ping();
    while ((await ping()) === first) await new Promise(resolve => setTimeout(resolve, 100));
    await machine.do('systemctl', 'stop', service);
    journal.close();
    expect(await machine.show(service, 'Result', 'NRestarts')).toEqual({ Result: 'success', NRestarts: '0' });
  });
});
