import { statSync } from 'node:fs';
import { StateError } from './errors.ts';

/** Why a file is no longer what others find at its path; null while it is. */
export type PlaceCheck = () => DisplacedError | null;

const hint =
  'Put the state directory back within a minute, or start the poller again: it then works with what is there. ' +
  'What was accepted before is in the directory that was moved.';

/**
 * Remembers which files stand at these paths, by device and inode. The returned check says when one is gone, or another is in its
 * place: what is written through an open descriptor then goes where no restart finds it. A check costs two microseconds a file.
 *
 * `lasting` of the error is false only while the first file is missing: it may be put back, or its file system be mounted again.
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
  /** Whether nothing but a restart can help. */
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
