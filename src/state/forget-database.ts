import { join } from 'node:path';
import { stateFiles } from './files.ts';
import { acquireLock, isLocked } from './lock.ts';
import { writePrivateFile } from './private-file.ts';
import { readStatusFile } from './status-file.ts';

/**
 * Takes the database out of what the last poller of a directory has said of itself: its inbox was moved from there. A poller
 * that runs by now has said anew where it is.
 */
export function forgetDatabase(dir: string): void {
  if (isLocked(dir)) return;
  const lock = acquireLock(dir);
  try {
    const { database, ...status } = readStatusFile(dir) ?? {};
    if (database === undefined) return;
    const text = `${JSON.stringify(status)}\n`;
    writePrivateFile(join(dir, stateFiles.status), text, { durable: false, ownerOfDirectory: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    lock.release();
  }
}
