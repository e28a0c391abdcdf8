/** The programs of one measurement, in a directory of their own that is removed afterwards. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const dist = join(import.meta.dirname, '../../dist');
export const pollerProgram = join(dist, 'kapso-whatsapp-poller.cjs');
export const cliProgram = join(dist, 'kapso-whatsapp-cli.cjs');
const simulatorProgram = join(dist, 'simulator.js');

/** On many systems /tmp is in memory, where an fsync costs nothing. */
export const workRoot = existsSync('/var/tmp') ? '/var/tmp' : tmpdir();

export const phoneNumberId = '647000000000001';
const apiKey = 'bench-api-key';
const token = 'bench-token';
/** Milliseconds for a program to become ready, or to reach what is waited for. */
const patience = 180_000;

export interface Simulator {
  url: string;
  pid: number;
  /** Sends a request to the control interface below `/__sim/` and parses the answer. */
  control(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** Resolves when something has happened this many times since the start. */
  reached(what: string, count: number): Promise<void>;
}

export interface Poller {
  pid: number;
  stateDir: string;
  /** Resolves with the match when a line of the log matches, an earlier one included. */
  logged(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends SIGTERM. Resolves when the program has ended. */
  stop(): Promise<void>;
}

export interface Stage extends AsyncDisposable {
  dir: string;
  /** The environment of all programs. Of the caller's variables it has only PATH. */
  env: Record<string, string>;
  startKapso(...args: string[]): Promise<Simulator>;
  startGateway(...args: string[]): Promise<Simulator>;
  startPoller(env?: Record<string, string>): Poller;
  /** Runs a TypeScript program of this folder that takes messages. */
  startHelper(file: string): ChildProcess;
}

export function openStage(): Stage {
  const dir = mkdtempSync(join(workRoot, 'kapso-whatsapp-bench-'));
  const children = new Set<ChildProcess>();
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    KAPSO_API_KEY: apiKey,
    KAPSO_PHONE_NUMBER_ID: phoneNumberId,
    OPENCLAW_TOKEN: token,
    // An address where nothing listens, until a simulator is started.
    KAPSO_BASE_URL: 'http://127.0.0.1:9',
    OPENCLAW_GATEWAY_URL: 'ws://127.0.0.1:9',
  };

  const keep = <T extends ChildProcess>(child: T): T => {
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };

  const startSimulator = async (args: string[]): Promise<Simulator> => {
    const child = keep(
      spawn(process.execPath, [simulatorProgram, ...args, '--exit-with-stdin'], {
        env,
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const [line] = await once(createInterface(child.stdout), 'line', { signal: AbortSignal.timeout(patience) });
    const { url, pid } = JSON.parse(String(line)) as { url: string; pid: number };
    const control = async (method: string, path: string, body?: object) => {
      const response = await fetch(`${url.replace(/^ws/, 'http')}/__sim/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = (await response.json()) as Record<string, unknown>;
      if (!response.ok) throw new Error(`the simulator refused ${method} ${path}: ${JSON.stringify(answer)}`);
      return answer;
    };
    const reached = async (what: string, count: number) => {
      const answer = await control('GET', `wait?for=${what}&count=${count}&timeout=${patience}`);
      if (Number(answer.count) < count)
        throw new Error(`the simulator saw ${what} ${answer.count} times, not ${count}`);
    };
    return { url, pid, control, reached };
  };

  return {
    dir,
    env,
    async startKapso(...args) {
      const kapso = await startSimulator(['kapso', ...args]);
      env.KAPSO_BASE_URL = kapso.url;
      return kapso;
    },
    async startGateway(...args) {
      const gateway = await startSimulator(['gateway', ...args]);
      env.OPENCLAW_GATEWAY_URL = gateway.url;
      return gateway;
    },
    startPoller(more = {}) {
      const stateDir = more.KAPSO_STATE_DIR ?? join(dir, 'state');
      const child = keep(
        // Started by its first line, as users do: that sets the options of Node.js.
        spawn(pollerProgram, [], {
          env: { ...env, KAPSO_STATE_DIR: stateDir, ...more },
          stdio: ['ignore', 'ignore', 'pipe'],
        }),
      );
      const { pid } = child;
      if (pid === undefined) throw new Error(`${pollerProgram} cannot be started: run "node build.ts" first`);
      return { pid, stateDir, logged: watchLog(child), stop: () => end(child) };
    },
    startHelper: file =>
      keep(fork(join(import.meta.dirname, file), { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })),
    async [Symbol.asyncDispose]() {
      await Promise.all([...children].map(end));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** In a log of many messages, only this much is searched. What is looked for is at its beginning. The rest is drained. */
const searched = 256 * 1024;

function watchLog(child: ChildProcess): Poller['logged'] {
  let log = '';
  const looks = new Set<() => void>();
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    if (log.length > searched) return;
    log += chunk;
    for (const look of looks) look();
  });
  return pattern =>
    new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        looks.delete(look);
        child.off('exit', ended);
      };
      const look = () => {
        const found = pattern.exec(log);
        if (!found) return;
        done();
        resolve(found);
      };
      const fail = (why: string) => {
        done();
        reject(new Error(`the poller ${why} before it logged ${pattern}:\n${log.slice(-2000)}`));
      };
      const ended = () => fail('ended');
      const timer = setTimeout(() => fail(`ran for ${patience / 1000} s`), patience);
      child.once('exit', ended);
      looks.add(look);
      look();
    });
}

/** Asks a program to end, then kills it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await exit;
  clearTimeout(impatience);
}
