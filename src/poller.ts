// This import is the first: from here on no signal ends the program by chance.
import './systemd/early-signals.ts';

import { fstatSync } from 'node:fs';
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { createApp } from './app.ts';
import type { App } from './app-options.ts';
import { systemClock } from './clock.ts';
import { homeDirectory } from './config/home.ts';
import { type AccountConfig, allSecretsOf, type Config, type LoadedConfig, loadConfig } from './config/load.ts';
import { readProxy } from './config/proxy.ts';
import type { ConfigChange } from './config/reloadable.ts';
import { secretsIn } from './config/secrets.ts';
import type { Settings } from './config/settings-change.ts';
import { exitCodeOf, isOurs } from './errors.ts';
import { type ExitCode, exitCode } from './exit-codes.ts';
import { runtimeDirectories } from './live/place.ts';
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
import { createSecrets, type Secrets } from './observe/scrub.ts';
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

/** Reads the configuration. Its secrets are hidden from then on. */
async function load({ configFile }: Options, secrets: Secrets): Promise<LoadedConfig<AccountConfig>> {
  const loaded = await loadConfig({
    env: process.env,
    home: homeDirectory(process.env),
    need: 'poller',
    ...(configFile === undefined ? {} : { configFile }),
  });
  secrets.learn(allSecretsOf(loaded));
  return loaded;
}

/** Creates the log, also before the configuration is known. */
function logFor(config: Config | null, { scrub }: Secrets): AdjustableLog {
  const log = createLog({
    level: config?.log.level ?? 'warn',
    format: formatFor(config),
    // Reading `isTTY` makes Node set a pipe or socket to non-blocking, which the log output needs.
    colour: process.stderr.isTTY === true && !process.env.NO_COLOR,
    scrub,
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

async function main(options: Options, notifier: Notifier, secrets: Secrets): Promise<void> {
  const watchdogTimeout = takeWatchdogTimeout(process.env, process.pid);
  const sockets = takeSockets(process.env, process.pid);
  const loaded = await load(options, secrets);
  if (options.checkConfig) return sayRight(loaded);
  const { config, accounts, proxy } = loaded;
  // It also holds for the gateway client, which opens its own connections.
  setDefaultAutoSelectFamilyAttemptTimeout(waits.connect.address);
  checkActivation({ ...config, sockets, once: options.once, idleExit: options.idleExit !== null });
  const log = logFor(config, secrets);
  for (const warning of loaded.warnings) log.warn({}, warning);
  if (sockets.notTaken !== undefined) log.warn({}, sockets.notTaken);
  if (notifier.by !== null) log.debug({ by: notifier.by }, 'systemd is told how the service is doing');
  await notifier.extend(startTimeout, 'opening the inbox');
  const lock = acquireLock(config.state.dir, 'poller');
  const service = createService({ notifier, watchdogTimeout, clock: systemClock, log });
  const app = await createApp({
    config,
    accounts,
    origins: loaded.origins,
    proxy,
    secrets,
    configFile: loaded.file,
    proxyTo: origin => readProxy(process.env, origin).proxy,
    clock: systemClock,
    random: Math.random,
    log,
    version,
    lock,
    webhookSocket: sockets.webhook,
    socketDirectories: runtimeDirectories(process.env),
    metricsSocket: sockets.metrics,
    onDisplaced: error => void end({ error }, () => exitCodeOf(error)).catch(defect(log)),
    onStatus: (status, queued) => service.status(secrets.scrub(describeStatus(status, queued))),
  });
  const end = createEnd({ app, service, lock, log });
  listenToSignals({ options, app, service, end, log, secrets });
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
 * Ends the process in order. `why` is for the log. `code` gets the number of messages that are left; null where it
 * is not known. A second call does nothing.
 */
type End = (why: LogFields, code: (left: number | null) => ExitCode) => Promise<void>;

interface Running {
  app: App;
  service: Service;
  log: AdjustableLog;
}

function createEnd({ app, service, lock, log }: Running & { lock: Lock }): End {
  return async (why, code) => {
    if (service.isStopping()) return;
    log.info(why, 'Stopping; what is under way may end first');
    await service.stopping(app.settings().config.shutdown.timeout * 1000 + stopMargin);
    const left = await app.stop();
    lock.release();
    log.info({ left }, 'Stopped');
    process.exit(code(left));
  };
}

function listenToSignals(running: Running & { options: Options; end: End; secrets: Secrets }): void {
  const { options, app, service, end, log, secrets } = running;
  const stop = (signal: NodeJS.Signals) => {
    if (service.isStopping()) process.exit(exitCode.tryAgain);
    end({ signal }, () => exitCode.ok).catch(defect(log));
  };
  const apply = (next: Settings): ConfigChange => {
    const change = app.reconfigure(next);
    log.level = app.settings().config.log.level;
    return change;
  };
  const reload = () => {
    if (service.isStopping()) return;
    service.reload(() => reloadConfig({ load: () => load(options, secrets), apply, log })).catch(defect(log));
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
  const code = (left: number | null) => (left === 0 ? exitCode.ok : exitCode.tryAgain);
  watchIdleness({
    after: seconds * 1000,
    clock: systemClock,
    activity: app.activity,
    onIdle: () => void end({ idle: `${seconds} s` }, code).catch(defect(log)),
  });
}

/** A refused key will be refused again, so the unit should fail and somebody should see it. */
function onceCode(failure: unknown, left: number | null): ExitCode {
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
async function failedStart(error: unknown, notifier: Notifier, { scrub }: Secrets): Promise<ExitCode> {
  const hint = isOurs(error) && error.hint ? `\n${scrub(error.hint)}` : '';
  const reason = scrub(describeError(error));
  const prefix = formatFor(null) === 'journal' ? '<3>' : '';
  const code = isOurs(error) ? error.code : 'DEFECT';
  const lines = `kapso-whatsapp-poller: ${reason}${hint}\nMore: kapso-whatsapp-cli explain ${code}`.split('\n');
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
  const secrets = createSecrets(secretsIn(process.env));
  const notifier = await createNotifier({ env: process.env, log: logFor(null, secrets) });
  try {
    await main(options, notifier, secrets);
  } catch (error) {
    process.exit(await failedStart(error, notifier, secrets));
  }
}

void run();
