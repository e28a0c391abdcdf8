import type { Clock } from '../../clock.ts';
import type { AccountConfig } from '../../config/load.ts';
import type { Role } from '../../instances/roles.ts';
import { type Transport, within } from '../../kapso/http/transport.ts';
import { createWebhookClient } from '../../kapso/webhooks.ts';
import type { Emit } from '../../observe/events.ts';
import type { Store } from '../../store/store.ts';
import { byRole } from './by-role.ts';
import { createRegistration, type Registration } from './keep-registered.ts';
import { createSecretFingerprints, createSharedFingerprints } from './secret-fingerprint.ts';
import { shareSecret } from './shared-secret.ts';
import { createSecretFinder, signingSecrets } from './signing-secret.ts';
import { createRegistrationWatch } from './watch-registration.ts';

export interface RegistrationSetup {
  config: AccountConfig;
  /** In whose name its files in the state directory are; null for the plain names. */
  owner: string | null;
  transport: Transport;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  emit: Emit;
  /** Gets each secret that is kept or made, to hide it. */
  learn: (secrets: readonly string[]) => void;
  /** See `RegistrationDeps`. */
  onChange: () => void;
  store: Pick<Store, 'claims' | 'notes'>;
  /** Where several processes share the store, the right to register. */
  role?: Role | undefined;
}

/**
 * Builds what the configuration asks for: the secrets that deliveries are checked with, and the registration to keep or,
 * where alerts are given, to look at; else null.
 *
 * @throws StateError when the state directory's secret cannot be read or made
 */
export async function setUpRegistration(setup: RegistrationSetup): Promise<{
  secrets: readonly string[];
  /** Looks for a secret that is made later. Absent when the configuration has one. */
  findSecrets?: () => readonly string[];
  /** Fetches one that is made elsewhere, where other processes share the store. Call it regularly. */
  fetchSecret?: () => Promise<void>;
  registration: Registration | null;
}> {
  const { config, owner, transport, clock, store, role, emit } = setup;
  const { dir } = config.state;
  const kept = { stateDir: dir, account: owner };
  const { register, secret: configured } = config.webhook;
  if (config.mode === 'polling') return { secrets: [], registration: null };
  const notes = store.claims.shared ? store.notes : null;
  const shared = { ...kept, number: config.kapso.phoneNumberId };
  if (notes !== null && configured.length === 0) await shareSecret(notes, shared, { make: register });
  const { secrets } = signingSecrets({ ...kept, configured, make: register });
  setup.learn(secrets);
  const [secret] = secrets;
  const timeouts = within(config.kapso.timeout * 1000);
  const client = createWebhookClient({ ...config.kapso, transport, clock, timeouts });
  const { command, whatsapp } = config.alerts;
  const isTold = command.length > 0 || whatsapp !== undefined;
  const shareOut = (one: Registration) =>
    role === undefined ? one : byRole(one, role, () => emit({ type: 'registration left' }));
  const watch = isTold ? shareOut(createRegistrationWatch({ ...setup, client })) : null;
  if (secret === undefined) {
    const fetchSecret = async () => {
      if (notes !== null) await shareSecret(notes, shared, { make: false });
    };
    return { secrets, findSecrets: createSecretFinder({ ...setup, ...kept }), fetchSecret, registration: watch };
  }
  if (!register) return { secrets, registration: watch };
  const fingerprints =
    notes === null ? createSecretFingerprints(dir, owner) : createSharedFingerprints(notes, config.kapso.phoneNumberId);
  return { secrets, registration: shareOut(createRegistration({ ...setup, client, secret, fingerprints })) };
}
