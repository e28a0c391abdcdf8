import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Status } from '../../src/observe/status.ts';
import type { RequestRecord, SentText } from '../../src/simulator/kapso-control.ts';
import type { ReadMark } from '../../src/simulator/kapso-send.ts';
import type { ModelRun } from '../../src/simulator/transcript.ts';
import type { Counts } from '../../src/store/store.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { createProgram, type Program, patience } from './program.ts';

const dist = join(import.meta.dirname, '../../dist');
/** The shipped programs. */
export const bundles = {
  poller: join(dist, 'kapso-whatsapp-poller.cjs'),
  cli: join(dist, 'kapso-whatsapp-cli.cjs'),
  simulator: join(dist, 'simulator.js'),
};

/** Distinctive, so that a search for it finds nothing else. */
export const apiKey = 'api-key-5d1f0c7e93ab';
export const phoneNumberId = '647000000000001';

/** What the Kapso simulator takes as an inbound message; see `parseInbound`. */
export interface Inbound {
  id?: string;
  /** `+` and digits. */
  from?: string;
  text: string;
  /** Unix seconds, by WhatsApp. */
  timestamp?: number;
  /** ISO 8601, by Kapso. */
  createdAt?: string;
  /** The id of the group that it is written in. */
  group?: string;
  /** The id of the message that it quotes. */
  replyTo?: string;
}

/** A simulator's process and its control interface. The port stays the same over restarts. */
export interface Simulator extends Program {
  readonly url: string;
  /** Sends one request below `/__sim/`. Rejects with the simulator's text when the answer is not 200. */
  control<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** Resolves when this process's counter reaches the count, e.g. `list`, `runs`, `read`. */
  reaches(counter: string, count: number): Promise<void>;
}

export interface Kapso extends Simulator {
  /** Stores messages from customers. Resolves to their ids when they are on disk. */
  receive(messages: readonly Inbound[]): Promise<string[]>;
  sent(): Promise<SentText[]>;
  reads(): Promise<ReadMark[]>;
  /** The list requests to this process. */
  lists(): Promise<RequestRecord[]>;
}

export interface Gateway extends Simulator {
  /** Every execution of the model over all processes, the oldest first. */
  runs(): Promise<ModelRun[]>;
}

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What `kapso-whatsapp-cli status --json` prints. */
export interface Report {
  running: boolean;
  healthy: boolean;
  problems: string[];
  queue: Counts | null;
}

/** A directory for one test, with every program that runs in it. */
export interface Stage extends Inbox {
  dir: string;
  home: string;
  stateDir: string;
  /** The whole environment of the product's programs. The simulators add to it when they start. */
  env: Record<string, string>;
  startKapso(args?: string[]): Promise<Kapso>;
  /** `program`: the module that runs in the place of the simulator. */
  startGateway(args?: string[], program?: string): Promise<Gateway>;
  /** Starts the poller for the first time. It receives what comes from now on. `env` is added to the stage's. */
  startPoller(env?: Record<string, string>): Promise<Program>;
  /** The poller, not started. `quiet`: its log does not show that it has started. `under`: the command that runs it. */
  poller(env?: Record<string, string>, how?: { quiet?: boolean; under?: readonly string[] }): Program;
  /** Runs a program of the product to its end. `under`: the command that runs it. */
  run(
    program: 'poller' | 'cli',
    args: string[],
    env?: Record<string, string>,
    under?: readonly string[],
  ): Promise<Outcome>;
  /** The status that the CLI prints. */
  status(): Promise<Report>;
  /** The status file of the running poller. */
  statusFile(): Status;
}

/** The options of Node in the program's first line. */
export function nodeOptions(bundle: string): string[] {
  const [first = ''] = readFileSync(bundle, 'utf8').split('\n', 1);
  return first.split(' ').filter(word => word.startsWith('--'));
}

/**
 * Ends every process by its pid and removes the directory when the test is over, failed or not. `database`: the inbox is there.
 */
export function createStage({ database }: { database?: string } = {}): Stage {
  const dir = mkdtempSync(join(tmpdir(), 'kapso-e2e-'));
  const home = join(dir, 'home');
  const stateDir = join(dir, 'state');
  mkdirSync(home);
  const programs: Program[] = [];
  const killAll = () => {
    for (const program of programs) program.signal('SIGKILL');
  };
  process.once('exit', killAll);
  onTestFinished(async () => {
    await Promise.all(programs.map(program => program.end('SIGKILL').catch(() => undefined)));
    process.off('exit', killAll);
    rmSync(dir, { recursive: true, force: true });
  });

  const inherited = Object.fromEntries(
    ['PATH', 'LANG', 'TMPDIR', 'LD_LIBRARY_PATH'].flatMap(name => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const env: Record<string, string> = {
    ...inherited,
    HOME: home,
    KAPSO_API_KEY: apiKey,
    KAPSO_PHONE_NUMBER_ID: phoneNumberId,
    KAPSO_STATE_DIR: stateDir,
    KAPSO_POLL_INTERVAL: '5',
    KAPSO_LOG_LEVEL: 'debug',
    KAPSO_LOG_FORMAT: 'json',
    OPENCLAW_TOKEN: 'gateway-token-2b80e6d4',
    ...(database !== undefined && { KAPSO_STATE_DATABASE: database }),
  };

  const add = <P extends Program>(program: P): P => {
    programs.push(program);
    return program;
  };

  const run: Stage['run'] = (program, args, more = {}, under = []) =>
    new Promise((resolve, reject) => {
      const [command = '', ...before] = [...under, process.execPath];
      const child = spawn(command, [...before, bundles[program], ...args], {
        cwd: dir,
        env: { ...env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: patience,
        killSignal: 'SIGKILL',
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', text => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', text => (stderr += text));
      child.once('error', reject);
      child.once('close', code => resolve({ code, stdout, stderr }));
    });

  const inbox = createInbox({ dir: stateDir, database }, () => programs.map(program => program.tail()).join('\n'));

  const isReady = (line: string) => line.startsWith('{"url"');
  const startSimulator = async (
    kind: 'kapso' | 'gateway',
    args: string[],
    module = bundles.simulator,
  ): Promise<Simulator> => {
    let port = 0;
    const program = add(
      createProgram({
        name: `the ${kind} simulator`,
        args: () => [module, kind, '--exit-with-stdin', '--port', String(port), ...args],
        env,
        cwd: dir,
        ready: isReady,
        // While nothing listened there, the system may have given the port to an outgoing connection.
        again: line => line.includes('EADDRINUSE'),
      }),
    );
    await program.start();
    const ready = JSON.parse(program.lines.find(isReady) ?? '') as { url: string; port: number };
    port = ready.port;
    const base = ready.url.replace(/^ws/, 'http');
    const control: Simulator['control'] = async (method, path, body) => {
      const answer = await fetch(`${base}/__sim/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (answer.status === 200) return (await answer.json()) as never;
      throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}. ${program.tail()}`);
    };
    const reaches = async (counter: string, count: number) => {
      await control('GET', `wait?for=${counter}&count=${count}&timeout=${patience}`);
    };
    return Object.assign(program, { url: ready.url, control, reaches });
  };

  const poller: Stage['poller'] = (more = {}, { quiet = false, under = [] } = {}) =>
    add(
      createProgram({
        name: 'the poller',
        args: () => [...nodeOptions(bundles.poller), bundles.poller],
        env: { ...env, ...more },
        cwd: dir,
        ready: quiet ? null : line => line.includes('kapso-whatsapp-poller started'),
        under,
      }),
    );

  const status = async () => {
    const { stdout, stderr } = await run('cli', ['status', '--json']);
    const report = JSON.parse(stdout) as Report & { error?: unknown };
    if (report.error !== undefined) throw new Error(`status failed: ${stdout}${stderr}`);
    return report;
  };

  return {
    ...inbox,
    dir,
    home,
    stateDir,
    env,
    poller,
    run,
    status,
    startKapso: async (args = ['--state', join(dir, 'kapso.jsonl')]) => {
      const kapso = await startSimulator('kapso', args);
      env.KAPSO_BASE_URL = kapso.url;
      return Object.assign(kapso, {
        receive: async (messages: readonly Inbound[]) =>
          (await kapso.control<{ ids: string[] }>('POST', 'inbound', { messages })).ids,
        sent: async () => (await kapso.control<{ sent: SentText[] }>('GET', 'sent')).sent,
        reads: async () => (await kapso.control<{ read: ReadMark[] }>('GET', 'read')).read,
        lists: async () => (await kapso.control<{ requests: RequestRecord[] }>('GET', 'requests?kind=list')).requests,
      });
    },
    startGateway: async (args = ['--state', join(dir, 'gateway')], module) => {
      const gateway = await startSimulator('gateway', args, module);
      env.OPENCLAW_GATEWAY_URL = gateway.url;
      return Object.assign(gateway, {
        runs: async () => (await gateway.control<{ runs: ModelRun[] }>('GET', 'runs')).runs,
      });
    },
    startPoller: async (more = {}) => {
      const program = poller(more);
      await program.start();
      await program.says('"from":');
      return program;
    },
    statusFile: () => JSON.parse(readFileSync(join(stateDir, 'status.json'), 'utf8')) as Status,
  };
}
