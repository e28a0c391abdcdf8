import { join } from 'node:path';
import { fileOfAccount, stateFiles } from '../state/files.ts';
import { FileError, readTextFile } from '../text-file.ts';
import { invisibleCharacter } from './text-defects.ts';

/**
 * Reads the signing secret in the state directory. Returns null when there is no file. Returns '' when the file is
 * empty, by a loss of power or by hand: then a secret existed and deliveries were signed.
 *
 * @param account whose it is; null for that of the only number
 * @throws FileError, or what node:fs throws
 */
export function readKeptSecret(stateDir: string, account: string | null): string | null {
  const path = join(stateDir, fileOfAccount(stateFiles.signingSecret, account));
  try {
    const secret = readTextFile(path).trim();
    const character = invisibleCharacter(secret);
    if (character === null) return secret;
    throw new FileError('EILSEQ', path, `has an invisible character in it (${character}); write it anew`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
