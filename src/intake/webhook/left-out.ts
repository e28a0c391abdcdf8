import type { Normalised } from '../../kapso/inbound/normalised.ts';
import { skip } from '../../kapso/inbound/skip-reasons.ts';
import type { Emit } from '../../observe/events.ts';
import { maskAddress } from '../../observe/mask.ts';
import { explain, failedSends } from './failed-sends.ts';

/**
 * Leaves out the items of a delivery that are not kept, and tells of each and of the failed sends that the delivery
 * reports. Returns the other items.
 */
export function leaveOut(
  items: readonly Normalised[],
  payload: unknown,
  { phoneNumberId, emit }: { phoneNumberId: string; emit: Emit },
): Normalised[] {
  const wanted: Normalised[] = [];
  for (const item of items) {
    if (item.kind !== 'skipped') {
      wanted.push(item);
      continue;
    }
    const { reason } = item;
    if (reason === skip.sample) emit({ type: 'sample skipped', reason });
    else if (reason === skip.otherNumber) {
      const received = item.phoneNumberId?.slice(0, 64);
      emit({ type: 'other number skipped', reason, configured: phoneNumberId, received });
    } else emit({ type: 'item skipped', reason });
  }
  for (const failed of failedSends(payload)) {
    const { id: message, code, recipient } = failed;
    const to = recipient === null ? null : maskAddress(recipient);
    emit({ type: 'send failed', message, code, to, explanation: explain(failed) });
  }
  return wanted;
}
