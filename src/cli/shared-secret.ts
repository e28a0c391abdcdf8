/** The signing secret that a command and the pollers of several machines have together. */
import { systemClock } from '../clock.ts';
import type { AccountConfig } from '../config/load.ts';
import { shareSecret } from '../intake/registration/shared-secret.ts';
import { openStore } from '../store/open.ts';

/**
 * Registers a webhook with the secret that the pollers on a database share: it is brought into the state directory before,
 * and shared after that where the registration has made the first one. Without a database, or with a configured secret, it
 * only registers. Rejects with the `StateError`s of the store, before anything is registered.
 *
 * @param owner in whose name the files of the number are; null for the plain names
 */
export async function withSharedSecret<T>(
  { kapso, state, webhook }: AccountConfig,
  owner: string | null,
  register: () => Promise<T>,
): Promise<T> {
  if (state.database === undefined || webhook.secret.length > 0) return register();
  const store = await openStore({ ...state, clock: systemClock });
  try {
    const share = () =>
      shareSecret(store.notes, { stateDir: state.dir, account: owner, number: kapso.phoneNumberId }, { make: false });
    await share();
    const registered = await register();
    await share();
    return registered;
  } finally {
    await store.close();
  }
}
