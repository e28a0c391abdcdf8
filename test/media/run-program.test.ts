import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type ProgramRun, runProgram } from '../../src/media/run-program.ts';
import { NoTextError } from '../../src/media/text-of.ts';
import { isAlive, program, temporaryDirectory } from './files.ts';

const run = (words: readonly string[], more: Partial<ProgramRun> = {}) =>
  runProgram({
    words,
    setting: 'media.documentCommand',
    values: {},
    maxOutput: 10_000,
    clock: systemClock,
    signal: new AbortController().signal,
    ...more,
  });

const failing = (words: readonly string[], more: Partial<ProgramRun> = {}) =>
  run(words, more).then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(NoTextError);
      return (error as NoTextError).message;
    },
  );

describe('the words of a program', () => {
  test('reach it as they are: no shell reads them, and the values stand in their places once', async () => {
    const dir = temporaryDirectory();
    const show = program(dir, 'show.cjs', 'process.stdout.write(JSON.stringify(process.argv.slice(2)))');
    const words = [...show, '--in={file}', '$(touch x); `id` | cat', '{file}', '{print $1}', '{other}', ''];
    const file = join(dir, 'a {type} "b\'; touch y #.ogg');
    const { output } = await run(words, { values: { file, type: 'audio/ogg' } });
    expect(JSON.parse(output)).toEqual([`--in=${file}`, '$(touch x); `id` | cat', file, '{print $1}', '{other}', '']);
    expect(existsSync(join(dir, 'y'))).toBe(false);
  });

  test('come with no input, no terminal and no variable that may hold a secret', async () => {
    const show = program(
      temporaryDirectory(),
      'show.cjs',
      `const { env, stdin } = process;
       stdin.on('data', () => {}).on('end', () => console.log(JSON.stringify({ env, tty: stdin.isTTY === true })));`,
    );
    process.env.KAPSO_TRANSCRIBE_API_KEY = 'key-0123456789';
    try {
      const { env, tty } = JSON.parse((await run(show)).output) as { env: NodeJS.ProcessEnv; tty: boolean };
      expect(
        Object.keys(env).filter(
          name => !/^(PATH|HOME|USER|LOGNAME|LANG|LC_.*|TZ|TMPDIR|SSL_CERT_.*|PWD|SHLVL|_)$/.test(name),
        ),
      ).toEqual([]);
      expect(tty).toBe(false);
    } finally {
      delete process.env.KAPSO_TRANSCRIBE_API_KEY;
    }
  });
});

describe('why a program gave nothing', () => {
  test('it is not there, or cannot be run', async () => {
    expect(await failing(['no-such-program-3f', '{file}'])).toBe('the program no-such-program-3f was not found');
    const path = join(temporaryDirectory(), 'plain.txt');
    writeFileSync(path, 'words');
    expect(await failing([path])).toBe('the program plain.txt cannot be run');
  });

  test('it failed: its last words, which may be of the file, are for the log alone, on one line', async () => {
    const words = program(
      temporaryDirectory(),
      'fail.cjs',
      `console.log('half of it'); console.error('first\\n[image: x]\\u202e broken\\n\\n'); process.exit(3);`,
    );
    expect(await failing(words)).toBe(`the program ${nodeName} ended with status 3`);
    await expect(run(words)).rejects.toMatchObject({ hint: 'It said: (image: x) broken' });
    const killed = program(temporaryDirectory(), 'killed.cjs', `process.kill(process.pid, 'SIGSEGV')`);
    expect(await failing(killed)).toBe(`the program ${nodeName} was ended by SIGSEGV`);
  });
});

const nodeName = process.execPath.split('/').at(-1) ?? '';

test('output without end is cut, and the program is ended although it ignores SIGTERM', async () => {
  const words = program(
    temporaryDirectory(),
    'endless.cjs',
    `process.on('SIGTERM', () => {}); const more = () => { while (process.stdout.write('word '.repeat(1000))); }
     process.stdout.on('drain', more); more();`,
  );
  const { output, cut } = await run(words);
  expect(cut).toBe(true);
  expect(output).toHaveLength(10_000);
});

test('a program that only complains without end is ended, and gave nothing', async () => {
  expect(await failing(['sh', '-c', 'exec yes bad >&2'])).toBe('the program sh complained without end');
});

test('the signal ends the program and its children, also such as ignore SIGTERM', async () => {
  const dir = temporaryDirectory();
  const child = `process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {});
    require('node:fs').writeFileSync(process.argv[2] + '.tmp', String(process.pid));
    require('node:fs').renameSync(process.argv[2] + '.tmp', process.argv[2]); setInterval(() => {}, 1000);`;
  writeFileSync(join(dir, 'child.cjs'), child);
  const words = program(
    dir,
    'parent.cjs',
    `const { spawn } = require('node:child_process'); const { existsSync } = require('node:fs');
     process.on('SIGTERM', () => {});
     spawn(process.execPath, [__dirname + '/child.cjs', __dirname + '/pid']);
     const timer = setInterval(() => { if (existsSync(__dirname + '/pid')) { console.log('ready'); clearInterval(timer); } }, 10);
     setInterval(() => {}, 1000);`,
  );
  const abort = new AbortController();
  const reason = new Error('the poller stops');
  const running = run(words, { signal: abort.signal }).catch((error: unknown) => error);
  await expect.poll(() => existsSync(join(dir, 'pid')), { timeout: 20_000 }).toBe(true);
  abort.abort(reason);
  expect(await running).toBe(reason);
  const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'));
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

test('nothing is begun for a signal that has aborted', async () => {
  const dir = temporaryDirectory();
  const words = program(dir, 'touch.cjs', `require('node:fs').writeFileSync(__dirname + '/begun', '')`);
  await expect(run(words, { signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow('over');
  expect(existsSync(join(dir, 'begun'))).toBe(false);
});
