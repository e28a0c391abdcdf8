import { closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Makes the entries of a directory durable. A new file's name is on disk only after its directory is. */
export function syncDirectory(dir: string): void {
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Creates the state directory and its missing parents for this user alone (mode 0700). An existing directory keeps its
 * mode. Throws what node:fs throws.
 */
export function prepareDirectory(dir: string): void {
  // One by one: where none can be made (`/proc/x/y`), a recursive mkdir of node:fs never ends, and elsewhere it names
  // another cause.
  const missing: string[] = [];
  for (let path = resolve(dir); !statSync(path, { throwIfNoEntry: false }); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    makeDirectory(path);
    syncDirectory(dirname(path));
  }
  // Fails when a file has that name.
  closeSync(openSync(dir, constants.O_DIRECTORY));
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process created it at the same moment.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path, { throwIfNoEntry: false })) throw error;
  }
}

/**
 * Returns what to do when other users could put an inbox of their own into the state directory, else null. Throws what
 * node:fs throws.
 */
export function writableByOthers(dir: string): string | null {
  if ((statSync(dir).mode & 0o022) === 0) return null;
  return `Other users can write to the state directory ${dir}, and so put messages in front of the agent; run: chmod go-w ${dir}`;
}

/** Returns what to do when other users can read the state directory and cannot write to it, else null. Throws as above. */
export function readableByOthers(dir: string): string | null {
  const { mode } = statSync(dir);
  if ((mode & 0o077) === 0 || (mode & 0o022) !== 0) return null;
  return `Other users can read the state directory ${dir}, and so customers' messages; run: chmod 700 ${dir}`;
}

/** Linux's numbers (statfs(2), include/uapi/linux/magic.h) of file systems that another machine or a program serves. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x786f4256, 'a shared folder of VirtualBox'],
]);

/** Returns what to do about a state directory on a network file system. Null when it is on none, or when that is unknown. */
export function onNetwork(dir: string): string | null {
  let kind: string | undefined;
  try {
    if (process.platform === 'linux') kind = networkFileSystems.get(statfsSync(dir).type >>> 0);
  } catch {
    return null;
  }
  if (kind === undefined) return null;
  const name = kind === 'FUSE' ? (fuseName(dir) ?? kind) : kind;
  return (
    `The state directory ${dir} is on a network file system (${name}): its locks and its writing to disk cannot be ` +
    'relied on, and messages could be lost or handled twice; put it on a local disk (state.dir, KAPSO_STATE_DIR)'
  );
}

/** Returns the kind of a FUSE file system, such as `sshfs`, by the kernel's list of mounts (proc(5)); null when unknown. */
function fuseName(dir: string): string | null {
  try {
    const path = resolve(dir);
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map(line => line.split(' '))
      .filter(([, , , , at = '']) => path === at || path.startsWith(`${at.replace(/\/$/, '')}/`))
      .sort((one, other) => (one[4] ?? '').length - (other[4] ?? '').length);
    const fields = mounts.at(-1) ?? [];
    return fields[fields.indexOf('-') + 1]?.replace(/^fuse\./, '') ?? null;
  } catch {
    return null;
  }
}

/** Returns the bytes of the file system that holds a directory, and those that this user may fill; null when it cannot say. */
export function spaceOf(dir: string): { free: number; total: number } | null {
  try {
    const { bavail, blocks, bsize } = statfsSync(dir);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return null;
  }
}
