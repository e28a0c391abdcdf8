// This import is the first: from here on no signal ends the program by chance.
import './systemd/early-signals.ts';

import { fstatSync } from 'node:fs';
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { type App, createApp } from './app.ts';
import { systemClock } from './clock.ts';
import { homeDirectory } from './config/home.ts';
import { type AccountConfig, type Config, type LoadedConfig, loadConfig } from './config/load.ts';
import { readProxy } from './config/proxy.ts';
import type { ConfigChange } from './config/reloadable.ts';
import { secretsIn, secretsOf } from './config/secrets.ts';
import { exitCodeOf, KapsoWhatsappError } from './errors.ts';
import { type ExitCode, exitCode } from './exit-codes.ts';
import {
  type AdjustableLog,
  chooseFormat,
  createLog,
  describeError,
  type Log,
  type LogFields,
  type LogFormat,
} from './observe/log.ts';
import { createLogOutput } from './observe/log-output.ts';
import { createScrub } from './observe/scrub.ts';
import { complain, writeAll } from './observe/write-all.ts';
import { type Options, readOptions } from './poller-options.ts';
import { escapeControls } from './printable.ts';
import { reloadConfig } from './reload.ts';
import { acquireLock, type Lock } from './state/lock.ts';
import { onSignal } from './systemd/early-signals.ts';
import { watchIdleness } from './systemd/idle.ts';
import { createNotifier, type Notifier } from './systemd/notify.ts';
import { createService, type Service } from './systemd/service.ts';
import { checkActivation, takeSockets } from './systemd/sockets.ts';
import { describeStatus } from './systemd/status-line.ts';
import { takeWatchdogTimeout } from './systemd/watchdog.ts';
import { version } from './version.ts';
import { waits } from './waits.ts';
import { leaveRemovedDirectory } from './working-directory.ts';

/** Milliseconds for opening a large inbox: the check, a migration, and recovery of the log after a crash. */
const startTimeout = 300_000;
/** Milliseconds that stopping may take beyond `shutdown.timeout`, to close connections and the inbox. */
const stopMargin = 10_000;

function load({ configFile }: Options): Promise<LoadedConfig<AccountConfig>> {
  return loadConfig({
    env: process.env,
    home: homeDirectory(process.env),
    need: 'poller',
    ...(configFile === undefined ? {} : { configFile }),
  });
}

/** Creates the log, also before the configuration is known. */
function logFor(config: Config | null): AdjustableLog {
  const log = createLog({
    level: config?.log.level ?? 'warn',
    format: formatFor(config),
    // Reading `isTTY` makes Node set a pipe or socket to non-blocking, which the log output needs.
    colour: process.stderr.isTTY === true && !process.env.NO_COLOR,
    secrets: config ? secretsOf(config) : [],
    write: createLogOutput({
      fd: 2,
      clock: systemClock,
      onResume: lost =>
        log.error({ lost }, 'The log goes on; lines before this one were lost: nobody read them in time'),
    }).write,
  });
  return log;
}

function formatFor(config: Config | null): LogFormat {
  const { dev, ino } = fstatSync(2);
  return chooseFormat(config?.log.format ?? 'auto', process.env, `${dev}:${ino}`);
}

async function main(options: Options, notifier: Notifier): Promise<void> {
  const watchdogTimeout = takeWatchdogTimeout(process.env, process.pid);
  const sockets = takeSockets(process.env, process.pid);
  const loaded = await load(options);
  if (options.checkConfig) return sayRight(loaded);
  const { config, proxy } = loaded;
  // It also holds for the gateway client, which opens its own connections.
  setDefaultAutoSelectFamilyAttemptTimeout(waits.connect.address);
  checkActivation({ mode: config.mode, sockets, once: options.once, idleExit: options.idleExit !== null });
  const log = logFor(config);
  for (const warning of loaded.warnings) log.warn({}, warning);
  if (sockets.notTaken !== undefined) log.warn({}, sockets.notTaken);
  if (notifier.by !== null) log.debug({ by: notifier.by }, 'systemd is told how the service is doing');
  await notifier.extend(startTimeout, 'opening the inbox');
  const lock = acquireLock(config.state.dir);
  const service = createService({ notifier, watchdogTimeout, clock: systemClock, log });
  const app = await createApp({
    config,
    proxy,
    configFile: loaded.file,
    proxyTo: origin => readProxy(process.env, origin).proxy,
    clock: systemClock,
    random: Math.random,
    log,
    version,
    lock,
    webhookSocket: sockets.webhook,
    onDisplaced: error => void end({ error }, () => exitCodeOf(error)).catch(defect(log)),
    onStatus: (status, queued) => service.status(describeStatus(status, queued)),
  });
  const end = createEnd({ app, service, lock, log });
  listenToSignals({ options, app, service, end, log });
  log.info({ version, mode: config.mode, state: config.state.dir }, 'kapso-whatsapp-poller started');

  if (options.once) {
    const failure = await app.once();
    return end({ once: true }, left => onceCode(failure, left));
  }
  if (options.idleExit !== null) endWhenIdle(options.idleExit, app, end, log);
  await app.start();
  service.ready(app.healthCheck);
  await app.run();
}

function sayRight({ warnings, file }: LoadedConfig): void {
  for (const warning of warnings) complain(`warning: ${warning}\n`);
  writeAll(1, `The configuration is right (${file ?? 'environment only'}).\n`);
}

/**
 * Ends the process in order. `why` is for the log. `code` gets the number of messages that are left. A second call does
 * nothing.
 */
type End = (why: LogFields, code: (left: number) => ExitCode) => Promise<void>;

interface Running {
  app: App;
  service: Service;
  log: AdjustableLog;
}

function createEnd({ app, service, lock, log }: Running & { lock: Lock }): End {
  return async (why, code) => {
    if (service.isStopping()) return;
    log.info(why, 'Stopping; what is under way may end first');
    await service.stopping(app.settings().shutdown.timeout * 1000 + stopMargin);
    const left = await app.stop();
    lock.release();
    log.info({ left }, 'Stopped');
    process.exit(code(left));
  };
}

function listenToSignals({ options, app, service, end, log }: Running & { options: Options; end: End }): void {
  const stop = (signal: NodeJS.Signals) => {
    if (service.isStopping()) process.exit(exitCode.tryAgain);
    end({ signal }, () => exitCode.ok).catch(defect(log));
  };
  const apply = (next: AccountConfig): ConfigChange => {
    const change = app.reconfigure(next);
    log.level = app.settings().log.level;
    return change;
  };
  const reload = () => {
    if (service.isStopping()) return;
    service.reload(() => reloadConfig({ load: () => load(options), apply, log })).catch(defect(log));
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  onSignal('SIGUSR2', app.pollNow);
  // Without --disable-sigusr1 Node would open its debugger on this signal. With it, the program never gets the signal.
  process.on('SIGUSR1', app.pollNow);
  // From a terminal, SIGHUP means that the terminal is gone.
  onSignal('SIGHUP', process.stderr.isTTY ? stop : reload);
  process.on('uncaughtException', defect(log));
}

/** Ends the process after this many seconds without work. */
function endWhenIdle(seconds: number, app: App, end: End, log: Log): void {
  // Messages may have arrived in the last moment. A failure makes systemd start the program again at once.
  const code = (left: number) => (left === 0 ? exitCode.ok : exitCode.tryAgain);
  watchIdleness({
    after: seconds * 1000,
    clock: systemClock,
    activity: app.activity,
    onIdle: () => void end({ idle: `${seconds} s` }, code).catch(defect(log)),
  });
}

/** A refused key will be refused again, so the unit should fail and somebody should see it. */
function onceCode(failure: unknown, left: number): ExitCode {
  if (exitCodeOf(failure) === exitCode.noPermission) return exitCode.noPermission;
  return failure === null && left === 0 ? exitCode.ok : exitCode.tryAgain;
}

/**
 * Ends the process after a defect. Nothing is lost: accepted messages are in the store, and the service manager starts
 * the program again.
 */
function defect(log: Log): (error: unknown) => never {
  return error => {
    log.error({ error, stack: error instanceof Error ? error.stack : undefined }, 'A defect; the process ends');
    process.exit(exitCode.software);
  };
}

/** Reports on standard error, and to systemd, why the program cannot start. Returns the exit code. */
async function failedStart(error: unknown, notifier: Notifier): Promise<ExitCode> {
  const hint = error instanceof KapsoWhatsappError && error.hint ? `\n${error.hint}` : '';
  const reason = createScrub(secretsIn(process.env))(describeError(error));
  const prefix = formatFor(null) === 'journal' ? '<3>' : '';
  const lines = `kapso-whatsapp-poller: ${reason}${hint}`.split('\n');
  complain(lines.map(line => `${prefix}${escapeControls(line)}\n`).join(''));
  await notifier.status(reason);
  return exitCodeOf(error);
}

async function run(): Promise<void> {
  leaveRemovedDirectory();
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    complain(`kapso-whatsapp-poller: ${describeError(error)}\nSee kapso-whatsapp-poller --help.\n`);
    process.exit(exitCodeOf(error));
  }
  const notifier = await createNotifier({ env: process.env, log: logFor(null) });
  try {
    await main(options, notifier);
  } catch (error) {
    process.exit(await failedStart(error, notifier));
  }
}

void run();
