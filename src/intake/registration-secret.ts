import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../observe/log.ts';
import { prepareDirectory, syncDirectory } from '../store/directory.ts';
import { toStoreError } from '../store/errors.ts';
import { webhookSecretFileName } from './webhook-secret-file.ts';

export { webhookSecretFileName };

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
 * Throws `StoreError` when the file cannot be read or written.
 */
export function signingSecrets(options: {
  configured: readonly string[];
  stateDir: string;
  make: boolean;
}): SigningSecrets {
  if (options.configured.length > 0) return { secrets: options.configured, made: false };
  const path = join(options.stateDir, webhookSecretFileName);
  try {
    const kept = readSecret(path);
    if (kept !== null) return { secrets: [kept], made: false };
    if (!options.make) return { secrets: [], made: false };
    const secret = randomBytes(32).toString('hex');
    prepareDirectory(options.stateDir);
    writeSecret(options.stateDir, path, secret);
    return { secrets: [secret], made: true };
  } catch (error) {
    throw toStoreError(error, path);
  }
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

/** Null when there is no file, or an empty one, which a loss of power can leave. */
function readSecret(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function writeSecret(dir: string, path: string, secret: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  // Exclusively: root must not be led elsewhere by a link that the directory's owner has put there.
  const handle = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(handle, `${secret}\n`);
    const { uid, gid } = statSync(dir);
    // Made by root with the CLI, it must still be readable for the poller.
    if (process.getuid?.() === 0) fchownSync(handle, uid, gid);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, path);
  syncDirectory(dir);
}
