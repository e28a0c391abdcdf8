import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { acquireLock } from '../../src/state/lock.ts';
import { openStore } from '../../src/store/open.ts';
import { noPostgres, type Postgres, password, startPostgres } from '../postgres.ts';
import { temporaryDirectory } from '../store/fixtures.ts';
import { entries, fill } from '../store/move/filled.ts';
import { onTerminal } from './on-terminal.ts';
import { runCli } from './program.ts';

test('an address with a password is refused, and nothing of it is shown', async () => {
  for (const address of ['postgresql://me:s3cret-word@db/x', 'postgres://db/x?password=s3cret-word']) {
    for (const more of [[], ['--json']]) {
      const ended = await runCli(['state', 'migrate', '--to', address, ...more]);
      expect(ended.code).toBe(64);
      expect(ended.stdout + ended.stderr).toMatch(/KAPSO_STATE_DATABASE_FILE/);
      expect(ended.stdout + ended.stderr).not.toContain('s3cret-word');
    }
  }
});

test.each([
  [['state', 'migrate'], 64, /state migrate needs --to/],
  [['state', 'migrate', '--to', 'mysql'], 64, /--to takes postgresql, sqlite/],
  [['state', 'migrate', '--to', 'postgresql://h:0/x'], 64, /the address after --to has a port/],
  [['state', 'migrate', '--to', 'sqlite'], 78, /no database is configured \(state.database\)/],
])('%j ends with %d', async (args, code, message) => {
  const ended = await runCli(args);
  expect(ended.code).toBe(code);
  expect(ended.stderr).toMatch(message);
});

describe.skipIf(noPostgres !== null)(noPostgres ?? 'kapso-whatsapp-cli state migrate', () => {
  let postgres: Postgres;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let dir: string;
  let database: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());
  beforeEach(async () => {
    directory = await temporaryDirectory();
    dir = join(directory.path, 'state');
    database = await postgres.createDatabase();
    const file = join(directory.path, 'address');
    await writeFile(file, `${postgres.url(database, { host: '127.0.0.1' })}\n`, { mode: 0o600 });
    env = { KAPSO_STATE_DATABASE_FILE: file };
  });
  afterEach(() => directory[Symbol.asyncDispose]());

  const migrate = (...args: string[]) => runCli(['state', 'migrate', '--state-dir', dir, ...args], { env });

  test('moves there and back, with the same digest, and says what to do next', async () => {
    await fill(dir);
    const there = await migrate('--to', 'postgresql');
    expect(there).toMatchObject({ code: 0, stderr: '' });
    expect(there.stdout).toMatch(
      new RegExp(`^entries +${entries} +[0-9a-f]{64} +1 dropped, 1 failed, ${entries - 11} pending, 9 settled$`, 'm'),
    );
    expect(there.stdout).toMatch(/Set state.database to it .*, and start the poller/);

    const status = await runCli(['inbox', 'list', '--state-dir', dir]);
    expect([status.code, status.stderr]).toEqual([
      78,
      expect.stringMatching(/was moved to the database test_.* is not used here/),
    ]);
    expect((await runCli(['backup', join(dir, 'b.tar'), '--state-dir', dir])).stderr).toMatch(
      /was moved to the database/,
    );

    const back = await migrate('--to', 'sqlite', '--json');
    const said = JSON.parse(back.stdout);
    expect(said).toMatchObject({
      to: `the inbox ${dir}/inbox.sqlite`,
      kept: 0,
      tables: { entries: { rows: entries } },
    });
    expect(there.stdout).toContain(`sha256 of all: ${said.sha256}`);
    expect(there.stdout + back.stdout).not.toContain(password);
    const store = await openStore({ dir, clock: systemClock });
    expect((await store.counts()).byState.settled).toBe(9);
    await store.close();
  });

  test('after a move the commands look where the inbox is, also before a poller was started there', async () => {
    await fill(dir);
    const look = async (more: Record<string, string>) => {
      const commands = [['inbox', 'list'], ['status'], ['backup', join(directory.path, `${randomUUID()}.tar`)]];
      const ended = await Promise.all(
        commands.map(args => runCli(args, { env: { KAPSO_STATE_DIR: dir, HOME: dir, ...more } })),
      );
      return ended.map(({ code, stderr }) => [code, stderr.split('\n')[0]]);
    };
    // The last that the former poller has said of itself.
    const sayOf = (database?: string) => {
      const said = { version: '0', updatedAt: systemClock.now(), ...(database && { database: { name: database } }) };
      return writeFile(join(dir, 'status.json'), JSON.stringify(said));
    };
    await sayOf();
    const { to } = JSON.parse((await migrate('--to', 'postgresql', '--json')).stdout);
    expect(await look(env)).toEqual([
      [0, ''],
      [69, ''],
      [64, expect.stringMatching(/the inbox is in PostgreSQL/)],
    ]);

    await sayOf(to);
    expect((await migrate('--to', 'sqlite')).code).toBe(0);
    expect(await look({})).toEqual([
      [0, ''],
      [69, ''],
      [0, ''],
    ]);

    // And there again: the file says where its inbox is.
    expect((await migrate('--to', 'postgresql')).code).toBe(0);
    const refused = [78, expect.stringMatching(/was moved to the database .* Name that database in state\.database/)];
    expect(await look({})).toEqual([refused, refused, refused]);
    expect((await look(env)).map(([code]) => code)).toEqual([0, 69, 64]);
  });

  test('--dry-run says what would be moved, and to where', async () => {
    await fill(dir);
    const plan = await migrate('--to', 'postgresql', '--dry-run');
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(plan.stdout).toMatch(/^Would move \d+ rows from the inbox .* to a new inbox:$/m);
    expect(JSON.parse((await migrate('--to', 'postgresql', '--dry-run', '--json')).stdout)).toMatchObject({
      tables: { entries: { settled: 9 }, mutes: { '': 1 } },
      begun: false,
    });
  });

  test('on a terminal it shows how far it is, and takes that away at the end', async () => {
    await fill(dir);
    const program = onTerminal(['state', 'migrate', '--state-dir', dir, '--to', 'postgresql'], {
      ...env,
      HOME: '/nonexistent',
    });
    expect(await program.ended).toBe(0);
    expect(program.shown()).toMatch(/\rCopying: \d+ of \d+ rows, \d+ % *\r/);
    expect(program.shown()).toMatch(/\r +\rMoved/);
  });

  test('a poller that is started with the former inbox ends with 78', async () => {
    await fill(dir);
    expect((await migrate('--to', 'postgresql')).code).toBe(0);
    const poller = join(import.meta.dirname, '../../dist/kapso-whatsapp-poller.cjs');
    const account = { KAPSO_API_KEY: 'key', KAPSO_PHONE_NUMBER_ID: '1', KAPSO_BASE_URL: 'http://127.0.0.1:1' };
    const started = spawnSync(process.execPath, [poller, '--once'], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', KAPSO_STATE_DIR: dir, ...account },
      encoding: 'utf8',
    });
    expect([started.status, started.stdout + started.stderr]).toEqual([
      78,
      expect.stringMatching(/was moved to the database test_/),
    ]);
  });

  test('an address without a password may stand in the command line', async () => {
    await fill(dir);
    const named = postgres.url(database);
    expect(await runCli(['state', 'migrate', '--to', named, '--state-dir', dir])).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  test('run again after its end it says that it is done, also beside a poller that works by then', async () => {
    await fill(dir);
    for (const to of ['postgresql', 'sqlite', 'postgresql']) {
      expect((await migrate('--to', to)).code).toBe(0);
      for (const more of [[], ['--dry-run']]) {
        const again = await migrate('--to', to, ...more);
        expect(again).toMatchObject({ code: 0, stderr: '' });
        expect(again.stdout).toMatch(/^Done before: .* was moved to .* at \d{4}-.*Z\. Nothing was changed\.$/m);
      }
    }
    const lock = acquireLock(dir);
    const poller = await openStore({ dir, database: postgres.url(database), clock: systemClock, delivers: true });
    await poller.claims.claim(['role:upkeep'], 60_000);
    const again = await migrate('--to', 'postgresql', '--json');
    await poller.close();
    lock.release();
    expect([again.code, JSON.parse(again.stdout)]).toEqual([
      0,
      {
        from: `the inbox ${dir}/inbox.sqlite`,
        to: expect.stringMatching(/^the database test_\d+ at /),
        movedAt: expect.stringMatching(/^\d{4}-/),
      },
    ]);
  });

  test('a backup of before takes the place of the marked file, for who has lost the database', async () => {
    await fill(dir);
    const backup = join(directory.path, 'before.tar');
    expect((await runCli(['backup', backup, '--state-dir', dir])).code).toBe(0);
    await migrate('--to', 'postgresql');
    await postgres.dropDatabase(database);
    expect((await migrate('--to', 'sqlite')).code).not.toBe(0);
    const restored = await runCli(['restore', backup, '--replace', '--state-dir', dir]);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    const store = await openStore({ dir, clock: systemClock });
    // What waited then may have been answered since.
    expect((await store.counts()).byState).toMatchObject({ settled: 9, pending: 0 });
    await store.close();
  });

  test('codes tell what to do: there is none, another is there, the database is away, it was moved', async () => {
    const code = async (...args: string[]) => JSON.parse((await migrate('--to', ...args, '--json')).stdout);
    expect(await code('postgresql')).toMatchObject({ exitCode: 69, error: { code: 'STORE_MISSING' } });
    await fill(dir);
    env.KAPSO_STATE_DATABASE = postgres.url(database, { host: '127.0.0.1', port: 1 });
    expect(await code('postgresql')).toMatchObject({ exitCode: 75, error: { code: 'STORE_UNREACHABLE' } });
    delete env.KAPSO_STATE_DATABASE;
    await migrate('--to', 'postgresql');
    const other = await postgres.createDatabase();
    env.KAPSO_STATE_DATABASE = postgres.url(other);
    expect(await code('postgresql')).toMatchObject({ exitCode: 78, error: { code: 'STORE_MOVED' } });
    delete env.KAPSO_STATE_DATABASE;
    await migrate('--to', 'sqlite');
    const store = await openStore({ dir, database: postgres.url(other), clock: systemClock });
    await store.setCursor('1', 1);
    await store.close();
    env.KAPSO_STATE_DATABASE = postgres.url(other);
    expect(await code('postgresql')).toMatchObject({ exitCode: 69, error: { code: 'STORE_OCCUPIED' } });
  });
});
