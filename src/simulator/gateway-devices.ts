import { createHash, createPublicKey, randomBytes, randomUUID, verify } from 'node:crypto';
import type { Journal } from './journal.ts';
import type { JsonObject } from './json.ts';

/** The device part of `connect`, with the other signed fields. */
export interface DeviceProof {
  device: { id: string; publicKey: string; signature: string; signedAt: number; nonce: string };
  client: { id: string; mode: string; platform: string; deviceFamily: string };
  role: string;
  scopes: readonly string[];
  token: string;
}

interface Paired {
  deviceId: string;
  scopes: string[];
  platform: string;
  token: string;
}

export interface PairingRequest {
  requestId: string;
  deviceId: string;
  scopes: string[];
  platform: string;
  reason: 'not-paired' | 'scope-upgrade' | 'metadata-upgrade';
}

export interface Devices {
  /** Returns the paired device's token, or the request that waits for approval. */
  admit(proof: DeviceProof): { token: string } | { pending: PairingRequest };
  /** Pairs without approval, as a gateway does on loopback. */
  pair(proof: DeviceProof): Promise<string>;
  /** Returns the scopes that this device token was approved for. Null when it is wrong, old or revoked. */
  scopesOf(deviceId: string, token: string): readonly string[] | null;
  waiting(): PairingRequest[];
  /** Approves one request, or all. Returns the approved ones. */
  approve(requestId: string | null): Promise<PairingRequest[]>;
  revoke(deviceId: string): Promise<boolean>;
  restore(record: JsonObject): boolean;
}

/** Milliseconds by which clocks may differ. */
const skew = 120_000;

/** Returns what is wrong with a device proof, as the gateway's `details.code`, or null. `now` is in milliseconds. */
export function checkProof(proof: DeviceProof, nonce: string, now: number): string | null {
  const { device } = proof;
  const raw = Buffer.from(device.publicKey, 'base64url');
  if (raw.length !== 32 || createHash('sha256').update(raw).digest('hex') !== device.id) {
    return 'DEVICE_AUTH_DEVICE_ID_MISMATCH';
  }
  if (Math.abs(now - device.signedAt) > skew) return 'DEVICE_AUTH_SIGNATURE_EXPIRED';
  if (device.nonce.trim() === '') return 'DEVICE_AUTH_NONCE_REQUIRED';
  if (device.nonce !== nonce) return 'DEVICE_AUTH_NONCE_MISMATCH';
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
  const signature = Buffer.from(device.signature, 'base64url');
  const good = [signedText(proof, 'v3'), signedText(proof, 'v2')].some(text =>
    verify(null, Buffer.from(text), key, signature),
  );
  return good ? null : 'DEVICE_AUTH_SIGNATURE_INVALID';
}

function signedText({ device, client, role, scopes, token }: DeviceProof, version: 'v2' | 'v3'): string {
  const parts = [device.id, client.id, client.mode, role, scopes.join(','), device.signedAt, token, device.nonce];
  const platform = [client.platform, client.deviceFamily].map(text => text.trim().toLowerCase());
  return [version, ...parts, ...(version === 'v3' ? platform : [])].join('|');
}

/** Creates the registry of paired devices and pairing requests. */
export function createDevices(deps: { journal: () => Journal }): Devices {
  const paired = new Map<string, Paired>();
  const requests = new Map<string, PairingRequest>();

  const record = async (device: Paired) => {
    await deps.journal().append({ kind: 'device', device });
    paired.set(device.deviceId, device);
    requests.delete(device.deviceId);
    return device.token;
  };

  const reasonToAsk = (proof: DeviceProof): PairingRequest['reason'] | null => {
    const known = paired.get(proof.device.id);
    if (!known) return 'not-paired';
    if (known.platform !== proof.client.platform) return 'metadata-upgrade';
    return proof.scopes.every(scope => known.scopes.includes(scope)) ? null : 'scope-upgrade';
  };

  return {
    admit: proof => {
      const deviceId = proof.device.id;
      const reason = reasonToAsk(proof);
      const known = paired.get(deviceId);
      if (reason === null && known) return { token: known.token };
      const requestId = requests.get(deviceId)?.requestId ?? randomUUID();
      const scopes = [...proof.scopes];
      const pending = { requestId, deviceId, scopes, platform: proof.client.platform, reason: reason ?? 'not-paired' };
      requests.set(deviceId, pending);
      return { pending };
    },
    pair: proof => {
      const known = paired.get(proof.device.id);
      if (known && reasonToAsk(proof) === null) return Promise.resolve(known.token);
      return record({
        deviceId: proof.device.id,
        scopes: [...new Set([...(known?.scopes ?? []), ...proof.scopes])],
        platform: proof.client.platform,
        token: known?.token ?? newToken(),
      });
    },
    scopesOf: (deviceId, token) => {
      const known = paired.get(deviceId);
      return known && known.token === token ? known.scopes : null;
    },
    waiting: () => [...requests.values()],
    approve: async requestId => {
      const approved = [...requests.values()].filter(request => requestId === null || request.requestId === requestId);
      for (const { deviceId, scopes, platform } of approved) {
        await record({ deviceId, scopes, platform, token: paired.get(deviceId)?.token ?? newToken() });
      }
      return approved;
    },
    revoke: async deviceId => {
      if (!paired.has(deviceId)) return false;
      await deps.journal().append({ kind: 'device-revoked', deviceId });
      return paired.delete(deviceId);
    },
    restore: entry => {
      if (entry.kind === 'device') {
        const device = entry.device as Paired;
        paired.set(device.deviceId, device);
      } else if (entry.kind === 'device-revoked') paired.delete(String(entry.deviceId));
      else return false;
      return true;
    },
  };
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}
