import { randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { readKeptSecret } from '../../config/kept-secret.ts';
import { KapsoWhatsappError } from '../../errors.ts';
import type { Emit } from '../../observe/events.ts';
import { createOnce } from '../../observe/once.ts';
import { prepareDirectory, syncDirectory } from '../../state/directory.ts';
import { toStateError } from '../../state/errors.ts';
import { stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import { readTextFile } from '../../text-file.ts';

export interface SigningSecrets {
  /** Kapso must sign with the first. All are accepted. */
  secrets: readonly string[];
  /** The secret has just been made, so a poller that was running before does not know it. */
  made: boolean;
}

/**
 * Returns the secrets that deliveries are checked with: the configured ones, else the one that a registration made in
 * the state directory (0600). With `make`, it makes one where there is neither, and it is on disk before this returns.
 *
 * Throws `StateError` when the file cannot be read or written. Throws `KapsoWhatsappError` with code
 * `WEBHOOK_SECRET_EMPTY` when the file is empty and must not be made anew: without a secret, anybody's messages would
 * be accepted.
 */
export function signingSecrets(options: {
  configured: readonly string[];
  stateDir: string;
  make: boolean;
}): SigningSecrets {
  if (options.configured.length > 0) return { secrets: options.configured, made: false };
  const path = join(options.stateDir, stateFiles.signingSecret);
  try {
    const kept = readKeptSecret(options.stateDir);
    if (kept) return { secrets: [kept], made: false };
    if (options.make) {
      const secret = proposed(options.stateDir);
      adopt(options.stateDir);
      return { secrets: [secret], made: true };
    }
    if (kept === null) return { secrets: [], made: false };
  } catch (error) {
    throw toStateError(error, path);
  }
  throw new KapsoWhatsappError('WEBHOOK_SECRET_EMPTY', `the signing secret ${path} is empty`, {
    hint: 'Run "kapso-whatsapp-cli webhook register" to make a new one, or remove the file to accept requests without a signature.',
  });
}

/**
 * Returns the secret to register a webhook with: the first configured one, else the one in the state directory, else a
 * new one, which is on disk before this returns. Call `adopt` when Kapso has the secret: deliveries are then checked
 * with it. Until then a poller continues as before, and the next call returns the same secret: Kapso may have it,
 * though its answer was lost.
 *
 * Both throw `StateError` when the file cannot be read or written.
 */
export function proposeSecret(options: { configured: readonly string[]; stateDir: string }): {
  secret: string;
  adopt: () => void;
} {
  const { configured, stateDir } = options;
  const path = join(stateDir, stateFiles.signingSecret);
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw toStateError(error, path);
    }
  };
  const known = configured[0] ?? guarded(() => readKeptSecret(stateDir));
  if (known) return { secret: known, adopt: () => undefined };
  return { secret: guarded(() => proposed(stateDir)), adopt: () => guarded(() => adopt(stateDir)) };
}

/**
 * Looks for the secret that a registration makes while the poller runs. When the file cannot be read, it returns a
 * secret that nobody knows: somebody made one so that deliveries are signed.
 */
export function createSecretFinder({ stateDir, emit }: { stateDir: string; emit: Emit }): () => readonly string[] {
  const isNew = createOnce();
  return () => {
    try {
      return signingSecrets({ configured: [], stateDir, make: false }).secrets;
    } catch (error) {
      if (isNew(String(error))) emit({ type: 'signing secret unreadable', error });
      return [randomBytes(32).toString('hex')];
    }
  };
}

/** Returns the secret that an earlier registration left, else a new one. */
function proposed(dir: string): string {
  const path = join(dir, stateFiles.proposedSecret);
  const left = existsSync(path) ? readTextFile(path).trim() : '';
  if (left !== '') return left;
  const secret = randomBytes(32).toString('hex');
  prepareDirectory(dir);
  // Root may make it with the CLI, and the poller must still be able to read it.
  writePrivateFile(path, `${secret}\n`, { ownerOfDirectory: true });
  return secret;
}

function adopt(dir: string): void {
  renameSync(join(dir, stateFiles.proposedSecret), join(dir, stateFiles.signingSecret));
  syncDirectory(dir);
}
