/** What concerns one of several pollers on one inbox: its key, its secret, its state directory. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inboundRow } from '../../src/simulator/kapso-rows.ts';
import { createDelivery } from '../../src/simulator/webhook-delivery.ts';
import { noPostgres, type Postgres, startPostgres } from '../postgres.ts';
import type { Program } from './program.ts';
import { createStage, phoneNumberId, type Stage } from './programs.ts';

const customer = '+15551234567';
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe.skipIf(noPostgres !== null)(noPostgres ?? 'several pollers on one inbox', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  async function start() {
    const stage = createStage({ database: postgres.url(await postgres.createDatabase(), { host: '127.0.0.1' }) });
    return { stage, kapso: await stage.startKapso(), gateway: await stage.startGateway() };
  }

  /** The environment of another machine. */
  const elsewhere = ({ dir }: Stage, name = 'elsewhere') => ({ KAPSO_STATE_DIR: join(dir, name) });

  /** Has a first poller put the first start behind, and ends it. */
  async function begin(stage: Stage): Promise<void> {
    const poller = await startFirst(stage);
    await poller.end('SIGTERM');
  }

  async function startFirst(stage: Stage): Promise<Program> {
    const poller = await stage.startPoller();
    await stage.until('it has polled', () => existsSync(join(stage.stateDir, 'last-poll')));
    return poller;
  }

  it('one whose key is refused leaves polling to another one, and its answers too', async () => {
    const { stage, kapso } = await start();
    await begin(stage);
    const refused = stage.poller({ KAPSO_API_KEY: 'a-key-that-is-refused-77' });
    await refused.start();
    await refused.says('Polling Kapso failed');
    await kapso.receive([{ id: 'wamid.one', from: customer, text: 'one' }]);
    const other = stage.poller(elsewhere(stage));
    await other.start();
    // Before it saw the other one, it went on. It asks again when it is told to.
    await stage.until('the refused one sees the other', async () => {
      refused.signal('SIGUSR2');
      return refused.lines.some(line => line.includes('A role is left to another process'));
    });
    await kapso.reaches('sent', 1);
    expect((await kapso.sent()).map(({ to, text }) => [to, text])).toEqual([[customer, 'You said: one']]);
    await stage.until('its status says it', () => {
      const { roles, polling } = stage.statusFile();
      return (roles?.givenUp ?? []).length === 1 && polling === null;
    });
    const { stdout } = await stage.run('cli', ['status']);
    expect(stdout).toMatch(
      new RegExp(`^Given up +polling:${phoneNumberId}, \\d+ s ago, to others: polling failed: .*401`, 'm'),
    );
    expect(stdout).not.toMatch(/^Problem +polling fails/m);
  });

  it('an answer waits for the machine that has its file, says which, and is sent when the file is there', async () => {
    const { stage, kapso, gateway } = await start();
    const workspace = join(stage.dir, 'workspace');
    mkdirSync(workspace);
    writeFileSync(join(workspace, 'pic.png'), png);
    await gateway.control('POST', 'config', { workspace });
    Object.assign(stage.env, { KAPSO_REPLY_VIA: 'relay', KAPSO_RECEIPTS_READ: 'false' });
    const first = await startFirst(stage);
    await kapso.control('POST', 'faults', { kind: 'upload', status: 503, count: 1000 });
    await kapso.receive([{ from: customer, text: 'look\n[[attach ./pic.png]]' }]);
    first.signal('SIGUSR2');
    await first.says('Reply put off');
    await first.end('SIGKILL');
    await kapso.control('DELETE', 'faults');
    const copies = join(stage.stateDir, 'outgoing');
    renameSync(copies, join(stage.dir, 'gone with its machine'));
    const second = stage.poller(elsewhere(stage));
    await second.start();
    const at = await second.says('Its file is on');
    const [, machine, path] =
      /Its file is on (\S+), as (\S+): it waits for the poller there/.exec(second.lines[at] ?? '') ?? [];
    expect([machine, path]).toEqual([hostname(), expect.stringContaining(`${copies}/`)]);
    expect((await stage.run('cli', ['outbox', 'list', '--state', 'pending'])).stdout).toContain(
      `Its file is on ${machine}`,
    );
    renameSync(join(stage.dir, 'gone with its machine'), copies);
    await kapso.reaches('sent', 1);
    expect((await kapso.sent()).map(({ type }) => type)).toEqual(['image']);
  });

  describe('--once', () => {
    it('hands over what there is, as it does with an inbox of its own', async () => {
      const { stage, kapso, gateway } = await start();
      await begin(stage);
      await kapso.receive(['one', 'two'].map(text => ({ from: customer, text })));
      expect(await stage.run('poller', ['--once'])).toMatchObject({ code: 0 });
      expect((await gateway.runs()).map(({ reply }) => reply)).toEqual(['You said: one', 'You said: two']);
      expect(await kapso.sent()).toHaveLength(2);
    });

    it('ends with what waits when the gateway cannot be reached', async () => {
      const { stage, kapso, gateway } = await start();
      await begin(stage);
      await kapso.receive([{ from: customer, text: 'one' }]);
      await gateway.end('SIGKILL');
      expect(await stage.run('poller', ['--once'])).toMatchObject({ code: 75 });
      await stage.holds('pending', 1);
    });

    it('leaves polling, and what it works on, to a poller that runs', async () => {
      const { stage, kapso } = await start();
      stage.env.KAPSO_POLL_INTERVAL = '600';
      const poller = await startFirst(stage);
      const lists = (await kapso.lists()).length;
      const once = await stage.run('poller', ['--once'], elsewhere(stage));
      expect(once).toMatchObject({ code: 0 });
      expect(poller.endings).toEqual([]);
      expect(once.stderr).not.toContain('"found"');
      expect(await kapso.lists()).toHaveLength(lists);
    });
  });

  describe('the signing secret', () => {
    const listening = {
      ...{ KAPSO_MODE: 'domain', KAPSO_WEBHOOK_ADDR: '127.0.0.1:0', KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify-me' },
      KAPSO_WEBHOOK_REQUIRE_SIGNATURE: 'true',
    };

    async function post(poller: Program, secret: string, id: string): Promise<number> {
      const at = await poller.says('The webhook server is listening');
      const { address, path } = JSON.parse(poller.lines[at] ?? '') as { address: string; path: string };
      const who = { phone: customer.slice(1), userId: null, username: null, name: 'Ada' };
      const row = inboundRow({ id, customer: who, text: id, timestamp: Math.floor(Date.now() / 1000) });
      const event = 'whatsapp.message.received';
      const { body, headers } = createDelivery({ form: 'v2', event, rows: [row], phoneNumberId }, secret);
      return (await fetch(`http://${address}${path}`, { method: 'POST', body, headers })).status;
    }

    it('that one machine has is that of all, also where webhooks must be signed', async () => {
      const { stage } = await start();
      mkdirSync(stage.stateDir, { mode: 0o700 });
      writeFileSync(join(stage.stateDir, 'webhook-secret'), 'the-secret-of-the-first\n', { mode: 0o600 });
      const [first, second] = [stage.poller(listening), stage.poller({ ...listening, ...elsewhere(stage) })];
      await first.start();
      await first.says('The webhook server is listening');
      await second.start();
      expect(await post(second, 'another-secret', 'wamid.forged')).toBe(401);
      expect(await post(second, 'the-secret-of-the-first', 'wamid.right')).toBe(200);
      expect(await post(first, 'the-secret-of-the-first', 'wamid.right')).toBe(200);
    });

    it('is asked for at the start where no machine has one', async () => {
      const { stage } = await start();
      const ended = await stage.run('poller', [], listening);
      expect(ended.code).toBe(78);
      expect(ended.stderr).toContain('kapso-whatsapp-cli explain WEBHOOK_SECRET_MISSING');
    });

    it('is the one with which a command on any machine registers the webhook', async () => {
      const { stage, kapso } = await start();
      const register = (env: Record<string, string>) =>
        stage.run('cli', ['webhook', 'register', '--url', 'https://whatsapp.example.com/webhook'], {
          ...listening,
          ...env,
        });
      expect(await register({})).toMatchObject({ code: 0 });
      const secretIn = (dir: string) => readFileSync(join(dir, 'webhook-secret'), 'utf8').trim();
      const secret = secretIn(stage.stateDir);
      const poller = stage.poller({ ...listening, ...elsewhere(stage) });
      await poller.start();
      expect(await register(elsewhere(stage, 'third'))).toMatchObject({ code: 0 });
      expect(secretIn(join(stage.dir, 'third'))).toBe(secret);
      expect((await kapso.control<{ webhooks: unknown[] }>('GET', 'state')).webhooks).toHaveLength(1);
      expect(await post(poller, secret, 'wamid.right')).toBe(200);
    });
  });
});
