import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CommandRun, runCommand } from '../../src/alerts/by-command.ts';
import { systemClock } from '../../src/clock.ts';
import { isAlive, program, temporaryDirectory } from '../media/files.ts';

const run = (words: readonly string[], more: Partial<CommandRun> = {}) =>
  runCommand({
    words,
    input: '{"state":"problem"}\n',
    variables: { ALERT_STATE: 'problem' },
    timeout: 30_000,
    clock: systemClock,
    signal: new AbortController().signal,
    ...more,
  });
const nodeName = basename(process.execPath);

describe('the program of alerts', () => {
  test('reads the alert, has its variables and none of ours, and gets its words as they are', async () => {
    const dir = temporaryDirectory();
    const words = program(
      dir,
      'tell.cjs',
      `const fs = require('node:fs');
       fs.writeFileSync(__dirname + '/seen', JSON.stringify({ input: fs.readFileSync(0, 'utf8'), env: process.env,
         words: process.argv.slice(2), fds: fs.readdirSync('/proc/self/fd').length }));`,
    );
    process.env.KAPSO_API_KEY = 'api-key-0123456789';
    try {
      const large = `{"says":"${'x'.repeat(300_000)}"}\n`;
      expect(await run([...words, '$(touch x); `id`', '{says}', ''], { input: large })).toBeNull();
      const seen = JSON.parse(readFileSync(join(dir, 'seen'), 'utf8'));
      expect(seen.input).toBe(large);
      expect(seen.words).toEqual(['$(touch x); `id`', '{says}', '']);
      expect(seen.env.ALERT_STATE).toBe('problem');
      expect(Object.keys(seen.env).filter(name => /KAPSO|OPENCLAW/.test(name))).toEqual([]);
    } finally {
      delete process.env.KAPSO_API_KEY;
    }
  });

  test('need not read it', async () => {
    expect(await run(['true'], { input: 'x'.repeat(1_000_000) })).toBeNull();
  });

  test('may print megabytes: the end is kept, and it has not failed', async () => {
    const words = program(
      temporaryDirectory(),
      'loud.cjs',
      `for (let n = 0; n < 500; n += 1) { process.stdout.write('x'.repeat(20000)); process.stderr.write('y'.repeat(20000)); }`,
    );
    const before = process.memoryUsage().heapUsed;
    expect(await run(words)).toBeNull();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60e6);
  });

  test('has failed when it says so, or cannot be run: its last words are told, on one line', async () => {
    const fails = program(
      temporaryDirectory(),
      'fails.cjs',
      `console.log('out'); console.error('x'.repeat(50000) + '\\nno route\\u202e to host\\n'); process.exitCode = 3;`,
    );
    expect(await run(fails)).toMatch(
      new RegExp(`^the program ${nodeName} ended with status 3; it said: no route ?to host$`),
    );
    expect(await run(['no-such-program-3f'])).toMatch(/^the program no-such-program-3f was not found/);
    const plain = join(temporaryDirectory(), 'plain.txt');
    writeFileSync(plain, 'words');
    expect(await run([plain])).toMatch(/^the program plain\.txt cannot be run/);
  });

  test('is ended with all that it has started when it hangs, although it ignores SIGTERM', async () => {
    const dir = temporaryDirectory();
    const words = program(
      dir,
      'hangs.cjs',
      `process.on('SIGTERM', () => {});
       const child = require('node:child_process').spawn('sleep', ['300'], { stdio: 'inherit' });
       require('node:fs').writeFileSync(__dirname + '/pids', process.pid + ' ' + child.pid);
       setInterval(() => {}, 1000);`,
    );
    expect(await run(words, { timeout: 1500 })).toBe(
      `the program ${nodeName} took longer than 1.5 s (alerts.timeout), and was ended`,
    );
    const pids = readFileSync(join(dir, 'pids'), 'utf8').split(' ').map(Number);
    for (const pid of pids) await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test('may leave a process in another session that holds its output: it is not waited for', async () => {
    const dir = temporaryDirectory();
    const pid = join(dir, 'pid');
    const words = program(
      dir,
      'daemon.sh',
      `setsid sh -c 'echo $$ >"$0"; exec sleep 300' "$1" &
       until [ -s "$1" ]; do sleep 0.02; done
       echo no route >&2; exit 3`,
    ).with(0, '/bin/sh');
    const left = () => Number(readFileSync(pid, 'utf8'));
    try {
      expect(await run([...words, pid])).toBe('the program sh ended with status 3; it said: no route');
      expect(isAlive(left())).toBe(true);
    } finally {
      process.kill(left(), 'SIGKILL');
    }
  });

  test('is ended when the poller stops', async () => {
    const dir = temporaryDirectory();
    const words = program(
      dir,
      'waits.cjs',
      `require('node:fs').writeFileSync(__dirname + '/begun', ''); setInterval(() => {}, 1000);`,
    );
    const stop = new AbortController();
    const running = run(words, { signal: stop.signal }).catch((error: unknown) => error);
    await expect.poll(() => existsSync(join(dir, 'begun')), { timeout: 20_000 }).toBe(true);
    const reason = new Error('the poller is stopping');
    stop.abort(reason);
    expect(await running).toBe(reason);
  });
});
