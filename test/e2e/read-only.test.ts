import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/open.ts';
import { createStage, type Outcome, type Stage } from './programs.ts';

const isRoot = process.getuid?.() === 0;
const checkout = join(import.meta.dirname, '../..');

/** What an operating system says, which is no sentence. */
const systemWords = /\b(EROFS|EACCES|EPERM|ENOTDIR|ENOENT|EEXIST|ELOOP|ENAMETOOLONG)\b|no such file|syscall|defect/;

/** A place that cannot be a state directory, what is said of it, and the command that the programs run under. */
const places: [string, (stage: Stage) => string, RegExp, ((stage: Stage) => string[])?][] = [
  ['is a file', stage => file(stage), /is a file, and not a directory/],
  ['lies below a file', stage => join(file(stage), 'state'), /is a file, and not a directory/],
  ['lies where none can be made', () => '/proc/none/state', /cannot be made: the directory above it is missing/],
  ['is reached by a circle of links', stage => join(circle(stage), 'state'), /lead in a circle/],
  ['has too long a name', stage => join(stage.dir, 'x'.repeat(300)), /has too long a name/],
  ['is mounted for reading only', stage => mounted(stage), /mounted for reading only/, readOnly],
  ['lies below what is mounted so', stage => join(mounted(stage), 'a/b'), /mounted for reading only/, readOnly],
  ["is another user's", stage => foreign(stage), /this user may not read and write/, asNobody],
  ["lies below another user's", stage => join(foreign(stage), 'a/b'), /this user may not read and write/, asNobody],
];

function file({ dir }: Stage): string {
  writeFileSync(join(dir, 'file'), '');
  return join(dir, 'file');
}
function circle({ dir }: Stage): string {
  symlinkSync('circle', join(dir, 'circle'));
  return join(dir, 'circle');
}
function mounted({ dir }: Stage): string {
  mkdirSync(join(dir, 'mounted'));
  return join(dir, 'mounted');
}
function foreign({ dir, home }: Stage): string {
  for (const path of [dir, home]) chmodSync(path, 0o755);
  mkdirSync(join(dir, 'foreign'), { mode: 0o500 });
  return join(dir, 'foreign');
}
function readOnly({ dir }: Stage): string[] {
  const path = join(dir, 'mounted');
  const mount = `mount --bind '${path}' '${path}' && mount -o remount,bind,ro '${path}' && exec "$@"`;
  return ['unshare', '--mount', ...(isRoot ? [] : ['--map-root-user']), 'sh', '-c', mount, 'sh'];
}
/**
 * Root may do everything everywhere, so another user runs the program. Where that user may not enter a directory above the
 * checkout (root's home, one made by `mktemp -d`), the checkout alone is shown there, in a mount namespace of its own.
 */
function asNobody({ dir }: Stage): string[] {
  if (!isRoot) return [];
  const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const above = checkout.split('/').map((_, depth, parts) => parts.slice(0, depth + 1).join('/') || '/');
  const closed = above.find(path => (statSync(path).mode & 0o001) === 0);
  if (closed === undefined) return user;
  const seen = join(dir, 'checkout');
  mkdirSync(seen, { recursive: true });
  const show = `
    umask 022
    mount --bind '${checkout}' '${seen}' && mount -t tmpfs -o mode=755 tmpfs '${closed}' &&
      mkdir -p '${checkout}' && mount --bind '${seen}' '${checkout}' && cd / && exec "$@"`;
  return ['unshare', '--mount', 'sh', '-c', show, 'sh', ...user];
}

describe.each(places)('a state directory that %s', (_case, place, said, under = () => []) => {
  it('is named by the poller in a sentence with a hint: 69', async () => {
    const stage = createStage();
    const stateDir = place(stage);
    const outcome = await stage.run('poller', [], { KAPSO_STATE_DIR: stateDir }, under(stage));
    expect(outcome.code).toBe(69);
    expectSentence(outcome, said);
  });

  it('is named by the CLI where it writes', async () => {
    const stage = createStage();
    const env = { KAPSO_STATE_DIR: place(stage), KAPSO_BASE_URL: 'http://127.0.0.1:9' };
    const outcome = await stage.run(
      'cli',
      ['webhook', 'register', '--url', 'https://example.com/w'],
      env,
      under(stage),
    );
    expect([69, 75]).toContain(outcome.code);
    expectSentence(outcome, said);
  });

  it('has no status and no inbox, and no defect', async () => {
    const stage = createStage();
    const env = { KAPSO_STATE_DIR: place(stage) };
    for (const command of [['status'], ['inbox', 'list'], ['inbox', 'retry', '--all']]) {
      const { code, stdout, stderr } = await stage.run('cli', command, env, under(stage));
      expect(code).toBe(69);
      expect(stdout + stderr).not.toMatch(systemWords);
    }
  });
});

function expectSentence({ stderr }: Outcome, said: RegExp): void {
  expect(stderr).toMatch(said);
  expect(stderr).not.toMatch(systemWords);
  expect(stderr).toMatch(/state\.dir|KAPSO_STATE_DIR|Run this as/);
}

it('an inbox on a file system that is mounted for reading only says so', async () => {
  const stage = createStage();
  const stateDir = mounted(stage);
  const store = await openStore({ dir: stateDir, clock: systemClock });
  await store.close();
  for (const command of [['inbox', 'list'], ['status'], ['inbox', 'retry', '--all']]) {
    const { stdout, stderr } = await stage.run('cli', command, { KAPSO_STATE_DIR: stateDir }, readOnly(stage));
    expect(stdout + stderr).not.toMatch(systemWords);
  }
});

it('a configuration file in a directory that may not be entered is named, not passed over', async () => {
  const stage = createStage();
  foreign(stage);
  const dir = join(stage.home, '.config/kapso-whatsapp');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'config.yaml'), 'polling: { interval: 60 }');
  chmodSync(dir, isRoot ? 0o700 : 0);
  for (const [program, args] of [
    ['poller', ['--check-config']],
    ['cli', ['config', 'check']],
  ] as const) {
    const { code, stderr } = await stage.run(program, [...args], {}, asNobody(stage));
    expect(code).toBe(78);
    expect(stderr).toContain(`${dir}/config.yaml: may not be read by this user`);
  }
});

it('what a killed first start has left of the database is removed by the next, and nothing else', async () => {
  const stage = createStage();
  await stage.startKapso();
  await stage.startGateway();
  mkdirSync(stage.stateDir, { mode: 0o700 });
  const draft = 'inbox.sqlite.3f0c2a52-6c0e-4b7e-9a2b-5d3c1f0a9b8e.new';
  const others = ['inbox.sqlite.old', 'inbox.sqlite.backup.new', 'other.new'];
  for (const name of [draft, `${draft}-wal`, `${draft}-shm`, `${draft}-journal`, ...others]) {
    writeFileSync(join(stage.stateDir, name), '');
  }
  const poller = await stage.startPoller();
  await poller.end();
  const left = readdirSync(stage.stateDir).filter(name => name.includes('.new') || name.includes('.old'));
  expect(left.sort()).toEqual([...others].sort());
});
