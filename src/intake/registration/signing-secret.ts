import { randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { readKeptSecret } from '../../config/kept-secret.ts';
import { KapsoWhatsappError } from '../../errors.ts';
import type { Emit } from '../../observe/events.ts';
import { createOnce } from '../../observe/once.ts';
import { prepareDirectory, syncDirectory } from '../../state/directory.ts';
import { toStateError } from '../../state/errors.ts';
import { fileOfAccount, stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import { readTextFile } from '../../text-file.ts';

/** Where the secret that a registration made is kept. */
export interface KeptSecret {
  stateDir: string;
  /** Whose it is, of several accounts: Meta's `phone_number_id`. Without it, or null, it is that of the only number. */
  account?: string | null;
}

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
export function signingSecrets(options: KeptSecret & { configured: readonly string[]; make: boolean }): SigningSecrets {
  if (options.configured.length > 0) return { secrets: options.configured, made: false };
  const { stateDir, account = null } = options;
  const path = pathOf(stateFiles.signingSecret, options);
  try {
    const kept = readKeptSecret(stateDir, account);
    if (kept) return { secrets: [kept], made: false };
    if (options.make) {
      const secret = proposed(options);
      adopt(options);
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
export function proposeSecret(options: KeptSecret & { configured: readonly string[] }): {
  secret: string;
  adopt: () => void;
} {
  const { configured, stateDir, account = null } = options;
  const path = pathOf(stateFiles.signingSecret, options);
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw toStateError(error, path);
    }
  };
  const known = configured[0] ?? guarded(() => readKeptSecret(stateDir, account));
  if (known) return { secret: known, adopt: () => undefined };
  return { secret: guarded(() => proposed(options)), adopt: () => guarded(() => adopt(options)) };
}

/**
 * Looks for the secret that a registration makes while the poller runs. When the file cannot be read, it returns a
 * secret that nobody knows: somebody made one so that deliveries are signed.
 */
export function createSecretFinder(
  options: KeptSecret & {
    emit: Emit;
    /** Gets what is found, to hide it. */
    learn: (secrets: readonly string[]) => void;
  },
): () => readonly string[] {
  const { emit, learn } = options;
  const isNew = createOnce();
  return () => {
    try {
      const { secrets } = signingSecrets({ ...options, configured: [], make: false });
      learn(secrets);
      return secrets;
    } catch (error) {
      if (isNew(String(error))) emit({ type: 'signing secret unreadable', error });
      return [randomBytes(32).toString('hex')];
    }
  };
}

/** Returns the secret that an earlier registration left, else a new one. */
function proposed(of: KeptSecret): string {
  const path = pathOf(stateFiles.proposedSecret, of);
  const left = existsSync(path) ? readTextFile(path).trim() : '';
  if (left !== '') return left;
  const secret = randomBytes(32).toString('hex');
  prepareDirectory(of.stateDir);
  // Root may make it with the CLI, and the poller must still be able to read it.
  writePrivateFile(path, `${secret}\n`, { ownerOfDirectory: true });
  return secret;
}

function adopt(of: KeptSecret): void {
  renameSync(pathOf(stateFiles.proposedSecret, of), pathOf(stateFiles.signingSecret, of));
  syncDirectory(of.stateDir);
}

function pathOf(name: string, { stateDir, account = null }: KeptSecret): string {
  return join(stateDir, fileOfAccount(name, account));
}
