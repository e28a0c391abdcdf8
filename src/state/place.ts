import { statSync } from 'node:fs';
import { StateError } from './errors.ts';

/** Returns why the file is no longer at its path, or null while it is. */
export type PlaceCheck = () => DisplacedError | null;

const hint =
  'Put the state directory back within a minute, or start the poller again: it then works with what is there. ' +
  'What was accepted before is in the directory that was moved.';

/**
 * Remembers which files are at these paths, by device and inode. The returned check tells when one is gone or replaced:
 * then a write through an open descriptor goes where no restart finds it. A check costs 2 microseconds a file.
 *
 * The error's `lasting` is false only while the first file is missing: somebody may put it back, or mount its file
 * system again.
 */
export function rememberPlaces(paths: readonly [string, ...string[]]): PlaceCheck {
  const known = paths.map(path => ({ path, at: placeOf(path) })).filter(({ at }) => at !== null);
  return () => {
    for (const [index, { path, at }] of known.entries()) {
      const now = placeOf(path);
      if (now === at) continue;
      const what = now === null ? 'is no longer there' : 'is not the file that this poller has opened';
      return new DisplacedError(`${path} ${what}: what is written would be lost`, now !== null || index > 0);
    }
    return null;
  };
}

/** The state directory, or a file in it, was moved, removed or replaced under the program. */
export class DisplacedError extends StateError {
  /** Whether only a restart can help. */
  readonly lasting: boolean;

  constructor(message: string, lasting: boolean) {
    super('STORE_DISPLACED', message, { hint });
    this.lasting = lasting;
  }
}

function placeOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
