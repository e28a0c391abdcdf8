import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createInstances, type Instances } from '../../src/instances/instances.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { noPostgres, type Postgres, startPostgres } from '../postgres.ts';
import { entry } from '../store/fixtures.ts';
import { account, runCli } from './program.ts';

describe.skipIf(noPostgres !== null)(noPostgres ?? 'the commands on an inbox in PostgreSQL', () => {
  let postgres: Postgres;
  let dir: string;
  let database: string;
  let store: Store;
  const run = (...args: string[]) =>
    runCli(args, { env: { KAPSO_STATE_DATABASE: database, KAPSO_STATE_DIR: dir, HOME: dir } });

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
    database = postgres.url(await postgres.createDatabase());
    store = await openStore({ dir, database, clock: systemClock });
  });
  afterEach(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });

  it('list, show, drop and retry messages, and count them', async () => {
    await store.accept(['one', 'two'].map(id => entry(`wamid.${id}-message`, { lane: id })));
    const listed = JSON.parse((await run('inbox', 'list', '--json')).stdout);
    expect(listed).toHaveLength(2);
    expect((await run('inbox', 'drop', 'one-message')).code).toBe(0);
    expect((await store.counts()).byState).toMatchObject({ pending: 1, dropped: 1 });
    expect((await run('inbox', 'retry', 'one-message')).code).toBe(0);
    expect((await store.counts()).byState).toMatchObject({ pending: 2, dropped: 0 });
    const status = await run('status');
    expect(status.code).toBe(69);
    expect(status.stdout).toMatch(/^Queue +0 held, 2 pending/m);
  });

  it('show from any machine which poller has which role, how many there are, and when each was last seen', async () => {
    const alone = (await run('status')).stdout;
    expect(alone).toMatch(/^Instances +none is seen: nobody works on the inbox$/m);
    const pollers = await Promise.all(
      [1, 2].map(() => openStore({ dir, database, clock: systemClock, delivers: true })),
    );
    const names = pollers.map(({ claims }) => claims.owner);
    const parts: Instances[] = [];
    for (const { claims } of pollers) {
      const one = createInstances({ claims, clock: systemClock, emit: () => {} });
      if (one === null) throw new Error('the store is shared');
      for (const name of ['polling:1', 'upkeep']) one.role(name);
      await one.roles.start();
      parts.push(one);
    }
    const before = Date.now();
    const { stdout } = await run('status');
    const at = stdout.indexOf('Instances');
    const lines = stdout.slice(at).split('\n').slice(0, 3);
    expect(lines[0]).toMatch(/^Instances +2 seen$/);
    const found = lines
      .slice(1)
      .toSorted((a, b) => names.findIndex(n => a.includes(n)) - names.findIndex(n => b.includes(n)));
    expect(found[0]).toMatch(/^Instance +\S+ \(pid \d+, [0-9a-f]{8}\), seen \d+ s ago: polling:1, upkeep$/);
    expect(found[1]).toMatch(/^Instance +\S+ \(pid \d+, [0-9a-f]{8}\), seen \d+ s ago: no role$/);
    const { instances } = JSON.parse((await run('status', '--json')).stdout);
    expect(instances).toMatchObject({
      free: [],
      seen: expect.arrayContaining([
        {
          ...{ name: names[0], alive: true, roles: ['polling:1', 'upkeep'], renewedAt: expect.any(Number) },
        },
      ]),
    });
    for (const { renewedAt } of instances.seen) expect(Math.abs(renewedAt - before)).toBeLessThan(15_000);
    // One that ends says so, and leaves its roles.
    await parts[0]?.roles.stop(0);
    await parts[1]?.roles.stop(0);
    const left = (await run('status')).stdout;
    expect(left).toMatch(/^Instances +none is seen/m);
    expect(left).toMatch(/^Free roles +polling:1, upkeep: nobody does that at present$/m);
    for (const one of parts) await one.leases.stop();
    for (const one of pollers) await one.close();
  });

  it('export messages with their answers, the oldest first, as SQLite does', async () => {
    const file = await openStore({ dir, clock: systemClock });
    for (const each of [store, file]) {
      for (let n = 0; n < 1203; n += 1) {
        if (n % 401 === 0)
          await each.accept(
            Array.from({ length: 401 }, (_, at) => entry(`m${n + at}`, { occurredAt: 10_000 - n - at })),
          );
      }
      const outgoing = {
        answer: 'm7',
        account: '1',
        lane: 'x',
        recipient: '+1',
        via: 'relay' as const,
        part: 1,
        parts: 1,
        sendBefore: null,
      };
      await each.settle('m7', 'answering', {
        outgoing: [{ ...outgoing, id: 'o1', message: 'm7', body: '{"text":"hello"}' }],
      });
    }
    await file.close();
    const [shared, own] = await Promise.all([
      run('inbox', 'export'),
      runCli(['inbox', 'export', '--state-dir', dir], { env: { HOME: dir } }),
    ]);
    const rows = (text: string) =>
      text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
        .map(({ id, state, answers }) => ({ id, state, answers: answers?.length }));
    expect(rows(shared.stdout)).toHaveLength(1203);
    expect(rows(shared.stdout)).toEqual(rows(own.stdout));
    const some = await run('inbox', 'export', '--since', '1970-01-01T00:00:09.990Z', '--format', 'csv');
    expect(some.stdout.trim().split('\n').length).toBeGreaterThan(10);
  });

  it('forget a person, and make the tables anew', async () => {
    expect(await run('forget', '--compact')).toMatchObject({ code: 0, stdout: 'The inbox was made anew.\n' });
  });

  it('refuse a backup of the directory, and say what to use', async () => {
    for (const command of ['backup', 'restore']) {
      const refused = await run(command, join(dir, 'file.tar'));
      expect(refused.code).toBe(64);
      expect(refused.stderr).toContain('the inbox is in PostgreSQL');
      expect(refused.stderr).toContain('pg_dump --schema=kapso_whatsapp');
    }
  });

  it('say that the database is away, with the code for another attempt, and status says the rest', async () => {
    await postgres.stop('fast');
    try {
      const list = await run('inbox', 'list');
      expect(list.code).toBe(75);
      expect(list.stderr).toMatch(/the database test_\d+ at \S+ cannot be reached/);
      expect(list.stderr).toMatch(/Pollers try again by themselves; a command is to be given again/);
      const status = await run('status');
      expect(status.code).toBe(69);
      expect(status.stdout).toMatch(/^Warning +the database test_\d+ at \S+ cannot be reached/m);
    } finally {
      await postgres.start();
    }
  });

  it('look at no file where the poller says that its inbox is in a database', async () => {
    await writeFile(join(dir, 'status.json'), JSON.stringify({ database: { name: 'the database kapso at db:5432' } }));
    for (const args of [['inbox', 'list'], ['status'], ['inbox', 'list', '--state-dir', dir]]) {
      const refused = await runCli(args, { env: { KAPSO_STATE_DIR: dir, HOME: dir } });
      expect(refused.code).toBe(78);
      expect(refused.stderr).toContain(`the poller of ${dir} has its inbox in the database kapso at db:5432`);
      expect(refused.stderr).toContain('KAPSO_STATE_DATABASE');
    }
  });

  it('do not take an address that cannot be read for none', async () => {
    const refused = await runCli(['inbox', 'list'], {
      env: { KAPSO_STATE_DATABASE_FILE: join(dir, 'missing'), KAPSO_STATE_DIR: dir, HOME: dir },
    });
    expect(refused.code).toBe(78);
    expect(refused.stderr).toContain('state.database');
  });

  it('examine it', async () => {
    const env = {
      ...account({ url: 'http://127.0.0.1:9' }),
      KAPSO_STATE_DATABASE: database,
      KAPSO_STATE_DIR: dir,
      HOME: dir,
    };
    const { stdout } = await runCli(['doctor', '--json'], { env });
    const findings = (JSON.parse(stdout).findings as { check: string; level: string; says: string }[]).filter(
      ({ check }) => check === 'database',
    );
    expect(findings).toMatchObject([
      {
        level: 'ok',
        says: expect.stringMatching(/^the database test_\d+ at \S+ lets this user in \(PostgreSQL \d\d at \S+\)$/),
      },
      { level: 'warn', says: expect.stringContaining('fsync is off') },
      { level: 'ok', says: expect.stringContaining('the inbox holds 0 messages that wait') },
    ]);
  });
});
