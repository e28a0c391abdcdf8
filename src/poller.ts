import { fstatSync } from 'node:fs';
import { homedir } from 'node:os';
import { parseArgs } from 'node:util';
import { createBridge } from './bridge.ts';
import { systemClock } from './clock.ts';
import { ConfigError } from './config/errors.ts';
import { type LoadedConfig, loadConfig } from './config/load.ts';
import { secretsOf } from './config/secrets.ts';
import { KapsoWhatsappError } from './errors.ts';
import { exitCode } from './exit-codes.ts';
import { chooseFormat, createLog, describeError, type Log } from './observe/log.ts';
import { StoreError } from './store/errors.ts';
import { acquireLock } from './store/lock.ts';
import { version } from './version.ts';

const help = `kapso-whatsapp-poller [options]

Receives WhatsApp messages from Kapso and hands each one, once and in order, to an OpenClaw agent.

Options:
  --config FILE    the configuration file (default: kapso-whatsapp/config.yaml in the XDG configuration directory)
  --check-config   check the configuration and exit: 0 when it is right, 78 when not
  --version        print the version
  --help           print this

Signals: SIGTERM and SIGINT end it when what is under way has ended; a second one ends it at once. SIGUSR1 polls now.

Examples:
  KAPSO_API_KEY=… KAPSO_PHONE_NUMBER_ID=647000000000001 kapso-whatsapp-poller
  kapso-whatsapp-poller --config /etc/kapso-whatsapp.yaml --check-config

All settings: kapso-whatsapp-cli config schema
`;

interface Options {
  config?: string;
  'check-config'?: boolean;
}

function commandLine(): Options {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      'check-config': { type: 'boolean' },
      version: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help || values.version) {
    process.stdout.write(values.help ? help : `${version}\n`);
    process.exit(exitCode.ok);
  }
  return values;
}

function logFor(loaded: LoadedConfig): Log {
  const { log } = loaded.config;
  const { dev, ino } = fstatSync(2);
  return createLog({
    level: log.level,
    format: chooseFormat(log.format, process.env, `${dev}:${ino}`),
    colour: process.stderr.isTTY === true && !process.env.NO_COLOR,
    secrets: secretsOf(loaded.config),
    write: line => process.stderr.write(line),
  });
}

async function main(options: Options): Promise<void> {
  const loaded = await loadConfig({
    env: process.env,
    home: homedir(),
    need: 'poller',
    ...(options.config === undefined ? {} : { configFile: options.config }),
  });
  if (options['check-config']) {
    for (const warning of loaded.warnings) process.stderr.write(`warning: ${warning}\n`);
    process.stdout.write(`The configuration is right (${loaded.file ?? 'environment only'}).\n`);
    return;
  }
  const log = logFor(loaded);
  for (const warning of loaded.warnings) log.warn({}, warning);
  const lock = acquireLock(loaded.config.state.dir);
  const bridge = await createBridge({ config: loaded.config, clock: systemClock, random: Math.random, log, version });

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(exitCode.tryAgain);
    stopping = true;
    log.info({ signal }, 'Stopping; what is under way may end first');
    void bridge.stop().then(() => {
      lock.release();
      log.info({}, 'Stopped');
      process.exit(exitCode.ok);
    }, defect(log));
  };
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGUSR1', bridge.pollNow);
  process.on('uncaughtException', defect(log));
  log.info({ version, mode: loaded.config.mode, state: loaded.config.state.dir }, 'kapso-whatsapp-poller started');
  await bridge.run();
}

/** Ends the process: nothing accepted is lost, it is all in the store, and the service manager starts it again. */
function defect(log: Log): (error: unknown) => never {
  return error => {
    log.error({ error, stack: error instanceof Error ? error.stack : undefined }, 'A defect; the process ends');
    process.exit(exitCode.software);
  };
}

function failedStart(error: unknown): number {
  const hint = error instanceof KapsoWhatsappError && error.hint ? `\n${error.hint}` : '';
  process.stderr.write(`kapso-whatsapp-poller: ${describeError(error)}${hint}\n`);
  if (error instanceof ConfigError) return exitCode.configuration;
  if (!(error instanceof StoreError))
    return error instanceof KapsoWhatsappError ? exitCode.configuration : exitCode.software;
  // A database that is damaged, newer or not ours stays so; a lock, a full disk or a busy file passes.
  const lasting = ['STORE_DAMAGED', 'STORE_NEWER', 'STORE_FOREIGN'].includes(error.code);
  return lasting ? exitCode.configuration : exitCode.tryAgain;
}

async function run(): Promise<void> {
  let options: Options;
  try {
    options = commandLine();
  } catch (error) {
    process.stderr.write(`kapso-whatsapp-poller: ${describeError(error)}\nSee kapso-whatsapp-poller --help.\n`);
    process.exit(exitCode.usage);
  }
  try {
    await main(options);
  } catch (error) {
    process.exit(failedStart(error));
  }
}

void run();
