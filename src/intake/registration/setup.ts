import type { Clock } from '../../clock.ts';
import type { AccountConfig } from '../../config/load.ts';
import { type Transport, within } from '../../kapso/http/transport.ts';
import { createWebhookClient } from '../../kapso/webhooks.ts';
import type { Emit } from '../../observe/events.ts';
import { createRegistration, type Registration } from './keep-registered.ts';
import { createSecretFingerprints } from './secret-fingerprint.ts';
import { createSecretFinder, signingSecrets } from './signing-secret.ts';

export interface RegistrationSetup {
  config: AccountConfig;
  transport: Transport;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  emit: Emit;
  /** See `RegistrationDeps`. */
  onChange: () => void;
}

/**
 * Builds what the configuration asks for: the secrets that deliveries are checked with, and the registration to keep,
 * or null.
 *
 * @throws StateError when the state directory's secret cannot be read or made
 */
export function setUpRegistration(setup: RegistrationSetup): {
  secrets: readonly string[];
  /** Looks for a secret that is made later. Absent when the configuration has one. */
  findSecrets?: () => readonly string[];
  registration: Registration | null;
} {
  const { config, transport, clock } = setup;
  const { dir } = config.state;
  const { register, secret: configured } = config.webhook;
  if (config.mode === 'polling') return { secrets: [], registration: null };
  const { secrets } = signingSecrets({ configured, stateDir: dir, make: register });
  const [secret] = secrets;
  if (secret === undefined)
    return { secrets, findSecrets: createSecretFinder({ stateDir: dir, emit: setup.emit }), registration: null };
  if (!register) return { secrets, registration: null };
  const timeouts = within(config.kapso.timeout * 1000);
  const client = createWebhookClient({ ...config.kapso, transport, clock, timeouts });
  return {
    secrets,
    registration: createRegistration({ ...setup, client, secret, fingerprints: createSecretFingerprints(dir) }),
  };
}
