/** Where the socket of a running poller is. */
import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { stateFiles } from '../state/files.ts';

/** Bytes of a socket's path (unix(7): 108 with a zero at the end; BSD and macOS: 104). */
const longestPath = process.platform === 'linux' ? 107 : 103;

/** A directory for sockets. With `make` it is made where it is missing, in one that is there. */
export interface SocketDirectory {
  path: string;
  make: boolean;
}

/** Returns the directories for the socket of a process with this environment, the best first. */
export function runtimeDirectories(env: NodeJS.ProcessEnv): SocketDirectory[] {
  const [given] = (env.RUNTIME_DIRECTORY ?? '').split(':');
  const ofUser = env.XDG_RUNTIME_DIR;
  return [
    ...(given?.startsWith('/') ? [{ path: given, make: false }] : []),
    // Another name than that of the unit's directory, which goes when the service stops.
    ...(ofUser?.startsWith('/') ? [{ path: join(ofUser, 'kapso-whatsapp'), make: true }] : []),
  ];
}

/**
 * Returns the paths for the socket of a state directory, the best first; the last one is in the state directory itself.
 * A directory of another user, or one that others may write, is left out. Only one poller works on a state directory, so
 * the name is its alone, however many pollers share the runtime directory.
 */
export function socketPaths(directories: readonly SocketDirectory[], stateDir: string): string[] {
  const { dev, ino } = statSync(stateDir);
  const name = createHash('sha256')
    .update(`${realpathSync(stateDir)}\n${dev}:${ino}`)
    .digest('hex')
    .slice(0, 16);
  const usable = directories.filter(({ path, make }) => isOurs(path, make));
  return [...usable.map(({ path }) => join(path, `${name}.sock`)), join(stateDir, stateFiles.socket)];
}

function isOurs(path: string, make: boolean): boolean {
  try {
    if (make && isPrivate(dirname(path))) mkdirSync(path, { recursive: true, mode: 0o700 });
    return isPrivate(path);
  } catch {
    return false;
  }
}

/** Whether it is a directory of this user that no other may write. */
function isPrivate(path: string): boolean {
  const { uid, mode } = statSync(path);
  closeSync(openSync(path, constants.O_DIRECTORY));
  return uid === process.geteuid?.() && (mode & 0o022) === 0;
}

/**
 * Returns where a poller's socket may be, the likeliest first: where its status says, and in the state directory. A
 * poller in a container names a path of its own. Only sockets of the directory's owner, or of root, count: another user
 * may have what a poller left behind.
 */
export function findSockets(stateDir: string, said: string | null | undefined): string[] {
  const places = [...new Set([said, join(stateDir, stateFiles.socket)])].filter(path => typeof path === 'string');
  return places.filter(path => {
    try {
      const found = lstatSync(path);
      return found.isSocket() && (found.uid === 0 || found.uid === statSync(stateDir).uid);
    } catch {
      return false;
    }
  });
}

/** A socket's path in a form that the system takes. `done` must be called when it is no longer used. */
export interface ShortPath {
  path: string;
  done(): void;
}

/** Shortens a path that is too long for a socket: Linux has each open directory under a short name (proc(5)). */
export function shortPath(path: string): ShortPath {
  if (Buffer.byteLength(path) <= longestPath || process.platform !== 'linux') return { path, done: () => undefined };
  const directory = openSync(dirname(path), constants.O_DIRECTORY);
  return { path: `/proc/self/fd/${directory}/${basename(path)}`, done: () => closeSync(directory) };
}
