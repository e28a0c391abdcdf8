import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from './directory.ts';

export interface PrivateFileOptions {
  /**
   * False for content that can be written anew. The write then does not wait for the disk, and a loss of power may
   * empty the file.
   */
  durable?: boolean;
  /** Keeps a file that another process created meanwhile. */
  keepExisting?: boolean;
  /** The permissions, in the place of 0600. The umask does not count. */
  mode?: number;
  /** When root writes the file, gives it to the directory's owner, so that a poller of that user can read it. */
  ownerOfDirectory?: boolean;
  /** Who gets the file, in the place of whoever writes it. Only root may give a file away. */
  owner?: { uid: number; gid: number };
}

/**
 * Writes a whole file for this user only (0600, unless `mode` says otherwise). A reader sees the old content or the new,
 * never a part. The new content is on disk before this returns. Throws what node:fs throws; then the old file is unchanged.
 */
export function writePrivateFile(path: string, content: string, options: PrivateFileOptions = {}): void {
  const { durable = true, keepExisting = false, ownerOfDirectory = false, mode, owner } = options;
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  // Exclusive: a link that somebody put there must not redirect the write, least of all root's.
  const file = openSync(temporary, 'wx', 0o600);
  try {
    try {
      writeFileSync(file, content);
      const receiver = ownerOfDirectory && process.getuid?.() === 0 ? statSync(dirname(path)) : owner;
      if (receiver !== undefined) fchownSync(file, receiver.uid, receiver.gid);
      if (mode !== undefined) fchmodSync(file, mode);
      if (durable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (keepExisting) linkUnlessThere(temporary, path);
    else renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  if (durable) syncDirectory(dirname(path));
}

/** A link, unlike a rename, replaces nothing. */
function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
