/**
 * The device identity that a gateway on another host requires (openclaw-gateway reference, section 3): an Ed25519 key
 * pair that an operator approves once, and the token that the gateway issues for it.
 */

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KapsoWhatsappError } from '../../errors.ts';
import { asList, asText, fieldsOf } from '../../narrow.ts';
import type { Emit } from '../../observe/events.ts';
import { stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import { readTextFile } from '../../text-file.ts';

export interface DeviceIdentity {
  /** Lower-case hex SHA-256 of the raw public key. */
  deviceId: string;
  privateKeyPem: string;
  publicKeyPem: string;
}

export interface DeviceToken {
  token: string;
  scopes: string[];
}

export interface DeviceTokens {
  load(deviceId: string): DeviceToken | null;
  save(deviceId: string, token: DeviceToken): void;
  forget(): void;
}

function rawPublicKey(key: KeyObject): Buffer {
  // The last 32 bytes of an Ed25519 key in SPKI form are the key itself (RFC 8410, section 4).
  return key.export({ type: 'spki', format: 'der' }).subarray(-32);
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Reads a private file. Removes the rights of other users and reports that, since they may know its content. */
function readPrivate(path: string, emit: Emit): string {
  const stats = lstatSync(path);
  if (!stats.isFile()) {
    throw new KapsoWhatsappError('GATEWAY_IDENTITY_UNREADABLE', `${path} is not a regular file`, {
      hint: 'Move it away and start again: a new identity is made, which the gateway has to approve once more.',
    });
  }
  if (stats.mode & 0o077) {
    chmodSync(path, 0o600);
    emit({ type: 'private file closed', file: path, mode: stats.mode & 0o777 });
  }
  return readTextFile(path);
}

function parseIdentity(path: string, content: string): DeviceIdentity {
  try {
    const privateKeyPem = asText(fieldsOf(JSON.parse(content)).privateKey);
    if (privateKeyPem === null) throw new Error('it has no "privateKey"');
    const key = createPrivateKey(privateKeyPem);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`its key is of type ${key.asymmetricKeyType}`);
    const publicKey = createPublicKey(key);
    return {
      deviceId: createHash('sha256').update(rawPublicKey(publicKey)).digest('hex'),
      privateKeyPem,
      publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    };
  } catch (cause) {
    throw new KapsoWhatsappError('GATEWAY_IDENTITY_UNREADABLE', `The device identity in ${path} cannot be read`, {
      // The parser's message may quote the file, which holds a private key.
      hint:
        'Restore the file from a backup. Or delete it: a new identity is made, which the gateway has to approve once ' +
        'more ("openclaw devices list").',
      cause: cause instanceof SyntaxError ? undefined : cause,
    });
  }
}

/**
 * Reads the identity kept in `stateDir`, or makes one the first time.
 *
 * @throws KapsoWhatsappError with code `GATEWAY_IDENTITY_UNREADABLE` for a damaged file. It is never replaced in
 * silence: the gateway's approval belongs to it.
 */
export function loadIdentity(stateDir: string, emit: Emit): DeviceIdentity {
  const path = join(stateDir, stateFiles.deviceIdentity);
  try {
    return parseIdentity(path, readPrivate(path, emit));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const content = { version: 1, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  // Another process may have made one meanwhile, and it may be approved already.
  writePrivateFile(path, `${JSON.stringify(content)}\n`, { keepExisting: true });
  return parseIdentity(path, readPrivate(path, emit));
}

/** The private key as its file has it, and without the lines around it. */
export function secretsOfIdentity({ privateKeyPem }: DeviceIdentity): string[] {
  return [privateKeyPem, ...privateKeyPem.split('\n').filter(line => line !== '' && !line.startsWith('-----'))];
}

/**
 * Keeps the gateway's token for this device in `stateDir`. A damaged one is no loss: the gateway issues another. `learn`
 * gets each token, to hide it.
 */
export function createDeviceTokens(
  stateDir: string,
  emit: Emit,
  learn: (secrets: readonly string[]) => void,
): DeviceTokens {
  const path = join(stateDir, stateFiles.deviceToken);
  return {
    load(deviceId) {
      try {
        const kept = fieldsOf(JSON.parse(readPrivate(path, emit)));
        const token = asText(kept.token);
        if (token === null || kept.deviceId !== deviceId) return null;
        learn([token]);
        return { token, scopes: asList(kept.scopes).filter(scope => typeof scope === 'string') };
      } catch (error) {
        if (!isAbsent(error)) emit({ type: 'device token unreadable', file: path });
        return null;
      }
    },
    save(deviceId, token) {
      learn([token.token]);
      writePrivateFile(path, `${JSON.stringify({ version: 1, deviceId, ...token })}\n`);
    },
    forget() {
      rmSync(path, { force: true });
    },
  };
}

/** The raw public key in base64url without padding, as the handshake carries it. */
export function publicKeyForWire(publicKeyPem: string): string {
  return rawPublicKey(createPublicKey(publicKeyPem)).toString('base64url');
}

/** Signs the handshake's text. Returns base64url. */
export function signForWire(privateKeyPem: string, payload: string): string {
  return sign(null, Buffer.from(payload), createPrivateKey(privateKeyPem)).toString('base64url');
}
