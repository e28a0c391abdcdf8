import type { Clock } from '../../clock.ts';
import type { Role } from '../../instances/roles.ts';
import type { WebhookClient } from '../../kapso/webhooks.ts';
import type { Emit } from '../../observe/events.ts';
import { createOnce } from '../../observe/once.ts';
import type { RegistrationStatus } from '../../observe/status.ts';
import { waits } from '../../waits.ts';
import { failsHere } from '../polling/classify-failure.ts';
import { type Registered, registerWebhook, switchedOff } from './register-webhook.ts';
import { readFailure } from './registration-failure.ts';
import type { SecretFingerprints } from './secret-fingerprint.ts';

export interface RegistrationDeps {
  client: Pick<WebhookClient, 'list' | 'create' | 'update'>;
  secret: string;
  fingerprints: SecretFingerprints;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  emit: Emit;
  /** Where several processes share the store, the right to register. */
  role?: Pick<Role, 'giveUp'> | undefined;
  /** Called when something changed, or may have changed, at Kapso: earlier messages may not have been delivered. */
  onChange: () => void;
}

export interface Registration {
  /** Registers the address and repeats until that succeeds. A later address replaces it. Never throws. */
  keep(url: string): void;
  /** Begins nothing new. */
  stop(): void;
}

/** Keeps the webhook registered: at the start, when its address changes, and every 15 minutes. */
export function createRegistration(deps: RegistrationDeps): Registration {
  const { clock, emit, secret } = deps;
  let registration: RegistrationStatus = { webhook: null, checkedAt: null, reason: null, hint: null };
  let present: object | null = null;
  let cancel: () => void = () => undefined;
  let failures = 0;
  const isNewFailure = createOnce();
  const areNew = createOnce();

  const done = (url: string, { id, change, differences, duplicates }: Registered) => {
    // A failure counts as a change: the answer to a change may have been lost.
    const recovered = failures > 0;
    failures = 0;
    isNewFailure(null);
    const off = wasOff(change, differences, registration.webhook);
    registration = { webhook: id, checkedAt: clock.now(), reason: null, hint: null, ...(off !== null && { off }) };
    emit({ type: 'webhook registered', registration, url, change, differences, recovered });
    const others = duplicates.length > 0 ? duplicates.join(', ') : null;
    if (areNew(others) && others !== null) emit({ type: 'duplicate webhooks', webhook: id, others });
    if (change !== 'unchanged' || recovered) deps.onChange();
  };

  /** Returns the milliseconds to wait before the next attempt. */
  const failed = (error: unknown): number => {
    failures += 1;
    const { reason, hint, pause, asked } = readFailure(error, { failures, secret, random: deps.random });
    registration = { ...registration, reason, hint };
    emit({ type: 'registration failed', registration, asked, pause, repeated: !isNewFailure(reason) });
    if (failsHere(error, failures)) deps.role?.giveUp(`the registration of the webhook failed: ${reason}`);
    return pause;
  };

  const attempt = async (url: string, turn: object): Promise<void> => {
    let pause: number = waits.registration.checked;
    try {
      const registered = await registerWebhook({ ...deps, url });
      if (turn !== present) return;
      done(url, registered);
    } catch (error) {
      if (turn !== present) return;
      pause = failed(error);
    }
    cancel = clock.after(pause, () => void attempt(url, turn));
  };

  return {
    keep: url => {
      cancel();
      failures = 0;
      present = {};
      void attempt(url, present);
    },
    stop: () => {
      cancel();
      present = null;
    },
  };
}

/** Says how the webhook delivered nothing until now; null when it did, or was not known before. */
function wasOff(change: Registered['change'], differences: readonly string[], before: string | null): string | null {
  if (change === 'created')
    return before === null ? null : 'it was gone from Kapso; the poller has registered it again';
  return differences.includes(switchedOff) ? `${switchedOff}; the poller has switched it on again` : null;
}
