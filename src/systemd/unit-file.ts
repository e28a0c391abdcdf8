import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { FileError, readTextFile } from '../text-file.ts';

/**
 * What `installUnit` did with a unit file.
 *
 * - `written`: the file did not exist.
 * - `updated`: it was as an earlier installation wrote it.
 * - `unchanged`: it is right already.
 * - `edited`: somebody changed it; it was left alone.
 * - `replaced`: somebody had changed it; the old file was put aside.
 */
export type Change = 'written' | 'updated' | 'unchanged' | 'edited' | 'replaced';

/** The first line of a unit that we wrote. Its checksum tells whether the unit is still ours. */
const mark = /^# Written by kapso-whatsapp-cli \S+; sha256 of the rest: ([0-9a-f]{64})\n/;

/**
 * Writes a unit file. It overwrites a file that somebody edited or wrote by hand only with `force`. Returns what was
 * done (or would be, with `dryRun`) and the unit as it should be. Throws what node:fs throws.
 */
export function installUnit(
  path: string,
  unit: string,
  options: { version: string; dryRun: boolean; force: boolean },
): { change: Change; content: string } {
  const { version, dryRun, force } = options;
  const content = `# Written by kapso-whatsapp-cli ${version}; sha256 of the rest: ${checksum(unit)}\n${unit}`;
  const change = compare(readIfThere(path), content, force);
  if (!dryRun && change !== 'unchanged' && change !== 'edited') {
    if (change === 'replaced') renameSync(path, `${path}.old`);
    writeFileSync(path, content, { mode: 0o644 });
  }
  return { change, content };
}

function compare(found: string | null, wanted: string, force: boolean): Change {
  if (found === null) return 'written';
  if (found === wanted) return 'unchanged';
  const marked = mark.exec(found);
  if (marked && checksum(found.slice(marked[0].length)) === marked[1]) return 'updated';
  return force ? 'replaced' : 'edited';
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function readIfThere(path: string): string | null {
  try {
    return readTextFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    // We did not write this unit. systemd masks a unit by a link to /dev/null.
    if (error instanceof FileError) return '';
    throw error;
  }
}
