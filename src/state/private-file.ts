import {
  closeSync,
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
  /** When root writes the file, gives it to the directory's owner, so that a poller of that user can read it. */
  ownerOfDirectory?: boolean;
}

/**
 * Writes a whole file for this user only (0600). A reader sees the old content or the new, never a part. The new
 * content is on disk before this returns. Throws what node:fs throws; then the old file is unchanged.
 */
export function writePrivateFile(path: string, content: string, options: PrivateFileOptions = {}): void {
  const { durable = true, keepExisting = false, ownerOfDirectory = false } = options;
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  // Exclusive: a link that somebody put there must not redirect the write, least of all root's.
  const file = openSync(temporary, 'wx', 0o600);
  try {
    try {
      writeFileSync(file, content);
      if (ownerOfDirectory && process.getuid?.() === 0) {
        const { uid, gid } = statSync(dirname(path));
        fchownSync(file, uid, gid);
      }
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
