import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describeError, type Log } from '../observe/log.ts';
import { createOnce } from '../observe/once.ts';
import { blankControls } from '../printable.ts';

/**
 * Tells systemd the state of the service (sd_notify(3)). Each method resolves when the message has been sent. None
 * rejects: a failure is logged once, and the service goes on.
 */
export interface Notifier {
  /** How messages are sent; null when no service manager listens. */
  readonly by: 'sd-notify' | 'systemd-notify' | null;
  /** The service has started or reloaded. */
  ready(status: string): Promise<void>;
  /** Sends one line for people, which `systemctl status` shows. */
  status(text: string): Promise<void>;
  /** The service stops. systemd waits `within` more milliseconds for it. */
  stopping(status: string, within: number): Promise<void>;
  /** The configuration is being read again. `ready` ends this state. */
  reloading(): Promise<void>;
  /** The start takes up to `ms` more milliseconds. */
  extend(ms: number, status: string): Promise<void>;
  /** Sends a sign of life. */
  watchdog(): Promise<void>;
}

export interface NotifierOptions {
  /**
   * The environment, from which `NOTIFY_SOCKET` is removed: no child may speak for the service. `sd-notify` needs
   * `process.env`.
   */
  env: NodeJS.ProcessEnv;
  log: Log;
  /** Loads the native package. It rejects where the package is not installed or was built for another Node. */
  loadNative?: () => Promise<{ sendState(state: string): void }>;
  /** Microseconds since the machine started (CLOCK_MONOTONIC). */
  monotonic?: () => bigint;
}

/** Where `systemd-notify` is on systems whose services do not have it in PATH. */
const otherPlaces = ['/usr/bin', '/bin', '/run/current-system/sw/bin'];

/**
 * Creates the notifier. The protocol needs Unix datagram sockets, which Node lacks. So the native package `sd-notify`
 * sends where it was built. Elsewhere the program `systemd-notify` sends, at 7 ms a message; the unit then needs
 * `NotifyAccess=all`.
 */
export async function createNotifier(options: NotifierOptions): Promise<Notifier> {
  const { env, log, monotonic = () => process.hrtime.bigint() / 1000n } = options;
  const socket = env.NOTIFY_SOCKET;
  delete env.NOTIFY_SOCKET;
  const { by, send } = socket ? await chooseSender(socket, options) : { by: null, send: nothing };
  let last = Promise.resolve();
  const isNew = createOnce();

  // One at a time: systemd must hear the messages in the order in which they were sent.
  const say = (...lines: string[]): Promise<void> => {
    last = last
      .then(() => send(lines))
      .catch((error: unknown) => {
        const reason = describeError(error);
        if (isNew(reason)) log.warn({ error: reason }, 'systemd cannot be told how the service is doing');
      });
    return last;
  };

  return {
    by,
    ready: status => say('READY=1', statusLine(status)),
    status: text => say(statusLine(text)),
    stopping: (status, within) => say('STOPPING=1', `EXTEND_TIMEOUT_USEC=${within * 1000}`, statusLine(status)),
    reloading: () => say('RELOADING=1', `MONOTONIC_USEC=${monotonic()}`),
    extend: (ms, status) => say(`EXTEND_TIMEOUT_USEC=${ms * 1000}`, statusLine(status)),
    watchdog: () => say('WATCHDOG=1'),
  };
}

interface Sender {
  by: Notifier['by'];
  send: (lines: readonly string[]) => Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

async function chooseSender(socket: string, options: NotifierOptions): Promise<Sender> {
  const { env, log, loadNative = loadSdNotify } = options;
  let why: string;
  try {
    const native = await loadNative();
    log.debug({ by: 'sd-notify' }, 'systemd is told how the service is doing');
    return { by: 'sd-notify', send: lines => sendNatively(native, lines, { env, socket }) };
  } catch (error) {
    why = describeError(error).split('\n', 1)[0] ?? '';
  }
  const program = findProgram('systemd-notify', env);
  if (program === null) {
    log.warn(
      { reason: why },
      'systemd cannot be told how the service is doing: neither sd-notify nor systemd-notify is here',
    );
    return { by: null, send: nothing };
  }
  log.debug({ by: program, reason: why }, 'systemd is told how the service is doing');
  return { by: 'systemd-notify', send: lines => sendByProgram(program, lines, { env, socket }) };
}

async function loadSdNotify(): Promise<{ sendState(state: string): void }> {
  return (await import('sd-notify')).default;
}

async function sendNatively(
  native: { sendState(state: string): void },
  lines: readonly string[],
  { env, socket }: { env: NodeJS.ProcessEnv; socket: string },
): Promise<void> {
  // libsystemd reads the process's own environment. The call is synchronous, so no child starts while the variable is set.
  env.NOTIFY_SOCKET = socket;
  try {
    native.sendState(`${lines.join('\n')}\n`);
  } finally {
    delete env.NOTIFY_SOCKET;
  }
}

function sendByProgram(
  program: string,
  lines: readonly string[],
  { env, socket }: { env: NodeJS.ProcessEnv; socket: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, lines, {
      env: { PATH: env.PATH, NOTIFY_SOCKET: socket },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-500);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${signal ?? `exit code ${code}`}: ${said.trim()}`));
    });
  });
}

function findProgram(name: string, env: NodeJS.ProcessEnv): string | null {
  for (const directory of [...(env.PATH ?? '').split(delimiter).filter(Boolean), ...otherPlaces]) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {
      // Not in this directory. Try the next.
    }
  }
  return null;
}

/** A status is one line. A line break in another program's text would begin another assignment. */
function statusLine(text: string): string {
  return `STATUS=${blankControls(text)}`;
}
