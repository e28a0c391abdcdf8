import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { MediaError } from '../media/errors.ts';
import type { Terminal } from './terminal.ts';

/** Where a file of a stranger goes: first whole to a temporary place, then to the one that was named. */
export interface MediaTarget {
  /** A path that does not exist yet. */
  temporary: string;
  /** Puts the temporary file to its place. Throws a UsageError when another one came there meanwhile. */
  keep(): void;
  /** Removes what is left of the temporary file. Never throws. */
  discard(): void;
}

/** Opens the target: a path, or `-` for standard output. Throws a UsageError for a place that cannot be meant. */
export function openTarget(output: string, { force, terminal }: { force: boolean; terminal: Terminal }): MediaTarget {
  return output === '-' ? standardOutput(terminal) : regularFile(output, force);
}

function regularFile(output: string, force: boolean): MediaTarget {
  const path = resolve(output);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (output === '' || there?.isDirectory() || output.endsWith('/')) {
    throw new UsageError(`"${output}" is a directory`, { hint: 'Name a file in it' });
  }
  if (there && !force) throw taken(output);
  // Not a device, nor what a link leads to: replacing it would do more than was asked for.
  if (there && !there.isFile()) throw new UsageError(`"${output}" is there, and is no regular file`);
  const temporary = join(dirname(path), `.kapso-${randomBytes(6).toString('hex')}.part`);
  return {
    temporary,
    keep() {
      if (force) return written(output, () => renameSync(temporary, path));
      try {
        written(output, () => linkOrCopy(temporary, path));
      } catch (error) {
        throw (error as { cause?: NodeJS.ErrnoException }).cause?.code === 'EEXIST' ? taken(output) : error;
      }
    },
    discard: () => rmSync(temporary, { force: true }),
  };
}

/** Not every file system has links. Both ways replace nothing. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

function written(output: string, step: () => void): void {
  try {
    step();
  } catch (cause) {
    throw new MediaError('disk', `${output} could not be written: ${(cause as Error).message}`, { cause });
  }
}

function taken(output: string): UsageError {
  return new UsageError(`"${output}" is there already`, { hint: 'Name another file, or add --force to replace it' });
}

/** The whole file first, so that a program which reads it gets all of it or nothing. */
function standardOutput(terminal: Terminal): MediaTarget {
  if (terminal.outIsSeen()) {
    throw new UsageError('standard output is a terminal, and the bytes of a stranger could steer it', {
      hint: 'Name a file with -o, or let a program read them: -o - | file -',
    });
  }
  const dir = mkdtempSync(join(tmpdir(), 'kapso-media-'));
  const temporary = join(dir, 'file');
  return {
    temporary,
    keep() {
      const file = openSync(temporary, 'r');
      try {
        const piece = Buffer.alloc(64 * 1024);
        for (let read = readSync(file, piece); read > 0; read = readSync(file, piece))
          terminal.out(piece.subarray(0, read));
      } finally {
        closeSync(file);
      }
    },
    discard: () => rmSync(dir, { recursive: true, force: true }),
  };
}
