import { join } from 'node:path';
import type { Known } from '../problems/assess.ts';
import { StateError, toStateError } from '../state/errors.ts';
import { stateFiles } from '../state/files.ts';
import { readStatusFile } from '../state/status-file.ts';
import { FileError } from '../text-file.ts';

/** Returns what the poller last said of itself; null where it said nothing. Throws `StateError`. */
export function readStatus(dir: string): Known | null {
  try {
    return readStatusFile(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (!(error instanceof FileError)) throw toStateError(error, join(dir, stateFiles.status));
    throw new StateError('STORE_IO', error.message, { hint: 'Remove it: the poller writes it anew' });
  }
}
