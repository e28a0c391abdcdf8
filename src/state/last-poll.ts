import { join } from 'node:path';
import { readTextFile } from '../text-file.ts';
import { fileOfAccount, stateFiles } from './files.ts';

/**
 * Returns the time in the `last-poll` file, in milliseconds since the epoch; null without one.
 *
 * @param owner in whose name it is; null for the plain name
 */
export function readLastPoll(stateDir: string, owner: string | null = null): number | null {
  try {
    return parsePosition(readTextFile(join(stateDir, fileOfAccount(stateFiles.lastPoll, owner))));
  } catch {
    return null;
  }
}

/** Reads the content of such a file, a time of RFC 3339; null for anything else. */
export function parsePosition(text: string): number | null {
  const at = Date.parse(text.trim());
  return /^\d{4}-\d\d-\d\dT/.test(text.trim()) && Number.isFinite(at) ? at : null;
}
