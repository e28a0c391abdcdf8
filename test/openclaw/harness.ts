/** A real OpenClaw gateway on loopback with a scripted model behind it, in a temporary directory of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { GatewayClient } from '@openclaw/gateway-client';
import { freePort } from '../free-port.ts';
import { installOpenClaw } from './install.ts';
import { type Model, startModel } from './model.ts';

const execute = promisify(execFile);
const READY_WITHIN = 120_000;
/** Milliseconds until a gateway that was told to stop is killed, as a service manager does. By itself it may take five minutes. */
const ENDED_WITHIN = 60_000;

export interface OpenClaw {
  readonly url: string;
  readonly token: string;
  readonly model: Model;
  /** The agent's working directory; skills go to `skills/` in it. */
  readonly workspace: string;
  /** The first directory in the PATH of the agent's commands. */
  readonly bin: string;
  readonly pid: number;
  /** Starts the gateway again after `stop` or `kill`, on the same port and state. Resolves when it is ready. */
  start(): Promise<void>;
  /** Sends SIGTERM: the gateway lets running turns finish. */
  stop(): Promise<void>;
  /** Sends SIGKILL. */
  kill(): Promise<void>;
  /** Runs the `openclaw` program beside the gateway, with its configuration and state. Resolves to its standard output. */
  command(...args: string[]): Promise<string>;
  /** Sends one request as an operator, e.g. `chat.history`. */
  request<T = Record<string, unknown>>(method: string, params: unknown): Promise<T>;
  /** The gateway's output so far, for a failing test. */
  output(): Promise<string>;
  /** Stops everything and removes the directory. */
  close(): Promise<void>;
}

export interface OpenClawOptions {
  /** Merged into the gateway's environment. */
  env?: Record<string, string>;
  /** Merged over the top-level keys of openclaw.json. */
  config?: Record<string, unknown>;
  /** Puts files into the workspace and the PATH before the gateway starts. */
  prepare?: (directories: { workspace: string; bin: string }) => Promise<void>;
  /** Whether the model takes images. By default it takes text only. */
  seesImages?: boolean;
}

interface Places {
  port: number;
  token: string;
  workspace: string;
  directory: string;
  model: Model;
  bin: string;
}

function configuration({ port, token, workspace, directory, model, bin }: Places, seesImages: boolean) {
  return {
    gateway: {
      mode: 'local',
      bind: 'loopback',
      port,
      auth: { mode: 'token', token },
      controlUi: { enabled: false },
    },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: 'off' } },
    tools: { exec: { pathPrepend: [bin] } },
    agents: { defaults: { workspace, skipBootstrap: true, model: { primary: 'scripted/scripted' } } },
    models: {
      mode: 'merge',
      catalogRefresh: { enabled: false },
      providers: {
        scripted: {
          baseUrl: model.url,
          apiKey: 'not-a-secret',
          api: 'openai-completions',
          models: [
            {
              id: 'scripted',
              name: 'Scripted model',
              reasoning: false,
              input: seesImages ? ['text', 'image'] : ['text'],
              cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
              contextWindow: 128_000,
              maxTokens: 8192,
            },
          ],
        },
      },
    },
    logging: { file: join(directory, 'openclaw.log') },
  };
}

/** Installs OpenClaw where needed and starts it. Resolves when it is ready. */
export async function startOpenClaw(options: OpenClawOptions = {}): Promise<OpenClaw> {
  const program = await installOpenClaw();
  const directory = await mkdtemp(join(tmpdir(), 'openclaw-gateway-'));
  const [home, state, workspace, bin] = ['home', 'state', 'workspace', 'bin'].map(name => join(directory, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [home, state, workspace, bin]) await mkdir(path, { mode: 0o700 });
  await options.prepare?.({ workspace, bin });
  const model = await startModel();
  const port = await freePort();
  const token = 'openclaw-test-token-0123456789';
  const configPath = join(directory, 'openclaw.json');
  const config = {
    ...configuration({ port, token, workspace, directory, model, bin }, options.seesImages ?? false),
    ...options.config,
  };
  await writeFile(configPath, JSON.stringify(config, null, 2), { mode: 0o600 });
  const logPath = join(directory, 'gateway.log');

  // A fixed list: nothing of the developer's own OpenClaw or of the test runner may get in.
  const env: Record<string, string> = {
    PATH: [bin, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin', process.env.PATH ?? ''].join(':'),
    HOME: home,
    OPENCLAW_HOME: home,
    OPENCLAW_STATE_DIR: state,
    OPENCLAW_CONFIG_PATH: configPath,
    OPENCLAW_DISABLE_BONJOUR: '1',
    OPENCLAW_NO_AUTO_UPDATE: '1',
    OPENCLAW_NO_RESPAWN: '1',
    OPENCLAW_SKIP_CHANNELS: '1',
    ...options.env,
  };
  let child: ChildProcess | null = null;

  const output = () => readFile(logPath, 'utf8').catch(() => '');

  async function start(): Promise<void> {
    const log = openSync(logPath, 'a');
    const started = spawn(process.execPath, [program, 'gateway', 'run', '--port', String(port)], {
      env,
      cwd: home,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child = started;
    const until = Date.now() + READY_WITHIN;
    while (started.exitCode === null && started.signalCode === null && Date.now() < until) {
      // The gateway does not announce that it is ready. It must be asked.
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
      if (answer?.ok) return;
      await pause(100);
    }
    started.kill('SIGKILL');
    throw new Error(`the gateway did not become ready:\n${(await output()).slice(-4000)}`);
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const running = child;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill(signal);
    const lastResort = setTimeout(() => running.kill('SIGKILL'), ENDED_WITHIN);
    await gone;
    clearTimeout(lastResort);
  }

  try {
    await start();
  } catch (error) {
    await model.close();
    throw error;
  }

  return {
    url: `ws://127.0.0.1:${port}`,
    token,
    model,
    workspace,
    bin,
    get pid() {
      return child?.pid ?? 0;
    },
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async command(...args) {
      return (await execute(process.execPath, [program, ...args], { env, cwd: home })).stdout;
    },
    async request<T>(method: string, params: unknown): Promise<T> {
      const ready = Promise.withResolvers<void>();
      const client = new GatewayClient({
        url: `ws://127.0.0.1:${port}`,
        token,
        scopes: ['operator.read', 'operator.write'],
        onHelloOk: () => ready.resolve(),
        onConnectError: ready.reject,
      });
      client.start();
      try {
        await ready.promise;
        return await client.request<T>(method, params);
      } finally {
        client.stop();
      }
    },
    output,
    async close() {
      // After SIGTERM it would let a run that is still under way finish, for up to five minutes.
      await end('SIGKILL');
      await model.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a command could change: everything about the session except its counters, its times and its last run. */
export async function sessionSettings(openclaw: OpenClaw, key: string): Promise<Record<string, unknown>> {
  const { session } = await openclaw.request<{ session: Record<string, unknown> }>('sessions.describe', { key });
  const changing = /At$|Tokens$|Cost|runtimeMs|contextBudgetStatus|unread|lastRunId|placement/i;
  return Object.fromEntries(Object.entries(session).filter(([name]) => !changing.test(name)));
}
