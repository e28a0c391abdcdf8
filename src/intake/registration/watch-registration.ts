import type { Clock } from '../../clock.ts';
import { isOurs } from '../../errors.ts';
import type { Webhook, WebhookClient } from '../../kapso/webhooks.ts';
import type { Emit } from '../../observe/events.ts';
import { createOnce } from '../../observe/once.ts';
import type { RegistrationStatus } from '../../observe/status.ts';
import { vary, waits } from '../../waits.ts';
import type { Registration } from './keep-registered.ts';
import { isSameAddress, whatDiffers } from './register-webhook.ts';

export interface RegistrationWatchDeps {
  client: Pick<WebhookClient, 'list'>;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  emit: Emit;
}

const registerIt = 'Run kapso-whatsapp-cli webhook register';

/**
 * Looks every 15 minutes whether Kapso still delivers to the address, where somebody else registers it and an alert is
 * to tell that it does not. It changes nothing. A look that fails, or that the key does not permit, shows nothing.
 */
export function createRegistrationWatch({ client, clock, random, emit }: RegistrationWatchDeps): Registration {
  let present: object | null = null;
  let cancel: () => void = () => undefined;
  const isNew = createOnce();
  const areNew = createOnce();

  const look = async (url: string, turn: object): Promise<void> => {
    try {
      const same = (await client.list()).filter(webhook => isSameAddress(webhook.url, url));
      if (turn !== present) return;
      const registration = found(same, clock.now(), url);
      const repeated = !isNew([registration.off, registration.reason].filter(Boolean).join() || null);
      emit({ type: 'webhook looked at', registration, repeated });
      const others = same.flatMap(({ id }) => (id === registration.webhook ? [] : id)).join(', ');
      if (areNew(others || null) && others !== '') {
        emit({ type: 'duplicate webhooks', webhook: registration.webhook ?? '', others });
      }
    } catch (error) {
      if (!isOurs(error)) throw error;
    }
    if (turn !== present) return;
    const { checked, jitter } = waits.registration;
    cancel = clock.after(vary(checked, jitter, random), () => void look(url, turn));
  };

  return {
    keep: url => {
      cancel();
      present = {};
      void look(url, present);
    },
    stop: () => {
      cancel();
      present = null;
    },
  };
}

function found(same: readonly Webhook[], checkedAt: number, url: string): RegistrationStatus {
  const [ours] = same.toSorted((a, b) => Number(b.active) - Number(a.active));
  if (ours === undefined) return { webhook: null, checkedAt, reason: `Kapso has none for ${url}`, hint: registerIt };
  const { id: webhook, active } = ours;
  if (!active) {
    const off = 'it is switched off, as Kapso does when most deliveries fail';
    return { webhook, checkedAt, reason: null, hint: registerIt, off };
  }
  const { differences } = whatDiffers(ours);
  if (differences.length === 0) return { webhook, checkedAt, reason: null, hint: null, off: null };
  return { webhook, checkedAt, reason: `it differs: ${differences.join('; ')}`, hint: registerIt };
}
