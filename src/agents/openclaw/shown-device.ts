import { KapsoWhatsappError } from '../../errors.ts';
import { waits } from '../../waits.ts';
import { type ConnectionFailure, missingScopes, otherProtocol } from './classify.ts';
import type { DeviceIdentity, DeviceTokens } from './identity.ts';
import type { Hello } from './wire.ts';

export interface Device {
  identity: DeviceIdentity;
  tokens: DeviceTokens;
}

export interface ShownDevice {
  /** The device that the next attempt presents; null for none. */
  readonly current: Device | null;
  /** Returns what an accepted connection lacks, or null. It may make the missing device. */
  check(hello: Pick<Hello, 'protocol' | 'scopes'>): ConnectionFailure | null;
}

/**
 * The device that proves who this program is.
 *
 * @param device Presented from the first attempt on.
 * @param make Makes one when the gateway grants nothing without it. Null when none may be presented.
 */
export function createShownDevice(device: Device | null, make: (() => Device) | null): ShownDevice {
  let current = device;
  return {
    get current() {
      return current;
    },
    check({ protocol, scopes }) {
      const missing = otherProtocol(protocol) ?? missingScopes(scopes, current !== null);
      if (missing === null || current !== null || make === null) return missing;
      try {
        current = make();
      } catch (error) {
        if (!(error instanceof KapsoWhatsappError)) throw error;
        const reason = `${missing.reason} ${error.message}.`;
        return { phase: 'blocked', reason, hint: error.hint ?? null, retryAfter: null };
      }
      const reason = 'The gateway grants nothing to this connection without a device: it is shown one now.';
      return { phase: 'connecting', reason, hint: null, retryAfter: waits.showDevice.first };
    },
  };
}
