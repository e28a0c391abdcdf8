import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Demo {
  kapsoUrl: string;
  gatewayControlUrl: string;
  /** Asks the poller to poll now. */
  pollNow(): void;
  /** Resolves when one of the programs ends by itself, with a sentence that says which. */
  failed: Promise<string>;
  /** The last lines of the poller's log. */
  logTail(lines: number): string;
  logFile: string;
  /** The poller's state directory. */
  stateDirectory: string;
  /** The path of the command line program. */
  cli: string;
  /** Ends every program and removes the directory. */
  end(): Promise<void>;
}

/** Finds the programs: bundles beside this one, or sources when this one runs as a source. */
function programs(): { simulator: string; poller: string; cli: string } {
  const here = import.meta.dirname;
  if (import.meta.filename.endsWith('.ts')) {
    return { simulator: join(here, 'main.ts'), poller: join(here, '../poller.ts'), cli: join(here, '../cli.ts') };
  }
  return {
    simulator: join(here, 'simulator.js'),
    poller: join(here, 'kapso-whatsapp-poller.cjs'),
    cli: join(here, 'kapso-whatsapp-cli.cjs'),
  };
}

/** Starts the Kapso simulator, the echo gateway and the real poller as processes, in a directory of their own. */
export async function startDemo(): Promise<Demo> {
  const directory = await mkdtemp(join(tmpdir(), 'kapso-whatsapp-demo-'));
  const { simulator, poller, cli } = programs();
  const logFile = join(directory, 'poller.log');
  const stateDirectory = join(directory, 'state');
  const children: ChildProcess[] = [];
  const { promise: failed, resolve: fail } = Promise.withResolvers<string>();
  const env: Record<string, string> = {
    ...cleanEnvironment(),
    HOME: directory,
    XDG_CONFIG_HOME: join(directory, 'config'),
    KAPSO_API_KEY: 'demo-api-key',
    KAPSO_PHONE_NUMBER_ID: '647000000000001',
    KAPSO_STATE_DIR: stateDirectory,
    KAPSO_POLL_INTERVAL: '5',
    OPENCLAW_TOKEN: 'demo-token',
  };

  const start = async (name: string, args: string[], errors: number | 'inherit'): Promise<Record<string, unknown>> => {
    const child = spawn(process.execPath, [simulator, ...args], {
      env,
      cwd: directory,
      stdio: ['pipe', 'pipe', errors],
    });
    children.push(child);
    child.stdin?.on('error', () => {});
    const ready = new Promise<Record<string, unknown>>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        const sentence = `${name} ended by itself (${signal ?? `exit code ${code}`})`;
        fail(sentence);
        reject(new Error(sentence));
      });
      if (child.stdout) createInterface(child.stdout).once('line', line => resolve(JSON.parse(line)));
    });
    return ready;
  };

  const end = async () => {
    const ended = children.map(child => {
      if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
      return new Promise<void>(resolve => child.once('exit', () => resolve()));
    });
    for (const child of children) child.stdin?.end();
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(ended);
    await rm(directory, { recursive: true, force: true });
  };

  try {
    await mkdir(join(directory, 'config'));
    const kapso = await start('the Kapso simulator', ['kapso', '--exit-with-stdin'], 'inherit');
    env.KAPSO_BASE_URL = String(kapso.url);
    const gatewayArgs = ['gateway', '--exit-with-stdin', '--reply', 'in-turn', '--cli', cli];
    const gateway = await start('the echo gateway', gatewayArgs, 'inherit');
    env.OPENCLAW_GATEWAY_URL = String(gateway.url);
    const log = openSync(logFile, 'a', 0o600);
    const kept = await start('the poller', ['keep', '--', process.execPath, poller], log);
    closeSync(log);
    return {
      kapsoUrl: String(kapso.url),
      gatewayControlUrl: String(gateway.url).replace(/^ws/, 'http'),
      pollNow: () => void process.kill(Number(kept.pid), 'SIGUSR2'),
      failed,
      logTail: lines => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n'),
      logFile,
      stateDirectory,
      cli,
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Keeps what the programs need of the user's environment. Drops everything that would configure them. */
function cleanEnvironment(): Record<string, string> {
  const names = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SYSTEMROOT', 'LD_LIBRARY_PATH'];
  return Object.fromEntries(
    names.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
