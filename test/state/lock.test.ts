import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireLock, isLocked } from '../../src/state/lock.ts';
import { openStore } from '../../src/store/open.ts';
import { heldClock, type TemporaryDirectory, temporaryDirectory } from '../store/fixtures.ts';

let dir: TemporaryDirectory;

beforeEach(async () => {
  dir = await temporaryDirectory();
});

afterEach(() => dir[Symbol.asyncDispose]());

async function holder(): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lock-holder.ts'), dir.path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

it('refuses a second poller, naming the directory and the process that has it', async () => {
  const child = await holder();
  expect(isLocked(dir.path)).toBe(true);
  expect(() => acquireLock(dir.path, 'poller')).toThrow(
    expect.objectContaining({
      code: 'STORE_LOCKED',
      message: expect.stringMatching(new RegExp(`^another poller .*process ${child.pid}.*${dir.path}`)),
      hint: expect.stringContaining('state.dir'),
    }),
  );
  // A command is no poller that could have a directory of its own.
  expect(() => acquireLock(dir.path)).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^a poller /), hint: 'Stop it first.' }),
  );
  // Looking and failing must not have freed it.
  expect(isLocked(dir.path)).toBe(true);
  child.stdin.end();
  await once(child, 'exit');
  expect(isLocked(dir.path)).toBe(false);
});

it('is gone the moment its holder is killed', async () => {
  for (let round = 0; round < 3; round++) {
    const child = await holder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isLocked(dir.path)).toBe(false);
    const lock = acquireLock(dir.path);
    expect(isLocked(dir.path)).toBe(true);
    lock.release();
  }
});

it('refuses a second one in the same process, and the first keeps it', () => {
  const lock = acquireLock(dir.path);
  expect(() => acquireLock(dir.path)).toThrow(expect.objectContaining({ code: 'STORE_LOCKED' }));
  expect(isLocked(dir.path)).toBe(true);
  lock.release();
  lock.release();
  expect(isLocked(dir.path)).toBe(false);
  acquireLock(dir.path).release();
});

it('is not stolen by a late release', () => {
  const first = acquireLock(dir.path);
  first.release();
  const second = acquireLock(dir.path);
  first.release();
  expect(isLocked(dir.path)).toBe(true);
  expect(existsSync(join(dir.path, 'poller.pid'))).toBe(true);
  second.release();
  expect(existsSync(join(dir.path, 'poller.pid'))).toBe(false);
});

it('makes the state directory, for its owner only, and looking makes nothing', () => {
  const below = join(dir.path, 'state');
  expect(isLocked(below)).toBe(false);
  expect(existsSync(below)).toBe(false);
  const lock = acquireLock(below);
  expect(statSync(below).mode & 0o777).toBe(0o700);
  for (const name of ['poller.lock', 'poller.pid']) expect(statSync(join(below, name)).mode & 0o777).toBe(0o600);
  expect(statSync(join(below, 'poller.lock')).size).toBe(0);
  lock.release();
});

it('says what to do with a lock file that is something else', () => {
  writeFileSync(join(dir.path, 'poller.lock'), 'no lock at all, but quite some text\n'.repeat(50));
  const error = expect.objectContaining({ code: 'STORE_DAMAGED', message: expect.stringContaining('poller.lock') });
  expect(() => acquireLock(dir.path)).toThrow(error);
  expect(() => isLocked(dir.path)).toThrow(error);
});

it('writes its process id into no file that a link of that name leads to', () => {
  const elsewhere = join(dir.path, 'elsewhere');
  writeFileSync(elsewhere, 'kept');
  symlinkSync(elsewhere, join(dir.path, 'poller.pid'));
  const lock = acquireLock(dir.path);
  expect(readFileSync(elsewhere, 'utf8')).toBe('kept');
  expect(lstatSync(join(dir.path, 'poller.pid')).isSymbolicLink()).toBe(false);
  lock.release();
});

it('says whose directory it is to a user who may not look into it', async () => {
  acquireLock(dir.path).release();
  chmodSync(dir.path, 0o000);
  const anotherUser = process.getuid?.() === 0 ? 65_534 : null;
  if (anotherUser !== null) process.seteuid?.(anotherUser);
  try {
    const told = { code: 'STORE_IO', hint: expect.stringContaining('the user that the poller runs as') };
    expect(() => isLocked(dir.path)).toThrow(expect.objectContaining(told));
    await expect(openStore({ dir: dir.path, clock: heldClock(), readOnly: true })).rejects.toMatchObject(told);
  } finally {
    if (anotherUser !== null) process.seteuid?.(0);
    chmodSync(dir.path, 0o700);
  }
});

it.skipIf(process.getuid?.() !== 0)(
  'refuses a lock or an inbox that this user may only read: neither would hold',
  async () => {
    acquireLock(dir.path).release();
    await (await openStore({ dir: dir.path, clock: heldClock() })).close();
    chmodSync(dir.path, 0o777);
    for (const name of ['poller.lock', 'inbox.sqlite']) chmodSync(join(dir.path, name), 0o644);
    process.seteuid?.(65_534);
    try {
      const told = { code: 'STORE_READONLY', hint: expect.stringContaining('owner and mode') };
      expect(() => acquireLock(dir.path)).toThrow(expect.objectContaining(told));
      await expect(openStore({ dir: dir.path, clock: heldClock() })).rejects.toMatchObject(told);
      await (await openStore({ dir: dir.path, clock: heldClock(), readOnly: true })).close();
    } finally {
      process.seteuid?.(0);
    }
  },
);
