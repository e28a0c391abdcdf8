import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Webhook } from '../../kapso/webhooks.ts';
import { toStateError } from '../../state/errors.ts';
import { fileOfAccount, stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import type { Notes } from '../../store/notes.ts';
import { readTextFile } from '../../text-file.ts';

/** Remembers which secret a webhook has: Kapso does not return it. */
export interface SecretFingerprints {
  /** Whether we gave the webhook this secret and nobody has changed the webhook since. */
  holds(webhook: Webhook, secret: string): Promise<boolean>;
  /** Throws `StateError`. */
  remember(webhook: Webhook, secret: string): Promise<void>;
}

interface Remembered {
  id: string;
  /** Milliseconds since the epoch; null when Kapso does not say. */
  updatedAt: number | null;
  salt: string;
  fingerprint: string;
}

const fingerprintBytes = 32;
const derive = promisify(scrypt) as (secret: string, salt: Buffer, length: number) => Promise<Buffer>;

/** Where a fingerprint is kept. */
interface Memory {
  /** Null when there is none, or it cannot be read. The webhook then gets its secret again. */
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
}

/**
 * Creates a memory in the state directory.
 *
 * @param account whose webhook it is, of several accounts: Meta's `phone_number_id`; null for the only number
 */
export function createSecretFingerprints(stateDir: string, account: string | null = null): SecretFingerprints {
  const path = join(stateDir, fileOfAccount(stateFiles.registration, account));
  return createFingerprints({
    read: async () => {
      try {
        return readTextFile(path);
      } catch {
        return null;
      }
    },
    write: async text => {
      try {
        writePrivateFile(path, text, { durable: false });
      } catch (error) {
        throw toStateError(error, path);
      }
    },
  });
}

/** Creates a memory that the processes on a store share: whichever registers the webhook of an account. */
export function createSharedFingerprints(notes: Notes, account: string): SecretFingerprints {
  const name = `registration ${account}`;
  return createFingerprints({ read: () => notes.get(name), write: text => notes.set(name, text) });
}

/** It stores a salted scrypt fingerprint, from which even a short secret cannot be found by trial. */
function createFingerprints(memory: Memory): SecretFingerprints {
  return {
    holds: async (webhook, secret) => {
      const known = parse(await memory.read());
      if (known === null || known.id !== webhook.id) return false;
      // Whole seconds: the answer to a change may be more precise than a list.
      const second = (at: number | null) => (at === null ? null : Math.floor(at / 1000));
      if (second(known.updatedAt) !== second(webhook.updatedAt)) return false;
      const expected = Buffer.from(known.fingerprint, 'hex');
      const actual = await derive(secret, Buffer.from(known.salt, 'hex'), fingerprintBytes);
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
    remember: async ({ id, updatedAt }, secret) => {
      const salt = randomBytes(16);
      const fingerprint = (await derive(secret, salt, fingerprintBytes)).toString('hex');
      const known: Remembered = { id, updatedAt, salt: salt.toString('hex'), fingerprint };
      await memory.write(`${JSON.stringify(known)}\n`);
    },
  };
}

function parse(text: string | null): Remembered | null {
  if (text === null) return null;
  try {
    const { id, updatedAt, salt, fingerprint } = JSON.parse(text) as Partial<Remembered>;
    if (typeof id !== 'string' || typeof salt !== 'string' || typeof fingerprint !== 'string') return null;
    return { id, updatedAt: typeof updatedAt === 'number' ? updatedAt : null, salt, fingerprint };
  } catch {
    return null;
  }
}
