import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { createStage, type Stage } from './programs.ts';

describe('the command line of the poller', () => {
  it.each(['--help', '-h'])('%s explains every option and signal', async option => {
    const { code, stdout, stderr } = await createStage().run('poller', [option]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of ['--config', '--check-config', '--version', 'SIGTERM', 'SIGUSR2', 'KAPSO_API_KEY']) {
      expect(stdout).toContain(word);
    }
  });

  it('--version prints the version', async () => {
    expect(await createStage().run('poller', ['--version'])).toEqual({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });

  it.each([['--nope'], ['--config'], ['stray']])('%s is refused with 64', async wrong => {
    const { code, stdout, stderr } = await createStage().run('poller', [wrong]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(wrong);
    expect(stderr).toContain('--help');
  });
});

it('a poller with nothing to do has loaded nothing that it has no use for yet', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  await stage.startGateway();
  const file = join(stage.dir, 'loaded');
  const hook = `--require=${join(import.meta.dirname, 'loaded-modules.cjs')}`;
  const poller = await stage.startPoller({ NODE_OPTIONS: hook, LOADED_MODULES_FILE: file });
  await Promise.all([kapso.reaches('list', 1), poller.says('Connected to the gateway')]);
  expect(await poller.end()).toMatchObject({ code: 0 });
  const loaded = readFileSync(file, 'utf8').split('\n');
  expect(loaded).toEqual(expect.arrayContaining(['NativeModule http', 'NativeModule sqlite']));
  const needless = /^NativeModule (zlib|assert|readline|fs\/promises|internal\/(zip|readline|deps).*)$|\/on-demand\//;
  expect(loaded.filter(name => needless.test(name))).toEqual([]);
});

it('a second poller on the same state directory ends with 75 and names it; the first goes on', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  await stage.startGateway();
  const first = await stage.startPoller();
  const { code, stdout, stderr } = await stage.run('poller', []);
  expect({ code, stdout }).toEqual({ code: 75, stdout: '' });
  expect(stderr).toContain(stage.stateDir);
  expect(stderr).toContain(String(first.pid));

  await kapso.receive([{ text: 'hello' }]);
  first.signal('SIGUSR2');
  await stage.holds('settled', 1);

  await first.end('SIGKILL');
  const next = stage.poller();
  await next.start();
  expect(await next.end()).toMatchObject({ code: 0 });
});

describe('an inbox that is damaged', () => {
  /** A state directory as a poller leaves it that has handled some messages. */
  async function used(): Promise<{ stage: Stage; database: string }> {
    const stage = createStage();
    const kapso = await stage.startKapso();
    await stage.startGateway();
    const poller = await stage.startPoller({ KAPSO_RECEIPTS_READ: 'false' });
    await kapso.control('POST', 'inbound', { text: 'message {n}', count: 200, senders: 20 });
    poller.signal('SIGUSR2');
    await stage.holds('settled', 200);
    await poller.end();
    return { stage, database: join(stage.stateDir, 'inbox.sqlite') };
  }

  it.each<[string, (database: string) => void]>([
    ['is another file', database => writeFileSync(database, 'this is a letter to a friend\n'.repeat(1000))],
    ['was cut off', database => truncateSync(database, Math.floor(statSync(database).size / 2))],
    ['was emptied', database => truncateSync(database, 0)],
    [
      'has a page overwritten',
      database => {
        const content = readFileSync(database);
        content.fill(0xa5, 4096, 3 * 4096);
        writeFileSync(database, content);
      },
    ],
  ])(
    'because it %s ends the start with 78, names the file, says what to do, and is left as it is',
    async (_, damage) => {
      const { stage, database } = await used();
      damage(database);
      const before = join(stage.dir, 'before');
      copyFileSync(database, before);
      const { mtimeMs } = statSync(database);
      const { code, stderr } = await stage.run('poller', []);
      expect(code).toBe(78);
      expect(stderr).toContain(database);
      expect(stderr).toMatch(/move it away|restore/i);
      expect(readFileSync(database).equals(readFileSync(before))).toBe(true);
      expect(statSync(database).mtimeMs).toBe(mtimeMs);
      expect(readdirSync(stage.stateDir).filter(name => name.startsWith('inbox'))).toEqual(['inbox.sqlite']);
    },
  );
});

it('names both processes where a wrapper of a socket-activated service did not exec', async () => {
  const stage = createStage();
  await stage.startKapso();
  await stage.startGateway();
  const under = ['sh', '-c', 'LISTEN_FDS=1 LISTEN_PID=$$ "$@"; exit', 'sh'];
  const poller = stage.poller({}, { under });
  await poller.start();
  const told = poller.lines[await poller.says('(LISTEN_PID)')] ?? '';
  expect(told).toContain(`for process ${poller.pid} (LISTEN_PID)`);
  expect(told).toContain('exec kapso-whatsapp-poller');
  await poller.says('Connected to the gateway');
  process.kill(stage.statusFile().pid, 'SIGTERM');
  await poller.ended();
});

it('a state directory that cannot be made ends the start with a reason', async () => {
  const stage = createStage();
  const file = join(stage.dir, 'file');
  writeFileSync(file, '');
  mkdirSync(stage.stateDir);
  const { code, stderr } = await stage.run('poller', [], { KAPSO_STATE_DIR: join(file, 'state') });
  expect(code).toBe(69);
  expect(stderr).toContain(join(file, 'state'));
});

it.each([
  ['taken', (port: number) => `127.0.0.1:${port}`],
  ['not there', (port: number) => `192.0.2.1:${port}`],
])(
  'an address of the webhook that is %s may be free later: 75, so that a service manager tries again',
  async (_, listen) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const stage = createStage();
    await stage.startKapso();
    const { code, stderr } = await stage.run('poller', [], {
      KAPSO_MODE: 'domain',
      KAPSO_WEBHOOK_VERIFY_TOKEN: 'token',
      KAPSO_WEBHOOK_ADDR: listen(port),
    });
    other.close();
    expect(code).toBe(75);
    expect(stderr).toContain('webhook.listen');
  },
);
