import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram, type Program } from './program.ts';

/** The programs of a demo, in a directory of their own. None runs yet. */
export interface Site {
  directory: string;
  /** The poller's state directory. */
  stateDirectory: string;
  logFile: string;
  /** The path of the command line program. */
  cli: string;
  /** Kapso's key, and what the simulators' control interfaces want. Behind them may be the user's own agent. */
  apiKey: string;
  controlToken: string;
  /** The variables of every program. What is set here counts from a program's next start. */
  env: Record<string, string>;
  kapso: Program;
  gateway: Program;
  poller: Program;
  /** Asks the poller to poll now. */
  pollNow(): void;
  /** The last lines of the poller's log. */
  logTail(lines: number): string;
  /** Ends every program and removes the directory. */
  close(): Promise<void>;
}

export interface SiteOptions {
  /** Further arguments of the simulators. */
  kapso?: (directory: string) => readonly string[];
  gateway?: (directory: string) => readonly string[];
  /** Called when a program ends though nobody has ended it. */
  onEnd: (program: 'kapso' | 'gateway' | 'poller', sentence: string) => void;
}

/** The business's phone number id in the demo. */
export const phoneNumberId = '647000000000001';

/** Finds the programs: bundles beside this one, or sources when this one runs as a source. */
function programs(): { simulator: string; poller: string; cli: string } {
  const here = import.meta.dirname;
  if (import.meta.filename.endsWith('.ts')) {
    const src = join(here, '..');
    return { simulator: join(src, 'simulator/main.ts'), poller: join(src, 'poller.ts'), cli: join(src, 'cli.ts') };
  }
  return {
    simulator: join(here, 'simulator.js'),
    poller: join(here, 'kapso-whatsapp-poller.cjs'),
    cli: join(here, 'kapso-whatsapp-cli.cjs'),
  };
}

/** Makes the directory, and the Kapso simulator, the echo gateway and the real poller as programs that can be started. */
export async function openSite({ kapso = () => [], gateway = () => [], onEnd }: SiteOptions): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'kapso-whatsapp-demo-'));
  await mkdir(join(directory, 'config'));
  const { simulator, poller, cli } = programs();
  const logFile = join(directory, 'poller.log');
  const stateDirectory = join(directory, 'state');
  const apiKey = randomBytes(24).toString('base64url');
  const controlToken = randomBytes(24).toString('base64url');
  const env: Record<string, string> = {
    ...cleanEnvironment(),
    HOME: directory,
    XDG_CONFIG_HOME: join(directory, 'config'),
    KAPSO_API_KEY: apiKey,
    KAPSO_PHONE_NUMBER_ID: phoneNumberId,
    KAPSO_STATE_DIR: stateDirectory,
    KAPSO_POLL_INTERVAL: '5',
    OPENCLAW_TOKEN: 'demo-token',
  };
  const common = { env, cwd: directory };
  // By the environment, since everybody on this machine may see a command line.
  const simulated = () => ({
    ...common,
    env: { ...env, SIMULATOR_CONTROL_TOKEN: controlToken },
    errors: 'inherit' as const,
  });
  const kapsoProgram = createProgram(
    'the Kapso simulator',
    () => ({ ...simulated(), args: [simulator, 'kapso', '--exit-with-stdin', ...kapso(directory)] }),
    sentence => onEnd('kapso', sentence),
  );
  const gatewayArgs = [simulator, 'gateway', '--exit-with-stdin', '--reply', 'in-turn', '--cli', cli];
  const gatewayProgram = createProgram(
    'the echo gateway',
    () => ({ ...simulated(), args: [...gatewayArgs, ...gateway(directory)] }),
    sentence => onEnd('gateway', sentence),
  );
  const log = openSync(logFile, 'a', 0o600);
  const pollerProgram = createProgram(
    'the poller',
    () => ({ ...common, errors: log, args: [simulator, 'keep', '--', process.execPath, poller] }),
    sentence => onEnd('poller', sentence),
  );

  return {
    ...{ directory, stateDirectory, logFile, cli, apiKey, controlToken, env },
    ...{ kapso: kapsoProgram, gateway: gatewayProgram, poller: pollerProgram },
    pollNow: () => {
      if (pollerProgram.pid !== null) process.kill(pollerProgram.pid, 'SIGUSR2');
    },
    logTail: lines => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n'),
    close: async () => {
      await Promise.all([pollerProgram, gatewayProgram, kapsoProgram].map(program => program.end('SIGTERM')));
      closeSync(log);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Keeps what the programs need of the user's environment. Drops everything that would configure them. */
function cleanEnvironment(): Record<string, string> {
  const names = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SYSTEMROOT', 'LD_LIBRARY_PATH'];
  return Object.fromEntries(
    names.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
