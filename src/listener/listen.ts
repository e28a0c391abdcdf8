import { lstatSync, readFileSync, readlinkSync, unlinkSync } from 'node:fs';
import { connect, type ListenOptions, type Server } from 'node:net';
import { formatListenAddress, type ListenAddress } from '../config/listen-address.ts';
import { KapsoWhatsappError } from '../errors.ts';

/** An address of our own, or a socket that is already open (systemd socket activation). */
export type ListenTarget = ListenAddress | { fd: number };

/** What listens, in the words of its errors. */
export interface Listener {
  /** Such as `the webhook server`. */
  name: string;
  /** The setting of its address, with the variable. */
  setting: string;
  /** The mask for the file of a Unix socket. By default its owner and group may connect. */
  umask?: number;
}

/** Read and write for owner and group. A reverse proxy gets access by the group. */
const socketUmask = 0o117;

/**
 * Starts listening. Resolves with the address in use (the real port for port 0).
 *
 * A Unix socket file that a crash left, on which nobody listens, is replaced. A file that is no socket, or on which
 * somebody listens, is left alone.
 *
 * @throws KapsoWhatsappError `LISTEN_ADDRESS_UNAVAILABLE`, `LISTEN_FAILED`
 */
export async function listen(server: Server, target: ListenTarget, listener: Listener): Promise<ListenAddress> {
  const failed = (cause: unknown, hint?: string) => listenError(listener, target, cause, hint);
  try {
    await bind(server, target, listener);
  } catch (error) {
    if (!('path' in target) || codeOf(error) !== 'EADDRINUSE') throw failed(error);
    if (!isSocket(target.path)) {
      const reason = new Error('a file that is not a socket stands there');
      throw failed(reason, `${target.path} is a file but not a socket: remove it or choose another path`);
    }
    if (await isListenedOn(target.path)) throw failed(error);
    unlinkSync(target.path);
    await bind(server, target, listener).catch((again: unknown) => {
      throw failed(again);
    });
  }
  return boundAddress(server, target, listener);
}

function bind(server: Server, target: ListenTarget, { umask = socketUmask }: Listener): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => {
      server.off('listening', onListening);
      reject(error);
    };
    const onListening = () => {
      server.off('error', onError);
      resolve();
    };
    server.once('error', onError);
    server.once('listening', onListening);
    if ('path' in target) {
      // Node binds a Unix socket within this call, so the socket never exists with a wider mode.
      const previous = process.umask(umask);
      try {
        server.listen({ path: target.path });
      } finally {
        process.umask(previous);
      }
    } else {
      server.listen(listenOptions(target));
    }
  });
}

function listenOptions(target: { fd: number } | { host: string | null; port: number }): ListenOptions {
  if ('fd' in target) return { fd: target.fd } as ListenOptions;
  // Without a host Node listens on IPv6 and IPv4, or on IPv4 only where the system has no IPv6.
  return target.host === null ? { port: target.port } : { port: target.port, host: target.host };
}

function boundAddress(server: Server, target: ListenTarget, { name }: Listener): ListenAddress {
  const bound = server.address();
  if (typeof bound === 'string') return { path: bound };
  if (bound === null) {
    if ('path' in target) return target;
    // Node does not tell the path of a Unix socket that it got as a descriptor.
    if ('fd' in target) return { path: pathOfSocket(target.fd) };
    throw new KapsoWhatsappError('LISTEN_FAILED', `${name} lost its socket while starting`);
  }
  const host = 'fd' in target ? bound.address : 'host' in target ? target.host : null;
  return { host: host === '::' || host === '0.0.0.0' ? null : host, port: bound.port };
}

/**
 * Returns the path of a bound Unix socket by the kernel's list (proc(5)), or the descriptor's path when the list cannot
 * be read.
 */
function pathOfSocket(fd: number): string {
  const own = `/proc/self/fd/${fd}`;
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(own))?.[1];
    const rows = readFileSync('/proc/self/net/unix', 'utf8')
      .split('\n')
      .map(line => line.trim().split(/\s+/));
    return rows.find(([, , , , , , id, path]) => id === inode && path?.startsWith('/'))?.[7] ?? own;
  } catch {
    return own;
  }
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // Only ECONNREFUSED proves that nobody listens. A lack of permission, for example, does not.
    probe.once('error', error => resolve(codeOf(error) !== 'ECONNREFUSED'));
  });
}

function listenError(
  { name, setting }: Listener,
  target: ListenTarget,
  cause: unknown,
  hint = hintFor(setting, target, codeOf(cause)),
): KapsoWhatsappError {
  const where = 'fd' in target ? `the inherited socket ${target.fd}` : formatListenAddress(target);
  const what = cause instanceof Error ? cause.message : String(cause);
  // The address may soon be free, when another program has ended, or exist, when the network is up.
  const passing = ['EADDRINUSE', 'EADDRNOTAVAIL'].includes(codeOf(cause) ?? '');
  const code = passing ? 'LISTEN_ADDRESS_UNAVAILABLE' : 'LISTEN_FAILED';
  return new KapsoWhatsappError(code, `${name} cannot listen on ${where}: ${what}`, { hint, cause });
}

function hintFor(key: string, target: ListenTarget, code: string | undefined): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `another program, or a second poller, listens there: stop it or change ${key}`;
    case 'EACCES':
      return 'path' in target
        ? `the directory of the socket must be writable for this user: change its owner or ${key}`
        : `ports below 1024 need a privilege: change ${key} and let a reverse proxy take the low port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `this machine has no such address: change the host in ${key}`;
    case 'EROFS':
      return `the file system of the socket is mounted for reading only: change ${key}`;
    case 'ENOTDIR':
      return `a part of the socket's path is a file, and not a directory: change ${key}`;
    case 'ENOENT':
      return `the directory of the socket does not exist: create it or change ${key}`;
    default:
      return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
