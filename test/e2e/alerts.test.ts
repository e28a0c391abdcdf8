import { mkdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addressOf, domainMode, post, textDelivery } from '../e2e-webhook/delivery.ts';
import { mountSmallDisk } from '../small-disk.ts';
import type { Program } from './program.ts';
import { apiKey, createStage, type Gateway, type Kapso, phoneNumberId, type Stage } from './programs.ts';
import { createTold, type Told } from './told.ts';

interface Scene {
  stage: Stage;
  kapso: Kapso;
  gateway: Gateway;
  told: Told;
}

async function scene(): Promise<Scene> {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  return { stage, kapso, gateway, told: createTold(stage) };
}

const admin = '+15559990000';

/** Ends the poller at a moment when it has nothing to say, and starts it again. */
async function killed(poller: Program, sign: string): Promise<void> {
  await poller.says(sign, poller.lines.length);
  await poller.end('SIGKILL');
  await poller.start();
}

describe('by a program', () => {
  it('a storm of failures and a gateway that is away are told once each, over kills in a loop, and so is their end', async () => {
    const { stage, kapso, gateway, told } = await scene();
    const poller = await stage.startPoller(told.env);
    await kapso.receive(Array.from({ length: 5 }, (_, n) => ({ text: '[[fail-late]]', from: `+1555000100${n}` })));
    poller.signal('SIGUSR2');
    await stage.holds('failed', 5);
    const [storm] = await told.reaches(1);
    expect(storm).toMatchObject({
      ...{
        v: 1,
        program: 'kapso-whatsapp',
        number: phoneNumberId,
        state: 'problem',
        code: 'messages-failed',
        count: 5,
      },
      says: '5 messages were given up: no agent has them',
      todo: expect.stringContaining('kapso-whatsapp-cli inbox list --state failed'),
      words: ['--to', '$(id) `id`; id'],
      variables: { ALERT_STATE: 'problem', ALERT_CODE: 'messages-failed', ALERT_COUNT: '5' },
    });
    expect(JSON.stringify(storm)).not.toContain(apiKey);
    expect(Object.keys(storm?.variables ?? {}).filter(name => /KAPSO|OPENCLAW|TOKEN|KEY/.test(name))).toEqual([]);

    await gateway.end('SIGKILL');
    await told.reaches(2);
    await stage.until('the status has both', () => stage.statusFile().alerts?.open.length === 2);
    const { problems, healthy } = await stage.status();
    expect(problems[0]).toMatch(/^the gateway is away: Nothing listens/);
    expect(problems[1]).toBe('5 messages were given up: no agent has them');
    expect(healthy).toBe(false);
    expect(statSync(join(stage.stateDir, 'alerts.json')).mode & 0o777).toBe(0o600);

    for (let turn = 0; turn < 3; turn += 1) await killed(poller, 'Pause before the next attempt to connect');
    const ids = (await stage.inbox()).map(({ id }) => id);
    expect((await stage.run('cli', ['inbox', 'drop', ...ids])).code).toBe(0);
    await gateway.start();
    await told.reaches(4);
    await poller.end();
    expect(told.names().slice(0, 2)).toEqual(['problem messages-failed', 'problem gateway-away']);
    expect(told.names().slice(2).sort()).toEqual(['over gateway-away', 'over messages-failed']);
  });

  it('a key that is refused is told at once, a Kapso that is away when it lasts', async () => {
    const { stage, kapso, told } = await scene();
    const poller = await stage.startPoller(told.env);
    await kapso.reaches('list', 1);
    await kapso.control('POST', 'faults', { kind: 'list', status: 401, count: 9 });
    poller.signal('SIGUSR2');
    const [refused] = await told.reaches(1);
    expect(refused).toMatchObject({ code: 'key-refused', says: expect.stringMatching(/401/) });
    await kapso.control('DELETE', 'faults');
    poller.signal('SIGUSR2');
    await told.reaches(2);
    await kapso.end('SIGKILL');
    poller.signal('SIGUSR2');
    await told.reaches(3);
    await kapso.start();
    poller.signal('SIGUSR2');
    await told.reaches(4);
    expect(told.names()).toEqual([
      ...['problem key-refused', 'over key-refused', 'problem polling-fails', 'over polling-fails'],
    ]);
    await stage.until('the status is well', () => stage.statusFile().alerts?.open.length === 0);
    expect((await stage.run('cli', ['status'])).stdout).toMatch(/^Alerts +by command; 0 given and not over$/m);
  });

  it('a webhook that Kapso has switched off, and one that brings nothing while polling finds messages', async () => {
    const { stage, kapso, told } = await scene();
    const publicUrl = 'https://bridge.example.org/webhook';
    const path = `${stage.env.KAPSO_BASE_URL}/platform/v1/whatsapp/phone_numbers/${phoneNumberId}/webhooks`;
    const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
    const off = { url: publicUrl, events: ['whatsapp.message.received'], active: false };
    await fetch(path, { method: 'POST', headers, body: JSON.stringify({ whatsapp_webhook: off }) });
    const poller = await stage.startPoller({
      ...{ ...told.env, ...domainMode, KAPSO_WEBHOOK_PUBLIC_URL: publicUrl, KAPSO_POLL_FALLBACK: 'true' },
    });
    const [first] = await told.reaches(1);
    expect(first).toMatchObject({ code: 'webhook-off', says: expect.stringMatching(/switched off/) });
    await stage.until('the status says it', () => typeof stage.statusFile().registration?.off === 'string');
    const problems = (await stage.status()).problems.join();
    expect(problems).toMatch(/Kapso's webhook delivered nothing: it is switched off/);

    for (const text of ['one', 'two']) {
      await kapso.receive([{ text }]);
      poller.signal('SIGUSR2');
      await poller.says('Messages received by polling', poller.lines.length);
    }
    expect((await told.reaches(2))[1]).toMatchObject({ state: 'problem', code: 'webhook-silent' });
    const address = await addressOf(poller, 0);
    expect(await post(address, textDelivery({ id: 'wamid.X', from: '15550001000', text: 'three' }))).toBe(200);
    poller.signal('SIGUSR2');
    await kapso.receive([{ text: 'four' }]);
    poller.signal('SIGUSR2');
    expect((await told.reaches(3))[2]).toMatchObject({ state: 'over', code: 'webhook-silent' });
  });

  it('a disk that is nearly full, then one that takes nothing, though what was told cannot be noted there', async context => {
    const stage = createStage();
    mkdirSync(stage.stateDir, { mode: 0o700 });
    mountSmallDisk(context, stage.stateDir, '40m');
    const kapso = await stage.startKapso();
    await stage.startGateway();
    const told = createTold(stage);
    const poller = await stage.startPoller(told.env);
    const ballast = join(stage.stateDir, 'ballast');
    const fill = (left: number) => {
      const { bavail, bsize } = statfsSync(stage.stateDir);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - left), { flag: 'a' });
    };
    fill(3_000_000);
    await kapso.receive([{ text: 'fits' }]);
    poller.signal('SIGUSR2');
    expect((await told.reaches(1))[0]).toMatchObject({
      code: 'disk-low',
      says: expect.stringMatching(/2 MB are left/),
    });
    await stage.holds('settled', 1);
    fill(0);
    const large = 'x'.repeat(4000);
    await kapso.receive(Array.from({ length: 250 }, (_, n) => ({ text: `${n} ${large}`, from: '+15550001000' })));
    poller.signal('SIGUSR2');
    expect((await told.reaches(2))[1]).toMatchObject({ code: 'store-unwritable' });
    poller.signal('SIGUSR2');
    await poller.says('What was polled cannot be kept', poller.lines.length);
    rmSync(ballast);
    poller.signal('SIGUSR2');
    await told.reaches(4);
    expect(told.names().slice(2).sort()).toEqual(['over disk-low', 'over store-unwritable']);
    expect(poller.endings).toEqual([]);
  });
});

describe('by WhatsApp', () => {
  const refused = { status: 400, body: { error: { code: 131026, message: 'not on WhatsApp' } } };
  const sentTo = async (kapso: Kapso, to: string) => (await kapso.sent()).filter(sent => sent.to === to);
  const alerts = async (kapso: Kapso) =>
    (await sentTo(kapso, admin)).filter(({ text }) => text?.startsWith('kapso-whatsapp'));

  it('the admin gets it once in its window although the poller is killed, and an alert that fails raises none', async () => {
    const { stage, kapso, gateway } = await scene();
    const env = { KAPSO_ALERTS_WHATSAPP: admin, KAPSO_ALERTS_AFTER: '1' };
    const poller = await stage.startPoller(env);
    await kapso.receive([{ text: 'hello', from: admin }]);
    poller.signal('SIGUSR2');
    await stage.until('the admin is answered', async () => (await sentTo(kapso, admin)).length === 1);
    // An answer fails for good.
    await kapso.control('POST', 'faults', { kind: 'send', to: '15550001000', ...refused });
    await kapso.control('POST', 'faults', { kind: 'send', to: '15559990000', delay: 1500, count: 1, do: 'pass' });
    await kapso.receive([{ text: 'hi', from: '+15550001000' }]);
    poller.signal('SIGUSR2');
    await poller.says('The alert is to be sent');
    await poller.end('SIGKILL');
    await poller.start();
    await stage.until('it is there', async () => (await alerts(kapso)).length === 1);
    const [alert] = await alerts(kapso);
    expect(alert?.text).toMatch(
      /^kapso-whatsapp, problem: 1 answer did not reach its customer\.\nSince .* UTC\.\nSee why: /,
    );

    // The next alert is refused itself.
    await kapso.control('POST', 'faults', { kind: 'send', to: '15559990000', count: 99, ...refused });
    await gateway.end('SIGKILL');
    await poller.says('"message":"alert:gateway-away');
    await stage.until('the status says it', async () =>
      (await stage.status()).problems.join().includes('could not be given'),
    );
    const rows = async () => {
      const { stdout } = await stage.run('cli', ['outbox', 'list', '--json', '--full']);
      const all = JSON.parse(stdout) as { messages?: { id: string }[] } | { id: string }[];
      return (Array.isArray(all) ? all : (all.messages ?? [])).flatMap(({ id }) => (id.startsWith('alert:') ? id : []));
    };
    expect(
      (await rows())
        .map(id =>
          id
            .split(':')
            .filter((_, at) => at !== 2)
            .join(' '),
        )
        .sort(),
    ).toEqual(['alert gateway-away problem', 'alert replies-failed problem']);
    await killed(poller, 'Pause before the next attempt to connect');
    await poller.says('Pause before the next attempt to connect', poller.lines.length);
    expect(await rows()).toHaveLength(2);
  });

  it('outside of the window it is a template; without one, the log and the status say why it was not sent', async () => {
    const { stage, kapso } = await scene();
    const poller = await stage.startPoller({ KAPSO_ALERTS_WHATSAPP: admin, KAPSO_ALERTS_AFTER: '1' });
    await kapso.receive([{ text: '[[fail-late]]' }]);
    poller.signal('SIGUSR2');
    const line = await poller.says('The alert could not be given');
    expect(poller.lines[line]).toMatch(/more than 24 hours old/);
    await stage.until('the status says it', () => stage.statusFile().alerts?.undelivered?.way === 'whatsapp');
    expect((await stage.status()).problems).toEqual([
      '1 message was given up: no agent has it',
      expect.stringMatching(/^the alert messages-failed could not be given by WhatsApp: .*more than 24 hours old/),
    ]);
    expect(await kapso.sent()).toEqual([]);
    await poller.end();
    await kapso.control('POST', 'templates', {
      ...{ name: 'service_alert', language: 'en', status: 'APPROVED' },
      components: [{ type: 'BODY', text: 'Alert: {{1}}' }],
    });
    rmSync(join(stage.stateDir, 'alerts.json'));
    const again = stage.poller({
      KAPSO_ALERTS_AFTER: '1',
      KAPSO_ALERTS_WHATSAPP: admin,
      KAPSO_ALERTS_TEMPLATE: 'service_alert',
    });
    await again.start();
    await stage.until('it is sent', async () => (await kapso.sent()).length === 1);
    expect(JSON.stringify(await kapso.sent())).toMatch(/service_alert/);
  });
});
