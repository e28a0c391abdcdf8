import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, type Lock } from '../../src/state/lock.ts';
import { rememberPlaces } from '../../src/state/place.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { entry, heldClock, type TemporaryDirectory, temporaryDirectory } from '../store/fixtures.ts';

let above: TemporaryDirectory;
let dir: string;
let lock: Lock;
let store: Store;

beforeEach(async () => {
  above = await temporaryDirectory();
  dir = join(above.path, 'state');
  lock = acquireLock(dir);
  store = await openStore({ dir, clock: heldClock(), lock });
  await store.accept([entry('before')]);
});

afterEach(async () => {
  await store.close();
  lock.release();
  await above[Symbol.asyncDispose]();
});

const inDir = (name: string) => join(dir, name);
const moveAway = () => renameSync(dir, `${dir}.away`);
const copyOf = (name: string) => {
  cpSync(inDir(name), inDir(`${name}.copy`));
  renameSync(inDir(`${name}.copy`), inDir(name));
};

describe.each([
  ['the directory is removed', () => rmSync(dir, { recursive: true }), false],
  ['the directory is moved away', moveAway, false],
  ['the database is moved away', () => renameSync(inDir('inbox.sqlite'), inDir('elsewhere')), false],
  [
    'an empty directory stands in its place',
    () => {
      moveAway();
      mkdirSync(dir);
    },
    false,
  ],
  [
    'a copy of the directory stands in its place',
    () => {
      moveAway();
      cpSync(`${dir}.away`, dir, { recursive: true });
    },
    true,
  ],
  ['a copy of the database stands in its place', () => copyOf('inbox.sqlite'), true],
  ['a copy of the log stands in its place', () => copyOf('inbox.sqlite-wal'), true],
  ['the log is removed', () => rmSync(inDir('inbox.sqlite-wal')), true],
  ['the index of the log is removed', () => rmSync(inDir('inbox.sqlite-shm')), true],
  ['the lock is removed', () => rmSync(inDir('poller.lock')), true],
  ['the lock is replaced', () => copyOf('poller.lock'), true],
])('where %s', (_, change, lasting) => {
  it('nothing is acknowledged, and the reason names the file', async () => {
    change();
    const told = { code: 'STORE_DISPLACED', lasting, message: expect.stringContaining(dir) };
    expect(store.displaced()).toMatchObject(told);
    // In the moment of the change, and from then on.
    for (const id of ['amid', 'after']) await expect(store.accept([entry(id)])).rejects.toMatchObject(told);
    await expect(store.begin('before', { runKey: 'before', runNumber: 0 })).rejects.toMatchObject(told);
    await expect(store.probe()).rejects.toMatchObject(told);
  });
});

it('goes on when the directory comes back, with all that it acknowledged', async () => {
  moveAway();
  await expect(store.accept([entry('refused')])).rejects.toMatchObject({ code: 'STORE_DISPLACED' });
  await expect(store.accept([entry('refused too')])).rejects.toMatchObject({ code: 'STORE_DISPLACED' });
  renameSync(`${dir}.away`, dir);
  expect(store.displaced()).toBeNull();
  expect((await store.accept([entry('after')])).inserted).toEqual(['after']);
  const kept = (await store.list({ limit: 10 })).map(({ id }) => id);
  expect(kept).toEqual(expect.arrayContaining(['before', 'after']));
  // Only what was written in the very moment of the move may be there without having been acknowledged.
  expect(kept).not.toContain('refused too');
});

it('saves what it has in its log when only the log was removed', async () => {
  rmSync(inDir('inbox.sqlite-wal'));
  await expect(store.probe()).rejects.toMatchObject({ code: 'STORE_DISPLACED' });
  await store.close();
  const again = await openStore({ dir, clock: heldClock() });
  expect((await again.list({ limit: 10 })).map(({ id }) => id)).toEqual(['before']);
  await again.close();
});

it('is in place as long as its path leads to it, by a link too', async () => {
  moveAway();
  symlinkSync(`${dir}.away`, dir);
  expect(store.displaced()).toBeNull();
  expect((await store.accept([entry('after')])).inserted).toEqual(['after']);
  const copy = `${dir}.copy`;
  cpSync(`${dir}.away`, copy, { recursive: true });
  rmSync(dir);
  symlinkSync(copy, dir);
  expect(store.displaced()).toMatchObject({ lasting: true });
});

// Since Linux 6.13 a file whose times were read gets exact ones at its next write, else those of the kernel's last tick.
it.runIf(process.platform === 'linux')(
  'leaves the times of a synced file alone, so that a sync has no more to write',
  () => {
    const [checked, other] = [join(above.path, 'checked'), join(above.path, 'other')];
    const files = [checked, other].map(path => openSync(path, 'w')) as [number, number];
    const displaced = rememberPlaces([join(dir, 'inbox.sqlite')], [checked]);
    const rounds = Array.from({ length: 50 }, () => {
      for (const file of files) for (let i = 0; i < 2; i++) writeSync(file, 'x');
      expect(displaced()).toBeNull();
      writeSync(files[0], 'x');
      return statSync(checked, { bigint: true }).mtimeNs === statSync(other, { bigint: true }).mtimeNs;
    });
    // A tick may fall into a round.
    expect(rounds).toContain(true);
    for (const file of files) closeSync(file);
  },
);

it("leaves another poller's files in its place alone when it ends", async () => {
  moveAway();
  const other = acquireLock(dir);
  const theirs = await openStore({ dir, clock: heldClock(), lock: other });
  await theirs.accept([entry('theirs')]);
  await store.close();
  lock.release();
  expect(readFileSync(inDir('poller.pid'), 'utf8')).toBe(`${process.pid}\n`);
  expect(existsSync(inDir('inbox.sqlite-wal'))).toBe(true);
  await theirs.accept([entry('theirs too')]);
  expect(theirs.displaced()).toBeNull();
  await theirs.close();
  other.release();
});
