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
  /** False for what can be written anew: it is then not waited for until it is on disk, and a loss of power may empty it. */
  durable?: boolean;
  /** Leaves a file alone that another process made meanwhile. */
  keepExisting?: boolean;
  /** Where root writes it, it belongs to whom the directory belongs to, and can be read by a poller that runs as that user. */
  ownerOfDirectory?: boolean;
}

/**
 * Writes a file for this user only (0600) as a whole: a reader sees the old content or the new, never a part, and the new one is on
 * disk before this returns. Throws what node:fs throws; then the old file is as it was.
 */
export function writePrivateFile(path: string, content: string, options: PrivateFileOptions = {}): void {
  const { durable = true, keepExisting = false, ownerOfDirectory = false } = options;
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  // Exclusively: nobody, and least of all root, is to be led elsewhere by a link that somebody has put there.
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
