import { randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { readKeptSecret } from '../../config/kept-secret.ts';
import { KapsoWhatsappError } from '../../errors.ts';
import type { Log } from '../../observe/log.ts';
import { prepareDirectory, syncDirectory } from '../../state/directory.ts';
import { toStateError } from '../../state/errors.ts';
import { stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import { readTextFile } from '../../text-file.ts';

export interface SigningSecrets {
  /** The first is the one that Kapso is to sign with; all are accepted. */
  secrets: readonly string[];
  /** Made just now: a poller that was running before does not know it. */
  made: boolean;
}

/**
 * The secrets that deliveries are checked with: the configured ones, else the one that a registration has made in the
 * state directory (0600). `make` makes it where there is neither; it is on disk before this returns.
 *
 * Throws `StateError` when the file cannot be read or written, and `KapsoWhatsappError` with code `WEBHOOK_SECRET_EMPTY` when it has been
 * emptied and is not to be made anew: to go on without would be to accept anybody's messages.
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
 * The secret to register a webhook with: the first of the configured ones, else the one in the state directory, else one that is made for it,
 * and is there before this returns. `adopt`, called once Kapso has it, makes it the one that deliveries are checked with. Until then a
 * poller goes on as before, and the next call proposes the same again: Kapso may have it, though its answer was lost.
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
 * Looks for the secret that a registration makes while the poller runs. Where it cannot be read, the answer is one that nobody knows: somebody
 * made it to have deliveries signed.
 */
export function createSecretFinder({ stateDir, log }: { stateDir: string; log: Log }): () => readonly string[] {
  let complained = false;
  return () => {
    try {
      return signingSecrets({ configured: [], stateDir, make: false }).secrets;
    } catch (error) {
      if (!complained)
        log.error({ error }, 'The signing secret cannot be read: until the poller is restarted, webhooks are refused');
      complained = true;
      return [randomBytes(32).toString('hex')];
    }
  };
}

/** The secret that a registration before has left, else a new one. */
function proposed(dir: string): string {
  const path = join(dir, stateFiles.proposedSecret);
  const left = existsSync(path) ? readTextFile(path).trim() : '';
  if (left !== '') return left;
  const secret = randomBytes(32).toString('hex');
  prepareDirectory(dir);
  // Made by root with the CLI, it must still be readable for the poller.
  writePrivateFile(path, `${secret}\n`, { ownerOfDirectory: true });
  return secret;
}

function adopt(dir: string): void {
  renameSync(join(dir, stateFiles.proposedSecret), join(dir, stateFiles.signingSecret));
  syncDirectory(dir);
}
