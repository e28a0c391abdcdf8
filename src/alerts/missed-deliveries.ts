import { numbersOf } from '../observe/account-status.ts';
import type { AppEvent } from '../observe/events.ts';
import type { Status } from '../observe/status.ts';
import { type Missed, missedMore } from '../problems/silent-webhook.ts';

/** What polling has brought to one number. `account` is what people call it; null for the only one. */
export interface MissedDeliveries {
  account: string | null;
  missed: Missed;
}

/** Follows what polling has brought to each number since its last delivery by webhook. */
export function createMissedDeliveries(
  status: () => Pick<Status, 'polling' | 'webhook' | 'accounts'>,
  now: () => number,
) {
  const missed = new Map<string | null, Missed>();
  let accepted = 0;
  return {
    missed: (): MissedDeliveries[] => [...missed].map(([account, one]) => ({ account, missed: one })),
    heard(event: AppEvent): void {
      const account = event.of?.label ?? null;
      if (event.type === 'webhook changed' && event.webhook.accepted !== accepted) {
        accepted = event.webhook.accepted;
        // With several numbers the count is that of all.
        missed.delete(null);
      }
      if (account !== null && event.type === 'messages accepted' && event.by === 'webhook') missed.delete(account);
      if (event.type !== 'pass ended' || event.found === 0) return;
      const { webhook } = status();
      const polling = numbersOf(status()).find(one => one.account === account)?.of.polling;
      // The first pass brings what came while nothing listened.
      if (webhook && polling?.lastSuccess) {
        missed.set(account, missedMore(missed.get(account) ?? null, event.found, now()));
      }
    },
  };
}
