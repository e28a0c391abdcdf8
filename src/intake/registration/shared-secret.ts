import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readKeptSecret } from '../../config/kept-secret.ts';
import { toStateError } from '../../state/errors.ts';
import { fileOfAccount, stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import type { Notes } from '../../store/notes.ts';

/** Whose secret it is, and where its copy is. */
export interface SecretPlace {
  stateDir: string;
  /** In whose name the file is, of several accounts: Meta's `phone_number_id`; null for the plain name. */
  account: string | null;
  /** Meta's `phone_number_id`. */
  number: string;
}

/** The note of the store that has the secret. */
const signing = ({ number }: SecretPlace) => `signing secret ${number}`;

/**
 * Brings the signing secret in the state directory to what all processes on a store have: theirs, or this one where they
 * have none. With `make`, one is made where there is none at all. It is in the directory before this resolves.
 *
 * Throws `StateError` when the file cannot be read or written.
 */
export async function shareSecret(notes: Notes, place: SecretPlace, { make }: { make: boolean }): Promise<void> {
  const own = guarded(place, () => readKeptSecret(place.stateDir, place.account));
  const fresh = own || (make ? randomBytes(32).toString('hex') : null);
  const shared = fresh ? await notes.keep(signing(place), fresh) : await notes.get(signing(place));
  if (shared === null || shared === own) return;
  guarded(place, () => {
    writePrivateFile(pathOf(place), `${shared}\n`, { ownerOfDirectory: true });
  });
}

function pathOf({ stateDir, account }: SecretPlace): string {
  return join(stateDir, fileOfAccount(stateFiles.signingSecret, account));
}

function guarded<T>(place: SecretPlace, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toStateError(error, pathOf(place));
  }
}
