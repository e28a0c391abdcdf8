import { fstatSync } from 'node:fs';
import type { Config } from '../config/config.generated.ts';
import { ConfigError } from '../config/errors.ts';

/** File descriptors of sockets that systemd opened for us, by purpose. */
export interface PassedSockets {
  webhook?: { fd: number };
  metrics?: { fd: number };
  /** Why existing sockets were not taken, and what to do, as a sentence. */
  notTaken?: string;
}

/** The values of `FileDescriptorName=` that this program knows. */
const knownNames = ['webhook', 'metrics'] as const;

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const firstDescriptor = 3;
const variables = ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'] as const;

/**
 * Takes the TCP or Unix sockets of socket activation (sd_listen_fds(3)). A single unnamed socket is the webhook's. The
 * variables are removed from the environment: no child may take the sockets for its own.
 *
 * @throws ConfigError for an unknown name, a name given twice, and a descriptor that is no socket
 */
export function takeSockets(env: NodeJS.ProcessEnv, pid: number): PassedSockets {
  const [count, forPid, names] = variables.map(name => env[name]);
  for (const name of variables) delete env[name];
  if (count === undefined) return {};
  if (forPid !== String(pid)) return forPid === undefined ? {} : { notTaken: forAnother(forPid, pid) };
  if (!/^[0-9]{1,3}$/.test(count)) throw wrong('LISTEN_FDS', `is ${JSON.stringify(count)}, not a number of sockets`);

  const given = Array.from({ length: Number(count) }, (_, index) => names?.split(':')[index] ?? '');
  const sockets: PassedSockets = {};
  for (const [index, givenName] of given.entries()) {
    const fd = firstDescriptor + index;
    const name = given.length === 1 && isUnnamed(givenName) ? 'webhook' : known(givenName, fd);
    if (sockets[name]) throw wrong('LISTEN_FDNAMES', `has two sockets named ${name}; one can be served`);
    assertSocket(fd, name);
    sockets[name] = { fd };
  }
  return sockets;
}

function forAnother(forPid: string, pid: number): string {
  const named = JSON.stringify(forPid).slice(1, -1).slice(0, 20);
  return (
    `the sockets of LISTEN_FDS are for process ${named} (LISTEN_PID), and this is process ${pid}, so they are not ` +
    'used: a script that starts this program for systemd must end with "exec kapso-whatsapp-poller"'
  );
}

/** Without `FileDescriptorName=` a socket has the name of its unit, or `unknown`. */
function isUnnamed(name: string): boolean {
  return name === '' || name === 'unknown' || name.endsWith('.socket');
}

function known(name: string, fd: number): (typeof knownNames)[number] {
  const found = knownNames.find(candidate => candidate === name);
  if (found) return found;
  const what = name === '' ? 'no name' : `the name ${JSON.stringify(name)}`;
  throw wrong(
    'LISTEN_FDNAMES',
    `gives the socket at descriptor ${fd} ${what}; set FileDescriptorName= in its .socket unit to ${knownNames.join(' or ')}`,
  );
}

function assertSocket(fd: number, name: string): void {
  let is: string;
  try {
    if (fstatSync(fd).isSocket()) return;
    is = 'is not a socket';
  } catch {
    is = 'is not open';
  }
  throw wrong('LISTEN_FDS', `promises the socket ${name} at descriptor ${fd}, which ${is}`);
}

function wrong(variable: (typeof variables)[number], message: string): ConfigError {
  return new ConfigError([{ key: '', variable, message }]);
}

/**
 * Checks that the configuration fits the way the program was started and the sockets it was given.
 *
 * @throws ConfigError
 */
export function checkActivation(start: {
  mode: Config['mode'];
  metrics: Pick<Config['metrics'], 'enable'>;
  sockets: PassedSockets;
  once: boolean;
  idleExit: boolean;
}): void {
  const { mode, sockets, once, idleExit } = start;
  const refuse = (key: string, message: string) => {
    throw new ConfigError([{ key, message }]);
  };
  if (sockets.webhook && mode === 'polling') {
    refuse(
      'mode',
      'is polling, but systemd hands over a webhook socket; set mode to domain, or disable the .socket unit',
    );
  }
  if (sockets.webhook && once) {
    refuse('--once', 'does not serve the webhook socket that systemd hands over; start it from a unit of its own');
  }
  if (sockets.metrics && !start.metrics.enable) {
    const message = 'is false, but systemd hands over a metrics socket; set it to true, or disable the .socket unit';
    refuse('metrics.enable', message);
  }
  if (sockets.metrics && once) {
    refuse('--once', 'does not serve the metrics socket that systemd hands over; start it from a unit of its own');
  }
  if (idleExit && !sockets.webhook) {
    const why = sockets.notTaken === undefined ? '' : `; ${sockets.notTaken}`;
    refuse('--idle-exit', `needs a webhook socket from systemd: nothing else would start the program again${why}`);
  }
  if (idleExit && mode === 'tailscale') {
    refuse('--idle-exit', 'would close the tunnel of the mode tailscale, and no webhook could start the program again');
  }
}
