import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';

const demo = join(import.meta.dirname, '../../dist/demo.js');
/** Other processes are looked up in /proc. */
const linux = process.platform === 'linux';
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'demo-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The bundle with variables of a user's environment that must not reach the programs. */
function start(args: string[], stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  return spawn(process.execPath, [demo, ...args], {
    stdio: [stdin, 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: dir, KAPSO_API_KEY: 'mine', KAPSO_MODE: 'domain', OPENCLAW_TOKEN: 'mine' },
  });
}

async function output(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', chunk => (text += chunk));
  await once(child, 'close');
  return text;
}

/** Processes whose command line or environment names the demo's directory. */
function processesOf(directory: string): string[] {
  return readdirSync('/proc').filter(pid => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`HOME=${directory}`);
    } catch {
      return false;
    }
  });
}

it('takes one message to the agent and its answer back by relay, another by the CLI, and leaves nothing behind', async () => {
  const child = start(['--say', 'hello', '--say', 'again']);
  const said = await output(child);
  expect(child.exitCode).toBe(0);
  expect(said).toContain('you (+15551234567): hello\nagent, by relay: You said: hello\n');
  expect(said).toContain('you (+15551234567): again\nagent, by kapso-whatsapp-cli: You said: again\n');
  expect(readdirSync(dir)).toEqual([]);
});

it('says that an empty message has no answer, instead of waiting for one', async () => {
  const child = start(['--say', ' ']);
  expect(await output(child)).toBe('');
  expect(child.exitCode).toBe(64);
});

it('refuses options that do not go together, and says why', async () => {
  const wrong = [
    ['--say', 'x', '--gateway', 'ws://127.0.0.1:1'],
    ['--gateway', 'http://127.0.0.1:1'],
    ['--token', 'x'],
    ['--gateway', 'ws://127.0.0.1:1', '--token-file', join(dir, 'none')],
    ['--port', '70000'],
    ['--other'],
  ];
  for (const args of wrong) {
    const child = spawn(process.execPath, [demo, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', chunk => (text += chunk));
    expect((await once(child, 'close'))[0]).toBe(64);
    expect(text).toMatch(/^demo: /);
  }
  expect(readdirSync(dir)).toEqual([]);
});

it('takes every line that is typed for a message', async () => {
  const child = start(['--no-page'], 'pipe');
  child.stdin?.end('one\n\ntwo\n');
  const said = await output(child);
  expect(child.exitCode).toBe(0);
  expect(said).toMatch(/: one\nagent, by relay: You said: one\n.*: two\nagent, by \S+-cli: You said: two\n/);
});

it.runIf(linux)('ends its programs and removes its directory when it is interrupted', async () => {
  const child = start(['--no-page'], 'pipe');
  const lines = createInterface(child.stdout as NonNullable<typeof child.stdout>);
  for await (const line of lines) if (line.startsWith('Type a message')) break;
  const [directory = ''] = readdirSync(dir);
  expect(processesOf(join(dir, directory)).length).toBeGreaterThan(0);
  child.kill('SIGINT');
  expect((await once(child, 'exit'))[0]).toBe(0);
  expect(processesOf(join(dir, directory))).toEqual([]);
  expect(readdirSync(dir)).toEqual([]);
});

it.runIf(linux)('leaves no process behind even when it is killed', async () => {
  const child = start(['--no-page'], 'pipe');
  const lines = createInterface(child.stdout as NonNullable<typeof child.stdout>);
  for await (const line of lines) if (line.startsWith('Type a message')) break;
  const [directory = ''] = readdirSync(dir);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect.poll(() => processesOf(join(dir, directory)), { timeout: 20_000 }).toEqual([]);
});

it('says where its state is, and by /help what else can be tried', async () => {
  const child = start(['--no-page'], 'pipe');
  child.stdin?.end('/help\n');
  const said = await output(child);
  expect(child.exitCode).toBe(0);
  expect(said).toContain(`Its inbox is in ${dir}/`);
  expect(said).toMatch(/KAPSO_STATE_DIR=\S+ \S+kapso-whatsapp-cli\.cjs status\n/);
  expect(said).not.toContain('agent, by');
});

// script(1) has other options elsewhere.
it.runIf(linux)('on a terminal an answer leaves what is being typed as it is', async () => {
  const terminal = spawn('script', ['-qefc', `'${process.execPath}' '${demo}' --no-page`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: dir, TERM: 'xterm', COLUMNS: '80' },
  });
  let screen = '';
  const watchers = new Set<() => void>();
  terminal.stdout.setEncoding('utf8').on('data', chunk => {
    screen += chunk;
    for (const look of watchers) look();
  });
  const shows = (pattern: RegExp) =>
    new Promise<void>(resolve => {
      const look = () => {
        if (!pattern.test(screen)) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  const prompt = String.raw`you \(\+15551234567\): `;
  await shows(new RegExp(prompt));
  terminal.stdin.write('first\r');
  terminal.stdin.write('half a');
  // The answer, on a line of its own, and below it the prompt with what had been typed.
  await shows(new RegExp(String.raw`\x1b\[1G\x1b\[0Jagent, by relay: You said: first\r\n[^\n]*${prompt}half a`));
  terminal.stdin.write(' line\r');
  await shows(/agent, by \S+-cli: You said: half a line\r\n/);
  terminal.stdin.write('\u0004');
  expect((await once(terminal, 'exit'))[0]).toBe(0);
  expect(readdirSync(dir)).toEqual([]);
});
