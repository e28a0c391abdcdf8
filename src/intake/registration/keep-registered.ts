import type { Clock } from '../../clock.ts';
import type { WebhookClient } from '../../kapso/webhooks.ts';
import type { Log } from '../../observe/log.ts';
import { createOnce } from '../../observe/once.ts';
import type { RegistrationStatus } from '../../observe/status.ts';
import { waits } from '../../waits.ts';
import { type Registered, registerWebhook } from './register-webhook.ts';
import { readFailure } from './registration-failure.ts';
import type { SecretFingerprints } from './secret-fingerprint.ts';

export interface RegistrationDeps {
  client: Pick<WebhookClient, 'list' | 'create' | 'update'>;
  secret: string;
  fingerprints: SecretFingerprints;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  onStatus: (status: RegistrationStatus) => void;
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
  const { clock, log, secret } = deps;
  let status: RegistrationStatus = { webhook: null, checkedAt: null, reason: null, hint: null };
  let present: object | null = null;
  let cancel: () => void = () => undefined;
  let failures = 0;
  const isNewFailure = createOnce();
  const areNew = createOnce();

  const report = (change: Partial<RegistrationStatus>) => {
    status = { ...status, ...change };
    deps.onStatus(status);
  };

  const done = (url: string, { id, change, differences, duplicates }: Registered) => {
    // A failure counts as a change: the answer to a change may have been lost.
    const changed = change !== 'unchanged' || failures > 0;
    if (failures > 0 && change === 'unchanged') log.info({ webhook: id }, 'The webhook is registered at Kapso');
    failures = 0;
    isNewFailure(null);
    report({ webhook: id, checkedAt: clock.now(), reason: null, hint: null });
    if (change === 'created') log.info({ webhook: id, url }, 'The webhook was registered at Kapso');
    if (change === 'updated') {
      log.warn({ webhook: id, url, because: differences.join('; ') }, 'The webhook at Kapso was brought up to date');
    }
    const others = duplicates.length > 0 ? duplicates.join(', ') : null;
    if (areNew(others) && others !== null) {
      log.warn(
        { webhook: id, others },
        'Kapso has other webhooks for the same address; "kapso-whatsapp-cli webhook remove ID" removes one',
      );
    }
    if (changed) deps.onChange();
  };

  /** Returns the milliseconds to wait before the next attempt. */
  const failed = (error: unknown): number => {
    failures += 1;
    const { reason, hint, pause, asked } = readFailure(error, { failures, secret, random: deps.random });
    if (isNewFailure(reason)) {
      log.warn(
        {
          error: reason,
          ...(hint !== null && { hint }),
          ...(asked !== null && { asked }),
          again: `${Math.round(pause / 1000)} s`,
        },
        'The webhook could not be registered at Kapso; register it by hand, or wait: it is tried again',
      );
    }
    report({ reason, hint });
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
