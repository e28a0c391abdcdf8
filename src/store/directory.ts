import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Makes the entries of a directory durable: a new file's name is only on disk once its directory is. */
export function syncDirectory(dir: string): void {
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Creates the state directory, and what is missing above it, for this user alone (mode 0700). One that exists keeps its
 * mode. Throws what node:fs throws.
 */
export function prepareDirectory(dir: string): void {
  const first = mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const top = dirname(resolve(first));
  for (let made = resolve(dir); made !== top; made = dirname(made)) syncDirectory(dirname(made));
}

/** What to do about a state directory in which others could put an inbox of their own; null when none can. Throws what node:fs throws. */
export function writableByOthers(dir: string): string | null {
  if ((statSync(dir).mode & 0o022) === 0) return null;
  return `Other users can write to the state directory ${dir}, and so put messages in front of the agent; run: chmod go-w ${dir}`;
}
