import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Webhook } from '../../kapso/webhooks.ts';
import { toStateError } from '../../state/errors.ts';
import { stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
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

/**
 * Creates a memory in the state directory. It stores a salted scrypt fingerprint, from which even a short secret cannot
 * be found by trial.
 */
export function createSecretFingerprints(stateDir: string): SecretFingerprints {
  const path = join(stateDir, stateFiles.registration);
  return {
    holds: async (webhook, secret) => {
      const known = read(path);
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
      try {
        writePrivateFile(path, `${JSON.stringify(known)}\n`, { durable: false });
      } catch (error) {
        throw toStateError(error, path);
      }
    },
  };
}

/** A missing or unreadable fingerprint is null. The webhook then gets its secret again. */
function read(path: string): Remembered | null {
  try {
    const { id, updatedAt, salt, fingerprint } = JSON.parse(readTextFile(path)) as Partial<Remembered>;
    if (typeof id !== 'string' || typeof salt !== 'string' || typeof fingerprint !== 'string') return null;
    return { id, updatedAt: typeof updatedAt === 'number' ? updatedAt : null, salt, fingerprint };
  } catch {
    return null;
  }
}
