import type { Normalised } from '../../kapso/inbound/normalised.ts';
import { skip } from '../../kapso/inbound/skip-reasons.ts';
import type { Emit } from '../../observe/events.ts';

/** Leaves out the items of a delivery that are not kept, and tells of each. Returns the other items. */
export function leaveOut(
  items: readonly Normalised[],
  { configured, emit }: { configured: readonly string[]; emit: Emit },
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
      emit({ type: 'other number skipped', reason, configured: configured.join(', '), received });
    } else emit({ type: 'item skipped', reason });
  }
  return wanted;
}
