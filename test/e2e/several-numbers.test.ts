import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inboundRow } from '../../src/simulator/kapso-rows.ts';
import { createDelivery } from '../../src/simulator/webhook-delivery.ts';
import { numbers, startNumbers, type TestNumber, writeAccounts } from './numbers.ts';
import type { Program } from './program.ts';
import { bundles, createStage, type Kapso, type Stage } from './programs.ts';
import { seededRandom } from './random.ts';

const { sales, support, events } = numbers;
const customer = '+15551234567';

interface Scene {
  stage: Stage;
  of: Record<string, Kapso>;
}

async function scene(given: readonly TestNumber[], accounts: Parameters<typeof writeAccounts>[2] = {}): Promise<Scene> {
  const stage = createStage();
  const { of } = await startNumbers(stage, given);
  writeAccounts(stage, given, accounts);
  return { stage, of };
}

const kapsoOf = ({ of }: Scene, { name }: TestNumber): Kapso => of[name] ?? expect.fail(`there is no Kapso of ${name}`);
const textsOf = async (kapso: Kapso) => (await kapso.sent()).map(({ to, text }) => `${to} ${text}`);

/** Starts the poller; every number receives what comes from now on. */
async function startPoller({ stage, of }: Scene, env: Record<string, string> = {}) {
  const poller = stage.poller(env);
  await poller.start();
  await Promise.all(Object.values(of).map(kapso => kapso.reaches('list', 1)));
  return poller;
}

describe('polling of several numbers', () => {
  it('answers each customer by the number that was written to, in a session of its own', async () => {
    const at = await scene([sales, support], { each: { sales: { continues: true }, support: { agent: 'help' } } });
    const gateway = await at.stage.startGateway();
    await gateway.control('POST', 'config', { agents: 'help' });
    const poller = await startPoller(at);
    await kapsoOf(at, sales).receive([{ id: 'wamid.a', from: customer, text: 'to sales' }]);
    await kapsoOf(at, support).receive([{ id: 'wamid.b', from: customer, text: 'to support' }]);
    poller.signal('SIGUSR2');
    await Promise.all([kapsoOf(at, sales).reaches('sent', 1), kapsoOf(at, support).reaches('sent', 1)]);
    expect(await textsOf(kapsoOf(at, sales))).toEqual([`${customer} You said: to sales`]);
    expect(await textsOf(kapsoOf(at, support))).toEqual([`${customer} You said: to support`]);
    const runs = (await gateway.runs()).map(({ key, session }) => [key, session]).sort();
    expect(runs).toEqual([
      ['wamid.a', `agent:main:kapso:direct:${customer}`],
      ['wamid.b', `agent:help:kapso:${support.id}:direct:${customer}`],
    ]);
    expect((await at.stage.inbox()).map(({ id, account }) => [id, account]).sort()).toEqual([
      ['wamid.a', sales.id],
      ['wamid.b', support.id],
    ]);
    // Each marks as read what it has received.
    expect((await kapsoOf(at, support).reads()).map(({ messageId }) => messageId)).toEqual(['wamid.b']);
    const files = (name: string) => existsSync(join(at.stage.stateDir, name));
    expect(['last-poll', `last-poll.${support.id}`, `last-poll.${sales.id}`].map(files)).toEqual([true, true, false]);
  });

  it('goes on for the others when the key of one is refused', async () => {
    const at = await scene([sales, support], { each: { support: { apiKey: 'a-key-that-is-refused-77' } } });
    await at.stage.startGateway();
    const poller = at.stage.poller();
    await poller.start();
    await kapsoOf(at, sales).reaches('list', 1);
    await poller.says('Polling Kapso failed, and will until somebody puts it right');
    for (const text of ['first', 'second']) {
      await kapsoOf(at, sales).receive([{ from: customer, text }]);
      poller.signal('SIGUSR2');
      await kapsoOf(at, sales).reaches('sent', text === 'first' ? 1 : 2);
    }
    expect(poller.endings).toEqual([]);
    const refused = poller.lines.map(line => JSON.parse(line) as { account?: string; msg: string });
    const failing = refused.filter(({ msg }) => msg.startsWith('Polling Kapso failed'));
    expect(new Set(failing.map(({ account }) => account))).toEqual(new Set(['support']));
    await poller.end('SIGTERM');
    // The same once: what there is of the others is done, and somebody should see it.
    await kapsoOf(at, sales).receive([{ from: customer, text: 'third' }]);
    expect(await at.stage.run('poller', ['--once'])).toMatchObject({ code: 77 });
    expect((await textsOf(kapsoOf(at, sales))).at(-1)).toBe(`${customer} You said: third`);
  });
});

describe('a number from before there were accounts', () => {
  it('that does not say so is named at the start and by doctor, since its customers would begin anew', async () => {
    const given = [support, sales];
    const at = await scene(given, { each: { sales: { continues: true } } });
    await at.stage.startGateway();
    const before = await startPoller(at);
    await kapsoOf(at, sales).receive([{ from: customer, text: 'before' }]);
    before.signal('SIGUSR2');
    await at.stage.holds('settled', 1);
    await before.end('SIGTERM');
    expect(before.lines.join('\n')).not.toContain('accounts[1].continues');
    expect((await at.stage.run('cli', ['doctor'])).stdout).not.toContain('continues');

    writeAccounts(at.stage, given);
    const after = at.stage.poller();
    await after.start();
    await after.says('set accounts[1].continues: true and restart');
    const { stdout } = await at.stage.run('cli', ['doctor']);
    expect(stdout).toMatch(/WARN .*the conversations of the account sales are from before/i);
    expect(stdout).toContain('Set accounts[1].continues: true');
  });
});

describe('what waits of a number that is taken out of the list', () => {
  it.each([
    ['several are left', [sales, events]],
    ['one is left', [sales]],
  ])('waits for it, and is not answered by another one, where %s', async (_, left) => {
    const all = [sales, support, ...left.filter(number => number !== sales)];
    const at = await scene(all);
    const poller = await startPoller(at);
    for (const number of [sales, support]) {
      await kapsoOf(at, number).receive([{ id: `wamid.${number.name}`, from: customer, text: `to ${number.name}` }]);
    }
    poller.signal('SIGUSR2');
    await at.stage.holds('pending', 2);
    await poller.end('SIGTERM');
    writeAccounts(at.stage, left);
    const gateway = await at.stage.startGateway();
    const next = at.stage.poller();
    await next.start();
    await kapsoOf(at, sales).reaches('sent', 1);
    await kapsoOf(at, sales).receive([{ from: customer, text: 'more' }]);
    next.signal('SIGUSR2');
    await kapsoOf(at, sales).reaches('sent', 2);
    expect((await gateway.runs()).map(({ reply }) => reply)).toEqual(['You said: to sales', 'You said: more']);
    expect(await at.stage.inbox()).toContainEqual(expect.objectContaining({ id: 'wamid.support', state: 'pending' }));
    await next.end('SIGTERM');
    writeAccounts(at.stage, all);
    await next.start();
    await kapsoOf(at, support).reaches('sent', 1);
    expect(await textsOf(kapsoOf(at, support))).toEqual([`${customer} You said: to support`]);
    expect(await textsOf(kapsoOf(at, sales))).toEqual(
      ['to sales', 'more'].map(text => `${customer} You said: ${text}`),
    );
  });
});

describe('who waits for an approval by a number that is taken out of the list', () => {
  it('is not let in by the rules of the one that is left', async () => {
    const access = (policy: string) => ({ access: { policy } });
    const at = await scene([sales, support], { each: { sales: access('pairing'), support: access('pairing') } });
    await at.stage.startGateway();
    const poller = await startPoller(at);
    // The one who waits for less time is looked at first.
    for (const [count, number] of [sales, support].entries()) {
      await kapsoOf(at, number).receive([{ from: customer, text: `to ${number.name}` }]);
      poller.signal('SIGUSR2');
      await at.stage.holds('unpaired', count + 1);
    }
    await poller.end('SIGTERM');
    writeAccounts(at.stage, [sales], { each: { sales: access('open') } });
    await poller.start();
    await at.stage.holds('settled', 1);
    const states = (await at.stage.inbox()).map(({ account, state }) => [account, state]).sort();
    expect(states).toEqual([
      [sales.id, 'settled'],
      [support.id, 'unpaired'],
    ]);
  });
});

describe('the same customer writing to several numbers at the same time', () => {
  it('never gets an answer by another number than that which it wrote to, whenever the poller is killed', async () => {
    const each = Object.fromEntries([sales, support, events].map(({ name }) => [name, { polling: { interval: 5 } }]));
    const at = await scene([sales, support, events], { each });
    await at.stage.startGateway();
    const given = [sales, support, events];
    const many = 12;
    const random = seededRandom(20_260_601);
    const poller = await startPoller(at);
    for (let turn = 0; turn < many; turn += 1) {
      await Promise.all(
        given.map(number => kapsoOf(at, number).receive([{ from: customer, text: `${number.name} ${turn}` }])),
      );
      poller.signal('SIGUSR2');
      if (random() < 0.5) {
        await poller.end('SIGKILL');
        await poller.start();
      }
    }
    poller.signal('SIGUSR2');
    await Promise.all(given.map(number => kapsoOf(at, number).reaches('sent', many)));
    for (const number of given) {
      const wanted = Array.from({ length: many }, (_, turn) => `${customer} You said: ${number.name} ${turn}`);
      expect(await textsOf(kapsoOf(at, number))).toEqual(wanted);
    }
    const entries = await at.stage.inbox();
    expect(entries.map(({ state }) => state)).toEqual(entries.map(() => 'settled'));
  });

  it('is answered by an agent that runs the command with the number that it was told', async () => {
    const at = await scene([sales, support], { all: { reply: { via: 'agent' } } });
    await at.stage.startGateway(['--reply', 'cli', '--cli', bundles.cli]);
    const poller = await startPoller(at);
    for (const number of [sales, support])
      await kapsoOf(at, number).receive([{ from: customer, text: `to ${number.name}` }]);
    poller.signal('SIGUSR2');
    await at.stage.holds('settled', 2);
    for (const number of [sales, support]) {
      expect(await textsOf(kapsoOf(at, number))).toEqual([`${customer} You said: to ${number.name}`]);
    }
    expect((await at.stage.inbox()).map(({ outcome }) => outcome)).toEqual(['answered', 'answered']);
  });
});

describe('webhooks of several numbers', () => {
  const secrets = { [sales.id]: 'signing-secret-of-sales', [support.id]: 'signing-secret-of-support' };
  const each = Object.fromEntries([sales, support].map(({ name, id }) => [name, { webhook: { secret: secrets[id] } }]));
  const listening = { mode: 'domain', webhook: { listen: '127.0.0.1:0', verifyToken: 'verify-me' } };

  async function post(url: string, { id }: TestNumber, secret: string, wamid: string): Promise<number> {
    const who = { phone: customer.slice(1), userId: null, username: null, name: 'Ada' };
    const row = inboundRow({ id: wamid, customer: who, text: wamid, timestamp: Math.floor(Date.now() / 1000) });
    const event = 'whatsapp.message.received';
    const { body, headers } = createDelivery({ form: 'v2', event, rows: [row], phoneNumberId: id }, secret);
    const { status } = await fetch(url, { method: 'POST', body, headers });
    return status;
  }

  /** Where the present process takes deliveries. */
  async function addressOf({ stage }: Scene, poller: Program): Promise<string> {
    await stage.until('its status is written', () => {
      const file = join(stage.stateDir, 'status.json');
      const { pid, webhook } = existsSync(file) ? stage.statusFile() : { pid: 0, webhook: null };
      return pid === poller.pid && webhook !== null;
    });
    return `http://${stage.statusFile().webhook?.address}/webhook`;
  }

  it('come in at one address, each by its own secret, also over a restart', async () => {
    const at = await scene([sales, support], { each, all: listening });
    await at.stage.startGateway();
    const poller = at.stage.poller();
    for (const life of [1, 2]) {
      await poller.start();
      const url = await addressOf(at, poller);
      for (const number of [sales, support]) {
        const other = number === sales ? support : sales;
        expect(await post(url, number, secrets[other.id] ?? '', `wamid.forged.${number.name}`)).toBe(401);
        expect(await post(url, number, secrets[number.id] ?? '', `wamid.${number.name}.${life}`)).toBe(200);
      }
      await Promise.all([sales, support].map(number => kapsoOf(at, number).reaches('sent', life)));
      await poller.end(life === 1 ? 'SIGKILL' : 'SIGTERM');
    }
    for (const number of [sales, support]) {
      expect(await textsOf(kapsoOf(at, number))).toEqual(
        [1, 2].map(life => `${customer} You said: wamid.${number.name}.${life}`),
      );
    }
  });

  it('are registered for each number, with a secret that is made for each', async () => {
    const at = await scene([sales, support], {
      each: { sales: { continues: true } },
      all: {
        ...listening,
        webhook: { ...listening.webhook, register: true, publicUrl: 'https://kapso-whatsapp.example.com/webhook' },
      },
    });
    await at.stage.startGateway();
    const poller = at.stage.poller();
    await poller.start();
    const registrations = ['webhook-registration.json', `webhook-registration.${support.id}.json`];
    await at.stage.until('both are registered', () =>
      registrations.every(name => existsSync(join(at.stage.stateDir, name))),
    );
    for (const number of [sales, support]) {
      expect(await kapsoOf(at, number).control('GET', 'state')).toMatchObject({ webhooks: [{ active: true }] });
    }
    const read = (name: string) => readFileSync(join(at.stage.stateDir, name), 'utf8').trim();
    const made = [read('webhook-secret'), read(`webhook-secret.${support.id}`)];
    expect(new Set(made).size).toBe(2);
    const url = await addressOf(at, poller);
    expect(await post(url, sales, made[0] ?? '', 'wamid.to-sales')).toBe(200);
    expect(await post(url, support, made[0] ?? '', 'wamid.forged')).toBe(401);
    expect(await post(url, support, made[1] ?? '', 'wamid.to-support')).toBe(200);
  });
});

describe('a reload', () => {
  it('changes what one number has, and says that a new number needs a restart', async () => {
    const given = [sales, support];
    const at = await scene(given);
    await at.stage.startGateway();
    const poller = await startPoller(at);
    writeAccounts(at.stage, given, { each: { support: { access: { policy: 'disabled' } } } });
    poller.signal('SIGHUP');
    await poller.says('accounts.support.access.policy');
    for (const number of given) await kapsoOf(at, number).receive([{ from: customer, text: number.name }]);
    poller.signal('SIGUSR2');
    await at.stage.holds('denied', 1);
    await at.stage.holds('settled', 1);
    writeAccounts(at.stage, [sales, events]);
    poller.signal('SIGHUP');
    await poller.says('accounts.events (new) accounts.support (taken away)');
    // The number that was taken away goes on until then.
    await kapsoOf(at, sales).receive([{ from: customer, text: 'more' }]);
    poller.signal('SIGUSR2');
    await at.stage.holds('settled', 2);
  });
});

describe('the command line with several numbers', () => {
  it('sends from the number that is named, or that a message tells, and asks where it is not known', async () => {
    const at = await scene([sales, support]);
    await at.stage.startGateway();
    const poller = await startPoller(at);
    await kapsoOf(at, support).receive([{ id: 'wamid.question', from: customer, text: 'a question' }]);
    poller.signal('SIGUSR2');
    await at.stage.holds('settled', 1);
    const send = (...args: string[]) => at.stage.run('cli', ['send', '--to', customer, '--text', ...args]);
    const asked = await send('nobody knows');
    expect(asked).toMatchObject({ code: 64, stdout: '' });
    expect(asked.stderr).toContain('Give one with --from: sales, support');
    expect(await send('by name', '--from', 'sales')).toMatchObject({ code: 0 });
    expect(await send('by id', '--from', support.id)).toMatchObject({ code: 0 });
    expect(await send('by message', '--reply-to', 'wamid.question')).toMatchObject({ code: 0 });
    expect((await send('wrong', '--from', 'nobody')).stderr).toContain('no account is called "nobody"');
    expect(await textsOf(kapsoOf(at, sales))).toEqual([`${customer} by name`]);
    expect(await textsOf(kapsoOf(at, support))).toEqual(
      ['You said: a question', 'by id', 'by message'].map(text => `${customer} ${text}`),
    );
    expect(await at.stage.run('cli', ['read', 'wamid.question'])).toMatchObject({ code: 0 });
    expect((await at.stage.run('cli', ['templates', 'list'])).code).toBe(64);
    expect((await at.stage.run('cli', ['templates', 'list', '--from', 'sales'])).code).toBe(0);
    expect(JSON.parse((await at.stage.run('cli', ['webhook', 'list', '--json'])).stdout)).toEqual([]);
  });

  it('shows of which number each thing is, and takes a name for the number in its lists', async () => {
    const at = await scene([sales, support], { each: { support: { access: { policy: 'disabled' } } } });
    await at.stage.startGateway();
    const poller = await startPoller(at);
    for (const number of [sales, support]) await kapsoOf(at, number).receive([{ from: customer, text: number.name }]);
    poller.signal('SIGUSR2');
    await at.stage.holds('settled', 1);
    await at.stage.holds('denied', 1);
    await kapsoOf(at, sales).reaches('sent', 1);
    await at.stage.until('its status is written', () => existsSync(join(at.stage.stateDir, 'status.json')));
    const cli = async (...args: string[]) => {
      const { code, stdout, stderr } = await at.stage.run('cli', args);
      expect([code, stderr]).toEqual([0, '']);
      return stdout;
    };
    expect(await cli('inbox', 'list')).toMatch(/^ACCOUNT +ID .*(\n(sales|support) .*){2}\n$/);
    expect(JSON.parse(await cli('inbox', 'list', '--json', '--state', 'denied'))).toMatchObject([
      { account: 'support' },
    ]);
    expect(await cli('outbox', 'list', '--state', 'sent')).toMatch(/^ACCOUNT +ID .*\nsales .*\n$/);
    expect(await cli('contacts', 'list')).toMatch(/^ACCOUNT +CONTACT .*(\n(sales|support) .*){2}\n$/);
    expect(await cli('contacts', 'list', '--account', 'support')).toMatch(/^ACCOUNT .*\nsupport .*\n$/);
    await cli('access', 'deny', customer, '--account', 'support');
    expect(await cli('access', 'list')).toMatch(/^ACCOUNT +STATE .*\nsupport +blocked .*\n$/);
    expect((await cli('inbox', 'export', '--account', 'sales')).trim().split('\n')).toHaveLength(1);
    const traced = JSON.parse(await cli('inbox', 'list', '--json', '--state', 'denied')) as { ref: string }[];
    expect(await cli('trace', traced[0]?.ref ?? '')).toMatch(/^Number +support$/m);
    expect(await at.stage.run('cli', ['contacts', 'list', '--account', 'nobody'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('The accounts are sales, support'),
    });
    expect(await cli('status')).toMatch(/sales[\s\S]*support/);
  });
});
