import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, type Lock } from '../../src/state/lock.ts';
import { isSettled, rememberPlaces } from '../../src/state/place.ts';
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

/** Resolves when the directory is checked by its change time only. */
async function settled(): Promise<void> {
  while (Date.now() - statSync(dir).ctimeMs <= 100) await turn();
  expect(store.displaced()).toBeNull();
}

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
  it.each([
    ['just after the start', async () => undefined],
    ['later', settled],
  ])('nothing is acknowledged %s, and the reason names the file', async (_when, reached) => {
    await reached();
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

it.each([
  ['is a link', () => symlinkSync(`${dir}.away`, dir)],
  ['was moved back', () => renameSync(`${dir}.away`, dir)],
])('is in place where the directory %s, and notices another one there', async (_, back) => {
  await settled();
  moveAway();
  expect(store.displaced()).not.toBeNull();
  back();
  await settled();
  expect((await store.accept([entry('after')])).inserted).toEqual(['after']);
  cpSync(realpathSync(dir), `${dir}.copy`, { recursive: true });
  rmSync(dir, { recursive: true });
  renameSync(`${dir}.copy`, dir);
  expect(store.displaced()).toMatchObject({ lasting: true });
});

it('notices a replaced file behind a link in the directory', async () => {
  const [target, link] = [join(above.path, 'target'), inDir('link')];
  writeFileSync(target, '');
  symlinkSync(target, link);
  const displaced = rememberPlaces([link]);
  await settled();
  expect(displaced()).toBeNull();
  writeFileSync(`${target}.other`, '');
  renameSync(`${target}.other`, target);
  expect(displaced()).toMatchObject({ lasting: true });
});

it.each([
  ['long ago', 1_764_000_000_500_000_000n, true],
  ['just now: another change may get the same time', 1_764_000_009_980_000_000n, false],
  ['in the future, since the clock was set back', 1_764_000_020_500_000_000n, true],
  ['at a whole second: the file system may know no finer times', 1_764_000_000_000_000_000n, false],
])('relies on the time of a change that was %s: %s', (_, changed, relies) => {
  expect(isSettled(changed, 1_764_000_010_000)).toBe(relies);
});

// Since Linux 6.13 a file whose times were read gets exact ones at its next write, else those of the kernel's last tick.
it.runIf(process.platform === 'linux')(
  'leaves the times of the files alone, so that an fsync has no more to write',
  async () => {
    const paths = [inDir('checked'), inDir('other')] as const;
    const [checked, other] = [openSync(paths[0], 'w'), openSync(paths[1], 'w')];
    const displaced = rememberPlaces([paths[0]]);
    await settled();
    expect(displaced()).toBeNull();
    const rounds = Array.from({ length: 50 }, () => {
      for (const file of [checked, checked, other, other]) writeSync(file, 'x');
      expect(displaced()).toBeNull();
      writeSync(checked, 'x');
      return statSync(paths[0], { bigint: true }).mtimeNs === statSync(paths[1], { bigint: true }).mtimeNs;
    });
    for (const file of [checked, other]) closeSync(file);
    // The kernel's clock may tick in a round.
    expect(rounds).toContain(true);
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
