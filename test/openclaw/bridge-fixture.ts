/** The whole product around a real OpenClaw: a simulated Kapso, the real poller as a process, and the real CLI for the agent. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { type OpenClaw, type OpenClawOptions, startOpenClaw } from './harness.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const programs = {
  poller: join(root, 'dist/kapso-whatsapp-poller.cjs'),
  cli: join(root, 'dist/kapso-whatsapp-cli.cjs'),
};

/** A line of the poller's log. */
export interface LogEvent {
  msg: string;
  message?: string;
  [field: string]: unknown;
}

export interface Poller {
  readonly pid: number;
  /** Everything it logged so far. */
  readonly events: readonly LogEvent[];
  /** Resolves when a line that fits has been logged, before or from now on. Rejects when the poller ends or gives a message up. */
  logged(fits: (event: LogEvent) => boolean): Promise<LogEvent>;
  /** Resolves when each of these messages is settled. */
  handled(ids: readonly string[]): Promise<void>;
  /** Resolves when the log, from this event on, says that the poller has received this many messages. */
  received(count: number, since: number): Promise<void>;
  pollNow(): void;
  /** Resolves when the poller has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** A message as `kapso-whatsapp-cli inbox list --json --full` shows it. */
export interface InboxRow {
  id: string;
  state: string;
  attempts: number;
  reason: string | null;
  outcome: string | null;
}

export interface UserRow {
  key: string;
  text: string;
}

export interface Bridge {
  kapso: KapsoSimulator;
  openclaw: OpenClaw;
  /** Starts a poller on the one state directory. `settings` are added to its environment. */
  startPoller(settings?: Record<string, string>): Promise<Poller>;
  /** Writes as a customer. Resolves to the message ids. */
  write(from: string, ...texts: string[]): Promise<string[]>;
  /** Writes as a customer under this name. */
  writeAs(name: string, from: string, ...texts: string[]): Promise<string[]>;
  /** Resolves when the customers have received this many texts in all. */
  sent(count: number): Promise<void>;
  /** What one customer has received, the oldest first. */
  answers(to: string): string[];
  cli(...args: string[]): Promise<string>;
  inbox(): Promise<InboxRow[]>;
  /** The inputs in this customer's conversation, the oldest first, as the gateway recorded them. */
  inputs(from: string): Promise<UserRow[]>;
  close(): Promise<void>;
}

/** The beginning of the input by which the gateway itself resumes an interrupted run. */
const recoveryNote = '[System] Your previous turn was interrupted by a gateway restart';

export const sessionKey = (phone: string) => `agent:main:kapso:direct:${phone}`;

/**
 * Installs the program as npm links it. The program itself finds its Node.js, under the PATH that the gateway gives to
 * an agent's commands.
 */
async function installCli(bin: string): Promise<void> {
  await symlink(programs.cli, join(bin, 'kapso-whatsapp-cli'));
}

async function startPoller(env: Record<string, string>): Promise<Poller> {
  const child = spawn(process.execPath, [programs.poller], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const events: LogEvent[] = [];
  const watchers = new Set<() => void>();
  let failure: Error | null = null;
  const tell = () => {
    for (const watcher of [...watchers]) watcher();
  };
  createInterface(child.stderr).on('line', line => {
    const event: LogEvent = line.startsWith('{') ? JSON.parse(line) : { msg: line };
    events.push(event);
    if (event.msg.startsWith('Message given up')) failure = new Error(`the poller gave a message up: ${line}`);
    tell();
  });
  const exit = once(child, 'exit').then(([code, signal]) => {
    failure ??= new Error(
      `the poller ended (${code ?? signal}):\n${events.map(event => JSON.stringify(event)).join('\n')}`,
    );
    tell();
  });

  const until = (done: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!done() && !failure) return;
        watchers.delete(look);
        if (done()) resolve();
        else reject(failure);
      };
      watchers.add(look);
      look();
    });

  const poller: Poller = {
    pid: child.pid ?? 0,
    events,
    async logged(fits) {
      await until(() => events.some(fits));
      return events.find(fits) as LogEvent;
    },
    async handled(ids) {
      const settled = (id: string) =>
        events.some(event => event.message === id && event.msg === 'Message handled by the agent');
      await until(() => ids.every(settled));
    },
    async received(count, since) {
      await until(() => events.slice(since).reduce((sum, event) => sum + Number(event.new ?? 0), 0) >= count);
    },
    pollNow: () => void child.kill('SIGUSR2'),
    async end(signal) {
      child.kill(signal);
      await exit;
    },
  };
  await poller.logged(event => event.msg === 'Connected to the gateway');
  return poller;
}

/** Starts Kapso and OpenClaw, with the skill and the CLI in place as docs/quick-start.md says, without a poller. */
export async function startBridge(options: OpenClawOptions = {}): Promise<Bridge> {
  const directory = await mkdtemp(join(tmpdir(), 'kapso-whatsapp-e2e-'));
  const kapso = await startKapsoSimulator();
  const account = {
    KAPSO_BASE_URL: kapso.url,
    KAPSO_API_KEY: kapso.apiKey,
    KAPSO_PHONE_NUMBER_ID: kapso.phoneNumberId,
  };
  const openclaw = await startOpenClaw({
    ...options,
    env: { ...account, ...options.env },
    prepare: async ({ workspace, bin }) => {
      await installCli(bin);
      await cp(join(root, 'skills/kapso-whatsapp'), join(workspace, 'skills/kapso-whatsapp'), { recursive: true });
    },
  });
  // The whole environment: no file, nothing of the developer's.
  const env = {
    ...account,
    HOME: directory,
    KAPSO_STATE_DIR: join(directory, 'state'),
    KAPSO_POLL_INTERVAL: '5',
    KAPSO_LOG_FORMAT: 'json',
    OPENCLAW_GATEWAY_URL: openclaw.url,
    OPENCLAW_TOKEN: openclaw.token,
  };
  const pollers: Poller[] = [];
  const control = async (path: string, body?: object) => {
    const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
    const response = await fetch(`${kapso.url}/__sim/${path}`, init);
    const answer = await response.text();
    if (!response.ok) throw new Error(`the Kapso simulator answered ${response.status} to ${path}: ${answer}`);
    return JSON.parse(answer);
  };
  const cli = async (...args: string[]) => (await run(process.execPath, [programs.cli, ...args], { env })).stdout;

  const writeAs = async (name: string, from: string, ...texts: string[]): Promise<string[]> => {
    const { ids } = await control('inbound', { messages: texts.map(text => ({ from, name, text })) });
    return ids;
  };

  return {
    kapso,
    openclaw,
    async startPoller(settings = {}) {
      const poller = await startPoller({ ...env, ...settings });
      pollers.push(poller);
      return poller;
    },
    writeAs,
    write: (from, ...texts) => writeAs('Ada', from, ...texts),
    sent: count => control(`wait?for=sent&count=${count}&timeout=120000`),
    answers: to => kapso.sent().flatMap(text => (text.to === to ? [text.text] : [])),
    cli,
    inbox: async () => JSON.parse(await cli('inbox', 'list', '--json', '--full', '--limit', '1000')),
    async inputs(from) {
      const { messages } = await openclaw.request<{ messages: { idempotencyKey?: string; content: unknown }[] }>(
        'chat.history',
        { sessionKey: sessionKey(from), limit: 1000 },
      );
      return messages.flatMap(({ idempotencyKey, content }) =>
        idempotencyKey?.endsWith(':user') && !String(content).startsWith(recoveryNote)
          ? [{ key: idempotencyKey.slice(0, -':user'.length), text: String(content) }]
          : [],
      );
    },
    async close() {
      // A failed test may have left runs held, and both programs wait for them.
      openclaw.model.releaseAll();
      for (const poller of pollers) await poller.end('SIGTERM');
      await openclaw.close();
      await kapso.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
