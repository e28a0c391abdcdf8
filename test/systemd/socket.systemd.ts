import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { post, textDelivery } from '../e2e-webhook/delivery.ts';
import { ask } from './ask.ts';
import { type Machine, startMachine, suites } from './machine.ts';
import { openStage, type Stage, service, socket, webhookMode, webhookUrl } from './stage.ts';

describe.each(suites)('the socket under the systemd of %s', suite => {
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
  beforeEach(async () => {
    await stage.reset();
    await stage.configure(webhookMode);
  });

  /** Each request has its own connection. A kept one may break during a request, which the client would have to repeat. */
  const agent = new Agent({ keepAlive: false });
  const deliver = (id: string, from = '15550100001') =>
    post(webhookUrl, textDelivery({ id, from, text: `text ${id}` }), { agent });
  /** Resolves when the agent has answered this many messages more than before. */
  const answered = async (count: number) => {
    await ask(`${stage.gateway.controlUrl}/__sim/wait?for=runs&count=${count}&timeout=60000`);
    return stage.gateway.runs().map(({ key }) => key);
  };
  const state = async () => (await machine.show(service, 'ActiveState')).ActiveState;

  it('starts the service with the first webhook, and that is answered and delivered', async () => {
    await machine.do('systemctl', 'start', socket);
    expect(await state()).toBe('inactive');
    const before = stage.gateway.runs().length;
    expect(await deliver(`wamid.first-${suite}`)).toBe(200);
    expect(await answered(before + 1)).toContain(`wamid.first-${suite}`);
    await machine.until(service, 'StatusText', /^webhook on 127\.0\.0\.1:18790, gateway connected/);
  });

  it('may be a Unix socket', async () => {
    await stage.dropIn(socket, '[Socket]\nListenStream=\nListenStream=/run/tests/webhook.sock\n');
    await machine.do('systemctl', 'start', socket);
    const { body, headers } = textDelivery({ id: `wamid.unix-${suite}`, from: '15550100002', text: 'hello' });
    const before = stage.gateway.runs().length;
    const status = await new Promise((resolve, reject) => {
      request({ socketPath: join(machine.shared, 'webhook.sock'), path: '/webhook', method: 'POST', headers }, answer =>
        resolve(answer.resume().statusCode),
      )
        .on('error', reject)
        .end(body);
    });
    expect(status).toBe(200);
    expect(await answered(before + 1)).toContain(`wamid.unix-${suite}`);
  });

  it.each([
    ['one that nobody can serve', '[Socket]\nFileDescriptorName=page\n', {}, /LISTEN_FDNAMES: .* the name "page"/],
    ['one where the mode is polling', '', { mode: 'polling' }, /is polling, but systemd hands over a webhook socket/],
  ])('takes %s for a wrong configuration', async (_, text, settings, message) => {
    await stage.dropIn(socket, text);
    await stage.configure({ ...webhookMode, ...settings });
    await machine.do('systemctl', 'start', socket);
    const journal = await machine.journal(service);
    expect(await machine.run('systemctl', 'start', service)).toMatchObject({ code: 1 });
    await journal.says(message);
    journal.close();
    expect(await machine.show(service, 'NRestarts', 'ExecMainStatus')).toEqual({
      NRestarts: '0',
      ExecMainStatus: '78',
    });
  });

  it('holds what comes while the service restarts: fifty times under load nothing is lost, turned away or doubled', async () => {
    await stage.dropIn(service, '[Unit]\nStartLimitIntervalSec=0\n');
    await machine.do('systemctl', 'start', socket, service);
    const before = stage.gateway.runs().length;
    const faults: string[] = [];
    const sent: string[] = [];
    let restarting = true;
    const send = async (worker: number) => {
      for (let number = 0; restarting; number += 1) {
        const id = `wamid.${suite}-${worker}-${number}`;
        sent.push(id);
        // Kapso too repeats a delivery that was not answered 200.
        for (let status = 0; status !== 200; ) {
          status = await deliver(id, `1555010${worker}${number % 10}000`.slice(0, 11)).catch((error: Error) => {
            faults.push((error as NodeJS.ErrnoException).code ?? error.message);
            return 0;
          });
        }
      }
    };
    const workers = [1, 2, 3, 4].map(send);
    for (let round = 0; round < 50; round += 1) await machine.do('systemctl', 'restart', service);
    restarting = false;
    await Promise.all(workers);

    await answered(before + sent.length);
    await machine.until(service, 'StatusText', /gateway connected, 0 queued/);
    const keys = stage.gateway
      .runs()
      .slice(before)
      .map(({ key }) => key);
    expect(keys.toSorted()).toEqual(sent.toSorted());
    expect(sent.length).toBeGreaterThan(100);
    expect(faults).toEqual([]);
    expect((await machine.show(service, 'NRestarts')).NRestarts).toBe('0');
  });

  it('lets the service end when nothing happens, and starts it again with the next webhook', async () => {
    await stage.dropIn(service, '[Service]\nEnvironment="POLLER_OPTIONS=--idle-exit 1"\n');
    await machine.do('systemctl', 'start', socket);
    const before = stage.gateway.runs().length;
    for (const number of [1, 2]) {
      expect(await deliver(`wamid.idle-${suite}-${number}`)).toBe(200);
      expect(await answered(before + number)).toContain(`wamid.idle-${suite}-${number}`);
      await machine.until(service, 'ActiveState', /^inactive$/);
      expect(await machine.show(service, 'Result', 'MainPID', 'TasksCurrent')).toMatchObject({
        Result: 'success',
        MainPID: '0',
      });
    }
  });

  it('does not let it end while a message waits for the agent', async () => {
    await stage.configure({ ...webhookMode, gateway: { url: 'ws://127.0.0.1:9' } });
    await stage.dropIn(service, '[Service]\nEnvironment="POLLER_OPTIONS=--idle-exit 1"\n');
    await machine.do('systemctl', 'start', socket);
    expect(await deliver(`wamid.waits-${suite}`)).toBe(200);
    await machine.until(service, 'StatusText', /1 queued/);
    const started = Number(
      (await machine.show(service, 'ActiveEnterTimestampMonotonic')).ActiveEnterTimestampMonotonic,
    );
    const now = async () => Number((await machine.do('cat', '/proc/uptime')).split(' ')[0]) * 1e6;
    while ((await now()) - started < 4_000_000) await new Promise(resolve => setTimeout(resolve, 100));
    expect(await state()).toBe('active');
  });

  it('gives up to start a service that cannot run, however many webhooks ask for it', async () => {
    await stage.configure({ ...webhookMode, polling: { interval: 1 } });
    await machine.do('systemctl', 'start', socket);
    const hopeless = deliver(`wamid.hopeless-${suite}`).catch(() => undefined);
    await machine.until(socket, 'Result', /^service-start-limit-hit$/);
    await hopeless;
  });

  it.each([
    ['without a socket', webhookMode, /--idle-exit: needs a webhook socket/],
    ['in the mode tailscale', { ...webhookMode, mode: 'tailscale' }, /--idle-exit: /],
  ])('is needed for --idle-exit: %s it is a wrong configuration', async (_, settings, message) => {
    await stage.configure(settings);
    await stage.dropIn(service, '[Service]\nEnvironment="POLLER_OPTIONS=--idle-exit 1"\n');
    const journal = await machine.journal(service);
    expect(await machine.run('systemctl', 'start', service)).toMatchObject({ code: 1 });
    await journal.says(message);
    journal.close();
  });
});
