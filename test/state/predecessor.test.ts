import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stateFiles } from '../../src/state/files.ts';
import { acquireLock } from '../../src/state/lock.ts';
import { noteInstance, readPredecessor } from '../../src/state/predecessor.ts';
import { temporaryDirectory } from '../store/fixtures.ts';

/** A state directory in which a process of this name worked until it was killed. */
async function left(name: string): Promise<string> {
  const above = await temporaryDirectory();
  onTestFinished(() => above[Symbol.asyncDispose]());
  const dir = join(above.path, 'state');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lock-holder.ts'), dir, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  return dir;
}

/** What the next process finds there. */
function find(dir: string): string | null {
  const lock = acquireLock(dir);
  try {
    return readPredecessor(dir, lock);
  } finally {
    lock.release();
  }
}

const noted = (dir: string) => join(dir, stateFiles.instance);

it('whoever has the lock knows the name of who had it before', async () => {
  const dir = await left('host (pid 7, 0a0b0c0d)');
  expect(statSync(noted(dir)).mode & 0o777).toBe(0o600);
  expect(find(dir)).toBe('host (pid 7, 0a0b0c0d)');
});

it('nobody is known where nothing was noted', async () => {
  await using dir = await temporaryDirectory();
  expect(find(dir.path)).toBeNull();
});

it('a copy of the directory proves nothing: who worked in the original may be alive', async () => {
  const dir = await left('host (pid 7, 0a0b0c0d)');
  const copy = `${dir}-copy`;
  cpSync(dir, copy, { recursive: true, preserveTimestamps: true });
  expect(existsSync(noted(copy))).toBe(true);
  expect(find(copy)).toBeNull();
});

it('a directory in the place of the one that was moved away proves nothing either', async () => {
  const dir = await left('host (pid 7, 0a0b0c0d)');
  renameSync(dir, `${dir}-moved`);
  cpSync(`${dir}-moved`, dir, { recursive: true });
  expect(find(dir)).toBeNull();
  expect(find(`${dir}-moved`)).toBe('host (pid 7, 0a0b0c0d)');
});

it('who has locked a file that stands in the place of the own one is alive', async () => {
  const dir = await left('host (pid 7, 0a0b0c0d)');
  const lock = acquireLock(dir);
  onTestFinished(() => lock.release());
  renameSync(lock.path, `${lock.path}-away`);
  const args = [join(import.meta.dirname, 'lock-holder.ts'), dir, 'the living'];
  const other = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(other.stdout, 'data');
  expect(readPredecessor(dir, lock)).toBeNull();
  // Nor does it take the other one's name away.
  noteInstance(dir, lock, 'the one without its file');
  expect(JSON.parse(readFileSync(noted(dir), 'utf8'))).toMatchObject({ name: 'the living' });
  other.kill('SIGKILL');
  await once(other, 'exit');
});

it('what another run of a kernel has noted proves nothing: it may be another machine', async () => {
  const dir = await left('host (pid 7, 0a0b0c0d)');
  const { boot, ...rest } = JSON.parse(readFileSync(noted(dir), 'utf8'));
  expect(boot).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  writeFileSync(noted(dir), JSON.stringify({ boot: '6ec5d6b1-2a3b-4f0e-9d8c-0123456789ab', ...rest }));
  expect(find(dir)).toBeNull();
});

it.each([
  ['empty', ''],
  ['no JSON', 'host'],
  ['a list', '[]'],
  ['without a name', null],
  ['too large', ' '.repeat(70_000)],
])('a file that is %s names nobody', async (_, text) => {
  const dir = await left('host (pid 7, 0a0b0c0d)');
  const { boot, lock } = JSON.parse(readFileSync(noted(dir), 'utf8'));
  writeFileSync(noted(dir), text ?? JSON.stringify({ boot, lock }));
  expect(find(dir)).toBeNull();
});

it('a pipe in its place is not waited for', async () => {
  const dir = await left('host (pid 7, 0a0b0c0d)');
  renameSync(noted(dir), `${noted(dir)}-moved`);
  expect(spawnSync('mkfifo', [noted(dir)]).status).toBe(0);
  expect(find(dir)).toBeNull();
});

it('on a network file system a lock proves nothing', async () => {
  const dir = await left('host (pid 7, 0a0b0c0d)');
  const lock = acquireLock(dir);
  onTestFinished(() => lock.release());
  const asked: string[] = [];
  const isNetwork = (path: string) => {
    asked.push(path);
    return 'it is on NFS';
  };
  expect(readPredecessor(dir, lock, isNetwork)).toBeNull();
  expect(asked).toEqual([dir]);
});
