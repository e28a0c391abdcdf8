import { chmodSync, chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectLive } from '../../src/live/client.ts';
import { createHistory } from '../../src/live/history.ts';
import { findSockets, runtimeDirectories, socketPaths } from '../../src/live/place.ts';
import { createScrub } from '../../src/observe/scrub.ts';
import { manualClock } from '../manual-clock.ts';
import { temporaryDirectory } from '../store/fixtures.ts';
import { at, runtimeDirectory, startLive } from './stage.ts';

const isRoot = process.getuid?.() === 0;

describe('the socket of a poller', () => {
  test('is in the directory of its service, else in that of its user, else in its state directory', async () => {
    await using dir = await temporaryDirectory();
    const state = runtimeDirectory(join(dir.path, 'state'));
    const service = runtimeDirectory(join(dir.path, 'service'));
    const user = runtimeDirectory(join(dir.path, 'user'));
    const env = { RUNTIME_DIRECTORY: `${service}:/run/second`, XDG_RUNTIME_DIR: user };
    const [first, second, last] = socketPaths(runtimeDirectories(env), state).map(dirname);
    expect([first, second, last]).toEqual([service, join(user, 'kapso-whatsapp'), state]);
    expect(statSync(join(user, 'kapso-whatsapp')).mode & 0o777).toBe(0o700);
    // Another state directory has another name in the same place.
    const other = runtimeDirectory(join(dir.path, 'other'));
    expect(socketPaths(runtimeDirectories(env), other)[0]).not.toBe(socketPaths(runtimeDirectories(env), state)[0]);
    expect(socketPaths(runtimeDirectories({ RUNTIME_DIRECTORY: 'relative', XDG_RUNTIME_DIR: '' }), state)).toHaveLength(
      1,
    );
  });

  test('is in no directory that is missing, no directory at all, or open to others', async () => {
    await using dir = await temporaryDirectory();
    const state = runtimeDirectory(join(dir.path, 'state'));
    const open = runtimeDirectory(join(dir.path, 'open'), 0o777);
    const file = join(dir.path, 'file');
    writeFileSync(file, '');
    for (const path of [open, file, join(dir.path, 'missing')]) {
      const env = { RUNTIME_DIRECTORY: path, XDG_RUNTIME_DIR: path };
      expect(socketPaths(runtimeDirectories(env), state).map(dirname), path).toEqual([state]);
    }
  });

  test.runIf(isRoot)('is in no directory of another user, and none of another user is opened', async () => {
    await using dir = await temporaryDirectory();
    const state = runtimeDirectory(join(dir.path, 'state'));
    const theirs = runtimeDirectory(join(dir.path, 'theirs'));
    chownSync(theirs, 65_534, 65_534);
    const env = { RUNTIME_DIRECTORY: theirs, XDG_RUNTIME_DIR: theirs };
    expect(socketPaths(runtimeDirectories(env), state).map(dirname)).toEqual([state]);
    const stage = await startLive();
    expect(findSockets(stage.stateDir, null)).toEqual([stage.socket()]);
    chownSync(stage.socket(), 65_534, 65_534);
    expect(findSockets(stage.stateDir, stage.socket())).toEqual([]);
  });

  test('may have a path that is longer than a socket’s can be', async () => {
    const long = join('a'.repeat(100), 'b'.repeat(100), 'state');
    const stage = await startLive({ stateDir: long });
    expect(stage.socket().length).toBeGreaterThan(200);
    expect(statSync(stage.socket()).mode & 0o777).toBe(0o600);
    const client = await connectLive(findSockets(stage.stateDir, null));
    expect(await client?.report()).toMatchObject({ running: true, stateDir: stage.stateDir });
    await stage.live.stop(100);
    expect(findSockets(stage.stateDir, null)).toEqual([]);
  });

  test('takes the next place where the first does not work, and the poller does without where none does', async () => {
    const taken = await startLive({
      directories: dir => {
        const service = runtimeDirectory(join(dir, 'service'));
        // A directory stands where the socket would be.
        const [first] = socketPaths([{ path: service, make: false }], join(dir, 'state'));
        mkdirSync(first ?? '');
        return [{ path: service, make: false }];
      },
    });
    expect(dirname(taken.socket())).toBe(taken.stateDir);
    await taken.live.stop(100);
    mkdirSync(join(taken.stateDir, 'live.sock'));
    await taken.live.start();
    expect(taken.told.at(-1)).toMatchObject({ type: 'live unavailable' });
    rmSync(join(taken.stateDir, 'live.sock'), { recursive: true });
    chmodSync(taken.stateDir, 0o700);
  });
});

test('what is remembered has a bound, and says since when it is whole', () => {
  const clock = manualClock(at);
  const history = createHistory({ clock, scrub: text => text, most: 100 });
  const heard: number[] = [];
  const stop = history.subscribe(({ seq }) => heard.push(seq));
  history.listen({ type: 'store back' });
  expect([history.since(), heard]).toEqual([at, []]);
  for (let number = 1; number <= 50; number += 1) {
    clock.advance(1000);
    const messages = [`a${number}`, `b${number}`, `c${number}`];
    history.listen({ type: 'messages accepted', count: 3, messages, by: 'poll' });
  }
  stop();
  history.subscribe(() => {
    throw new Error('a reader that fails');
  });
  history.listen({ type: 'message failed', message: 'a50', reason: 'x' });
  expect(heard).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  expect(history.of(new Set(['a17']))).toEqual([]);
  expect(history.of(new Set(['c50', 'a50'])).map(({ seq }) => seq)).toEqual([50, 51]);
  expect(history.since()).toBe(at + 20_000);
  // One that names more than the bound is remembered until the next.
  history.listen({ type: 'pairing expired', messages: Array.from({ length: 500 }, (_, index) => `x${index}`) });
  expect(history.of(new Set(['x0', 'a50']))).toHaveLength(1);
});

test('of a secret nothing is remembered, also where its digits are masked when it is shown', () => {
  const secret = 'k15551234567ab1234567890cd';
  const history = createHistory({ clock: manualClock(at), scrub: createScrub([secret]) });
  history.listen({ type: 'message failed', message: 'a', reason: `the key ${secret} is refused` });
  const [{ event } = { event: null }] = history.of(new Set(['a']));
  expect(event).toEqual({ type: 'message failed', message: 'a', reason: 'the key [secret] is refused' });
});
