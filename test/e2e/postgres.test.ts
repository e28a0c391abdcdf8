import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCutProxy } from '../cut-proxy.ts';
import { noPostgres, type Postgres, password, startPostgres } from '../postgres.ts';
import { createStage, type Stage } from './programs.ts';

const texts = ['one', 'two', 'three'];
const messages = texts.map((text, n) => ({ text, from: `+1555000${1000 + (n % 2)}` }));

describe.skipIf(noPostgres !== null)(noPostgres ?? 'an inbox in PostgreSQL', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres({ durable: true });
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  async function start() {
    const database = postgres.url(await postgres.createDatabase(), { host: '127.0.0.1' });
    const stage = createStage({ database });
    const [kapso, gateway] = [await stage.startKapso(), await stage.startGateway()];
    return { stage, kapso, gateway, database };
  }

  /** Everything that a program has said, or a command prints, is without the password. */
  async function expectNoSecret(stage: Stage, lines: readonly string[]): Promise<void> {
    const commands = [['status'], ['status', '--json'], ['config', 'show'], ['doctor'], ['inbox', 'list']];
    const printed = await Promise.all(commands.map(args => stage.run('cli', args)));
    const all = [...lines, ...printed.flatMap(({ stdout, stderr }) => [stdout, stderr])].join('\n');
    expect(all).toContain(`test_`);
    expect(all).not.toContain(password);
    expect(all).not.toContain(encodeURIComponent(password));
  }

  it('has every message run once and answered, is shown by the commands, and keeps its password to itself', async () => {
    const { stage, kapso, gateway } = await start();
    const poller = await stage.startPoller();
    await kapso.receive(messages);
    poller.signal('SIGUSR2');
    await stage.holds('settled', 3);
    const runs = await gateway.runs();
    expect(runs.map(({ reply }) => reply).toSorted()).toEqual(texts.map(text => `You said: ${text}`).toSorted());
    await stage.until('all answers are sent', async () => (await kapso.sent()).length === 3);
    await stage.until('the gateway is there', () => stage.statusFile().gateway.phase === 'connected');
    expect(await stage.status()).toMatchObject({ running: true, healthy: true, problems: [] });
    expect((await stage.run('cli', ['status'])).stdout).toMatch(
      /^Database +the database test_\d+ at 127\.0\.0\.1:\d+, PostgreSQL \d\d/m,
    );
    await expectNoSecret(stage, poller.lines);
  });

  it('is waited for at the start, and again when it goes away; nothing is lost and nothing run twice', async () => {
    const { stage, kapso, gateway } = await start();
    await postgres.stop('fast');
    const poller = stage.poller();
    const started = poller.start();
    await poller.says('The inbox cannot be used yet').catch(() => undefined);
    await postgres.start();
    await started;
    await poller.says('"from":');
    await poller.says('The database of the inbox is connected');

    await postgres.stop('immediate');
    await kapso.receive(messages);
    poller.signal('SIGUSR2');
    await poller.says('The database of the inbox cannot be used');
    await stage.until('the status says it', () => stage.statusFile().database?.error !== null);
    const away = await stage.run('cli', ['status']);
    expect(away.code).toBe(75);
    expect(away.stdout).toMatch(/^Database +the database test_\d+ at 127\.0\.0\.1:\d+: away for /m);
    expect(away.stdout).toMatch(/^Problem +the inbox cannot be used: the database test_\d+/m);

    await postgres.start();
    await stage.holds('settled', 3);
    expect((await gateway.runs()).map(({ reply }) => reply).toSorted()).toEqual(
      texts.map(text => `You said: ${text}`).toSorted(),
    );
    await stage.until('the status is well', () => stage.statusFile().database?.error === null);
    await expectNoSecret(stage, poller.lines);
  });

  it.each([
    ['a number is opened', 'INSERT INTO accounts'],
    ['answers that wait are looked for', 'SELECT DISTINCT lane FROM outbox'],
    ['commands of operators are looked for', 'target_run AS'],
  ])('goes away in the middle of the start, when %s: the poller waits for it, and does not end', async (_, text) => {
    const { stage, kapso, database } = await start();
    const proxy = await startCutProxy(postgres.port);
    const url = new URL(database);
    url.port = String(proxy.port);
    const poller = stage.poller({ KAPSO_STATE_DATABASE: url.href });
    const away = proxy.closeAfter(text);
    const started = poller.start();
    started.catch(() => undefined);
    await away;
    await poller.says('broke the connection');
    proxy.heal();
    await started;
    await poller.says('"from":');
    await kapso.receive(messages);
    poller.signal('SIGUSR2');
    await stage.holds('settled', 3);
    expect(poller.endings).toEqual([]);
    await poller.end();
    await proxy[Symbol.asyncDispose]();
  });

  it('that is away, or lost, does not make a defect of being told to stop', async () => {
    for (const lose of [() => postgres.stop('fast'), (name: string) => postgres.dropDatabase(name)]) {
      const { stage, database } = await start();
      const poller = await stage.startPoller();
      await poller.says('"from":');
      await lose(new URL(database).pathname.slice(1));
      await poller.says('The database of the inbox cannot be used');
      const ended = await poller.end('SIGTERM');
      if (lose.length === 0) await postgres.start();
      expect(ended).toEqual({ code: 0, signal: null });
      expect(poller.lines.join('\n')).not.toContain('defect');
    }
  });

  it('that lets the user in no more is tried again, and status says so', async () => {
    const { stage, kapso, database } = await start();
    const name = new URL(database).pathname.slice(1);
    const poller = await stage.startPoller();
    await kapso.receive(messages.slice(0, 1));
    poller.signal('SIGUSR2');
    await stage.holds('settled', 1);
    await kapso.reaches('sent', 1);

    await postgres.query('postgres', `ALTER ROLE kapso PASSWORD 'another'`);
    await postgres.query(
      'postgres',
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
    );
    await poller.says('refused the password of the user kapso');
    await stage.until('the status says it', () => stage.statusFile().database?.error !== null);
    const refused = await stage.run('cli', ['status']);
    expect(refused.code).toBe(75);
    expect(refused.stdout).toMatch(/^Database +the database test_\d+ at 127\.0\.0\.1:\d+: away for /m);
    expect(refused.stdout).toContain('refused the password of the user kapso');
    await postgres.query('postgres', `ALTER ROLE kapso PASSWORD '${password}'`);
    await stage.until('the status is well', () => stage.statusFile().database?.error === null);

    // Whoever may not use a schema is told that what is in it is not there.
    await postgres.query(name, 'ALTER SCHEMA kapso_whatsapp OWNER TO postgres');
    await kapso.receive(messages.slice(1, 2));
    poller.signal('SIGUSR2');
    await poller.says('has no inbox any more that the user kapso may use');
    expect(poller.lines.join('\n')).not.toContain('damaged');
    await postgres.query(name, 'ALTER SCHEMA kapso_whatsapp OWNER TO kapso');
    await kapso.reaches('sent', 2);
    expect(await poller.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('that refuses the password ends the start with 78 and what to do', async () => {
    const { stage, database } = await start();
    const wrong = database.replace(/:[^:@/]+@/, ':wrong-password@');
    const ended = await stage.run('poller', [], { KAPSO_STATE_DATABASE: wrong });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain('refused the password of the user kapso');
    expect(ended.stderr).toContain('kapso-whatsapp-cli explain STORE_REFUSED');
    expect(ended.stderr).not.toContain('wrong-password');
  });
});
