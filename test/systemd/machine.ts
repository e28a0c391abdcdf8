import {
  type ChildProcess,
  type ChildProcessByStdio,
  execFile,
  execFileSync,
  spawn,
  spawnSync,
} from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export type Suite = 'bookworm' | 'trixie';
/** systemd 252 and 257. */
export const suites: readonly Suite[] = ['bookworm', 'trixie'];

/** Milliseconds that only a hang reaches. */
const patience = 30_000;
const root = join(import.meta.dirname, '../..');

/** Where the machine has the package: with the native module, and without. */
export const installed = { native: '/usr/local/lib/kapso-native', plain: '/usr/local/lib/kapso-plain' } as const;

export interface Result {
  code: number;
  /** Standard output, then standard error. */
  text: string;
}

/** A Debian whose PID 1 is a real systemd. Changes in it are gone when it stops. It shares this process's network. */
export interface Machine {
  /** A directory of this machine. Inside it is /run/tests. */
  readonly shared: string;
  /** Runs a program as root. It never rejects for the exit code. */
  run(...command: string[]): Promise<Result>;
  /** Runs a program that must succeed. Resolves with its standard output. */
  do(...command: string[]): Promise<string>;
  write(path: string, content: string, mode?: string): Promise<void>;
  /** Properties of a unit, as `systemctl show` prints them. */
  show(unit: string, ...properties: string[]): Promise<Record<string, string>>;
  /** Resolves when a property matches. */
  until(unit: string, property: string, expected: RegExp): Promise<string>;
  /** Follows what a unit logs from now on. */
  journal(unit: string): Promise<JournalReader>;
  stop(): Promise<void>;
}

export interface JournalReader {
  readonly lines: readonly string[];
  /** Resolves with the first line from `from` on that matches. */
  says(pattern: RegExp, from?: number): Promise<string>;
  close(): void;
}

/** A variable that run.ts sets. */
export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests are started by "npm run test:systemd"`);
  return value;
}

/** Copies the parts of the npm package, so that a later build does not remove them. */
function stagePackages(dir: string): void {
  for (const kind of ['native', 'plain']) {
    const target = join(dir, kind);
    mkdirSync(target);
    for (const part of ['dist', 'nix/systemd', 'package.json']) {
      cpSync(join(root, part), join(target, part), { recursive: true });
    }
  }
  cpSync(join(required('SYSTEMD_TEST_NATIVE'), 'node_modules'), join(dir, 'native/node_modules'), { recursive: true });
}

export async function startMachine(suite: Suite): Promise<Machine> {
  const dir = mkdtempSync(join(tmpdir(), 'kapso-systemd-'));
  stagePackages(dir);
  const tests = join(dir, 'tests');
  mkdirSync(tests);
  execFileSync('mkfifo', [join(tests, 'booted')]);
  const group = join('/sys/fs/cgroup', basename(dir));
  const options = [
    '--quiet',
    `--directory=${join(required('SYSTEMD_TEST_CACHE'), suite)}`,
    '--volatile=overlay',
    '--register=no',
    '--keep-unit',
    `--machine=kapso-${suite}`,
    '--console=pipe',
    `--bind=${tests}:/run/tests`,
    '--link-journal=no',
    '--resolv-conf=off',
    '--timezone=off',
    `--bind-ro=${process.execPath}:/usr/local/bin/node`,
    `--bind-ro=${join(dir, 'native')}:${installed.native}`,
    `--bind-ro=${join(dir, 'plain')}:${installed.plain}`,
    `--bind-ro=${join(import.meta.dirname, 'misbehave.cjs')}:/usr/local/lib/misbehave.cjs`,
    '--boot',
    'systemd.unit=multi-user.target',
  ];
  // The container gets a cgroup of its own before it starts.
  const script = `mkdir "${group}" && echo $$ > "${group}/cgroup.procs" && exec systemd-nspawn "$@"`;
  const child = spawn('sh', ['-euc', script, 'sh', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = once(child, 'exit');
  await booted(child, join(tests, 'booted'));
  const leader = leaderOf(child.pid ?? 0);
  const enter = ['--target', String(leader), '--mount', '--uts', '--ipc', '--pid', '--'];
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LC_ALL: 'C.UTF-8',
  };

  const run: Machine['run'] = (...command) =>
    new Promise(resolve => {
      execFile('nsenter', [...enter, ...command], { env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, text: stdout + stderr });
      });
    });
  const must: Machine['do'] = async (...command) => {
    const { code, text } = await run(...command);
    if (code === 0) return text;
    await run('journalctl', '--sync');
    const log = (await run('journalctl', '--no-pager', '--lines=25', '--output=cat')).text;
    throw new Error(`${command.join(' ')} ended with ${code}: ${text}\nThe end of the journal:\n${log}`);
  };
  const show: Machine['show'] = async (unit, ...properties) => {
    const text = await must('systemctl', 'show', unit, ...properties.flatMap(name => ['-p', name]));
    return Object.fromEntries(
      text
        .trimEnd()
        .split('\n')
        .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  };

  return {
    shared: tests,
    run,
    do: must,
    write: async (path, content, mode = '0644') => {
      const writing = spawn(
        'nsenter',
        [...enter, 'sh', '-euc', 'mkdir -p "$(dirname "$1")"; cat > "$1"; chmod "$2" "$1"', 'sh', path, mode],
        { env, stdio: ['pipe', 'inherit', 'inherit'] },
      );
      writing.stdin.end(content);
      const [code] = await once(writing, 'exit');
      if (code !== 0) throw new Error(`${path} could not be written`);
    },
    show,
    until: async (unit, property, expected) => {
      for (const end = Date.now() + patience; ; ) {
        const { [property]: value = '' } = await show(unit, property);
        if (expected.test(value)) return value;
        if (Date.now() > end) {
          const log = await must('journalctl', '-u', unit, '-n', '40', '--no-pager');
          throw new Error(`${property} of ${unit} is ${JSON.stringify(value)}, not ${expected}:\n${log}`);
        }
      }
    },
    journal: async unit => {
      // From the present end of the journal: the follower may begin to read later.
      await must('journalctl', '--sync');
      const cursor = /^-- cursor: (.*)$/m.exec(await must('journalctl', '--lines=1', '--show-cursor'))?.[1];
      if (cursor === undefined) throw new Error('the journal has no end');
      const follow = [
        'journalctl',
        '--follow',
        '--no-tail',
        `--after-cursor=${cursor}`,
        '--output=cat',
        `--unit=${unit}`,
      ];
      return readLines(spawn('nsenter', [...enter, ...follow], { env, stdio: ['ignore', 'pipe', 'ignore'] }), unit);
    },
    stop: async () => {
      await run('systemctl', 'poweroff', '--no-block');
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      await gone;
      clearTimeout(timer);
      // What the kernel has not yet released stays, and is empty.
      spawnSync('find', [group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+']);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Resolves when the container says that it has booted. Opening a FIFO waits for its other end. */
async function booted(child: ChildProcess, fifo: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (said += chunk));
  const fail = (why: string) => reject(new Error(`the container ${why}: ${said}`));
  const timer = setTimeout(() => fail('did not start'), patience);
  const onExit = () => fail('ended');
  child.once('error', reject).once('exit', onExit);
  readFile(fifo).then(() => resolve(), reject);
  await promise.finally(() => {
    clearTimeout(timer);
    child.off('exit', onExit);
  });
}

/** The pid of the container's PID 1, seen from outside. */
function leaderOf(nspawn: number): number {
  const queue = [nspawn];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    const ids = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]?.split(/\s+/) ?? [];
    if (ids.length > 1 && ids.at(-1) === '1') return pid;
    queue.push(...childrenOf(pid));
  }
  throw new Error('the container has no PID 1');
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? [] : children.split(' ').map(Number);
}

function readLines(child: ChildProcessByStdio<null, Readable, null>, unit: string): JournalReader {
  const lines: string[] = [];
  const looks = new Set<() => void>();
  createInterface(child.stdout).on('line', line => {
    lines.push(line);
    for (const look of looks) look();
  });
  return {
    lines,
    says: (pattern, from = 0) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          looks.delete(look);
          reject(new Error(`${unit} did not log ${pattern}:\n${lines.slice(-30).join('\n')}`));
        }, patience);
        const look = () => {
          const found = lines.find((line, index) => index >= from && pattern.test(line));
          if (found === undefined) return;
          clearTimeout(timer);
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
      }),
    // Not nsenter itself, which would leave its child behind. It ends with the child.
    close: () => {
      for (const pid of childrenOf(child.pid ?? 0)) process.kill(pid);
    },
  };
}
