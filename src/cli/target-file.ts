import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { KapsoWhatsappError, UsageError } from '../errors.ts';
import { syncDirectory } from '../state/directory.ts';
import { interruptible } from './interruptible.ts';
import type { Terminal } from './terminal.ts';

/** A file that is written whole or not at all: first to a temporary place beside it, then to the one that was named. */
export interface TargetFile {
  /** A path that does not exist yet, in the directory of the file. */
  temporary: string;
  /** Puts the temporary file to its place. Throws a UsageError when another one came there meanwhile. */
  keep(): void;
  /** Removes what is left of the temporary file. Never throws. */
  discard(): void;
}

/** What is thrown when the file cannot be written. */
export type NotWritten = (message: string, cause: unknown) => Error;

const notWritten: NotWritten = (message, cause) => new KapsoWhatsappError('OUTPUT_FAILED', message, { cause });

/** Opens a file for writing. Throws a UsageError for a place that cannot be meant, or where one is and not to be replaced. */
export function openTargetFile(
  output: string,
  { force, failure = notWritten }: { force: boolean; failure?: NotWritten },
): TargetFile {
  const path = resolve(output);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (output === '' || there?.isDirectory() || output.endsWith('/')) {
    throw new UsageError(`"${output}" is a directory`, { hint: 'Name a file in it' });
  }
  if (there && !force) throw taken(output);
  // Not a device, nor what a link leads to: replacing it would do more than was asked for.
  if (there && !there.isFile()) throw new UsageError(`"${output}" is there, and is no regular file`);
  const dir = dirname(path);
  removeLeftovers(dir);
  const temporary = join(dir, `.kapso-${process.pid}-${randomBytes(6).toString('hex')}.part`);
  return {
    temporary,
    keep() {
      try {
        if (force) renameSync(temporary, path);
        else linkOrRename(temporary, path);
        syncDirectory(dir);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === 'EEXIST') throw taken(output);
        throw failure(`${output} could not be written: ${message}`, error);
      }
    },
    discard: () => rmSync(temporary, { force: true }),
  };
}

/**
 * Has a target filled at its temporary path, and keeps it. When that fails nothing is left. A program that is ended
 * meanwhile leaves nothing either, and ends.
 *
 * @param fill rejects soon after the signal
 */
export async function fillTarget<T>(
  target: TargetFile,
  terminal: Terminal,
  fill: (temporary: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return interruptible(terminal, async signal => {
    try {
      const filled = await fill(target.temporary, signal);
      signal.throwIfAborted();
      target.keep();
      return filled;
    } finally {
      target.discard();
    }
  });
}

/** A link replaces nothing. Not every file system has links: there only what comes at this very moment is replaced. */
function linkOrRename(from: string, to: string): void {
  try {
    linkSync(from, to);
    rmSync(from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || lstatSync(to, { throwIfNoEntry: false })) throw error;
    renameSync(from, to);
  }
}

/** Milliseconds. In another container a process may live that is not seen here; none writes for so long. */
const abandonedAfter = 86_400_000;

/** Removes what processes that were killed have left in a directory. */
function removeLeftovers(dir: string): void {
  try {
    for (const name of readdirSync(dir)) {
      const pid = /^\.kapso-(\d+)-[0-9a-f]{12}\.part(\.inbox)?$/.exec(name)?.[1];
      const path = join(dir, name);
      if (pid === undefined || isAlive(Number(pid)) || statSync(path).mtimeMs > Date.now() - abandonedAfter) continue;
      rmSync(path, { force: true });
    }
  } catch {
    // They are another user's, or the directory is not there: what is written next says so.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function taken(output: string): UsageError {
  return new UsageError(`"${output}" is there already`, { hint: 'Name another file, or add --force to replace it' });
}
