import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StateError } from './errors.ts';

/** Returns why the file is no longer at its path, or null while it is. */
export type PlaceCheck = () => DisplacedError | null;

const hint =
  'Put the state directory back within a minute, or start the poller again: it then works with what is there. ' +
  'What was accepted before is in the directory that was moved.';

/**
 * Remembers which files are at these paths, by device and inode. The returned check tells when one is gone or replaced:
 * then a write through an open descriptor goes where no restart finds it. A check costs 1 or 2 microseconds a file.
 *
 * `synced` are further files that this process has open and syncs often. On Linux they are checked by the name of the
 * open descriptor: a file whose times were read gets new ones at its next write, and then a sync writes the inode besides
 * the data, which costs a commit 0.06 ms. A file system that is mounted over the directory only shows at `paths`.
 *
 * The error's `lasting` is false only while the first file is missing: somebody may put it back, or mount its file
 * system again.
 */
export function rememberPlaces(paths: readonly [string, ...string[]], synced: readonly string[] = []): PlaceCheck {
  const known = [...paths.map(lookAt), ...synced.map(lookAtOpen)].filter(({ at }) => at !== null);
  return () => {
    for (const [index, { path, at, look }] of known.entries()) {
      const now = look();
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

/** `look` returns the device and inode of the file at the path, or null. `at` is its first answer. */
interface Place {
  path: string;
  at: string | null;
  look: () => string | null;
}

function lookAt(path: string): Place {
  return { path, at: placeOf(path), look: () => placeOf(path) };
}

/** Asks the path itself only when the descriptor's name has changed: a renamed parent may be replaced by a link. */
function lookAtOpen(path: string): Place {
  const place = lookAt(path);
  const { at } = place;
  const descriptor = descriptorOf(at);
  if (descriptor === null) return place;
  const name = nameOf(descriptor);
  return { path, at, look: () => (nameOf(descriptor) === name ? at : placeOf(path)) };
}

const descriptors = '/proc/self/fd';

/** Returns the path of this process's descriptor of a file; null where there is none, or no /proc. */
function descriptorOf(at: string | null): string | null {
  try {
    const all = readdirSync(descriptors).map(number => join(descriptors, number));
    return (at !== null && all.find(descriptor => placeOf(descriptor) === at)) || null;
  } catch {
    return null;
  }
}

/** Returns where the open file is now. The kernel adds a word when it was removed or replaced. */
function nameOf(descriptor: string): string | null {
  try {
    return readlinkSync(descriptor);
  } catch {
    return null;
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
