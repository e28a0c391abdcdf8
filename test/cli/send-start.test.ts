import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { accepted, account, bundle, startApi } from './program.ts';

/** Runs `send` and returns which of Node's modules and which parts of the program it has loaded at its end. */
async function loadedBy(args: readonly string[]): Promise<{ builtins: string[]; parts: string[] }> {
  const server = await startApi(accepted);
  const dir = mkdtempSync(join(tmpdir(), 'send-start-'));
  onTestFinished(async () => {
    await server.close();
    rmSync(dir, { recursive: true });
  });
  const [hook, seen] = [join(dir, 'hook.cjs'), join(dir, 'seen.json')];
  writeFileSync(
    hook,
    `const fs = require('node:fs');
    const { readFileSync } = fs;
    const files = [];
    fs.readFileSync = (path, ...rest) => {
      files.push(String(path));
      return readFileSync(path, ...rest);
    };
    const before = new Set(process.moduleLoadList);
    process.on('exit', () => {
      const builtins = process.moduleLoadList.filter(name => !before.has(name)).map(name => name.split(' ')[1]);
      fs.writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ builtins, files }));
    });`,
  );
  const env = { ...account(server), HOME: dir };
  const child = spawn(process.execPath, ['--require', hook, bundle, 'send', '--to', '+15551234567', ...args], { env });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  const { builtins, files } = JSON.parse(readFileSync(seen, 'utf8'));
  const parts = files.flatMap((path: string) => /on-demand\/(.+)\.cjs$/.exec(path)?.[1] ?? []);
  return { builtins, parts };
}

/** Each costs milliseconds, and an agent runs `send` for every answer. */
const slow = ['crypto', 'fs/promises', 'stream/web', 'worker_threads', 'sqlite', 'child_process', 'zlib'];

test('a plain text loads no part of the program and no module of Node that only other messages need', async () => {
  const { builtins, parts } = await loadedBy(['--text', 'Hello', '--reply-to', 'wamid.A']);
  expect(builtins).toContain('http');
  expect(builtins.filter(name => slow.includes(name))).toEqual([]);
  expect(parts).toEqual(['cli']);
});

test('what can be tapped loads the part that makes it', async () => {
  const { parts } = await loadedBy(['--text', 'For two?', '--buttons', 'Yes|No']);
  expect(parts).toEqual(['cli', 'forms']);
});
