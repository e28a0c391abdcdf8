import { type BigIntStats, lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StateError } from './errors.ts';

/** Returns why the file is no longer at its path, or null while it is. */
export type PlaceCheck = () => DisplacedError | null;

const hint =
  'Put the state directory back within a minute, or start the poller again: it then works with what is there. ' +
  'What was accepted before is in the directory that was moved.';

/**
 * Remembers which files are at these paths of one directory, by device and inode. The returned check tells when one is
 * gone or replaced: then a write through an open descriptor goes where no restart finds it.
 *
 * Every such change gives the directory another change time. While it has the same, the check asks for nothing else.
 * That saves calls at each commit, and since Linux 6.13 more: a file whose times were read gets new ones at its next
 * write, so that the next fsync writes the log's inode too.
 *
 * The error's `lasting` is false only while the first file is missing: somebody may put it back, or mount its file
 * system again.
 */
export function rememberPlaces(paths: readonly [string, ...string[]]): PlaceCheck {
  const known = paths.map(path => ({ path, at: placeOf(path) })).filter(({ at }) => at !== null);
  const directory = dirname(paths[0]);
  // A link's target may be replaced elsewhere.
  const linked = known.some(({ path }) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? true);
  let checked: BigIntStats | null = null;

  function displaced(): DisplacedError | null {
    for (const [index, { path, at }] of known.entries()) {
      const now = placeOf(path);
      if (now === at) continue;
      const what = now === null ? 'is no longer there' : 'is not the file that this poller has opened';
      return new DisplacedError(`${path} ${what}: what is written would be lost`, now !== null || index > 0);
    }
    return null;
  }

  return () => {
    const now = statOf(directory);
    if (now !== null && checked !== null && isUnchanged(now, checked)) return null;
    const error = displaced();
    checked = error === null && !linked && now !== null && isSettled(now.ctimeNs, Date.now()) ? now : null;
    return error;
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

function isUnchanged(now: BigIntStats, before: BigIntStats): boolean {
  return now.ctimeNs === before.ctimeNs && now.ino === before.ino && now.dev === before.dev;
}

function statOf(directory: string): BigIntStats | null {
  try {
    return statSync(directory, { bigint: true });
  } catch {
    return null;
  }
}

/** Milliseconds. The kernel's times are exact to 10 ms at worst. */
const unsettled = 20;

/**
 * Whether any change after `now` gives the directory a change time other than this one. Just after a change it need not.
 * A time in whole seconds may be from a file system that knows no finer ones.
 *
 * @param changed nanoseconds since the epoch
 * @param now milliseconds since the epoch, by the clock that the kernel uses for files
 */
export function isSettled(changed: bigint, now: number): boolean {
  return Math.abs(now - Number(changed / 1_000_000n)) > unsettled && changed % 1_000_000_000n !== 0n;
}

/** The device and inode of the file at a path; null where none is. */
export function placeOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
