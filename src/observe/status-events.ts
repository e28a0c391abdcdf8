import type { AppEvent } from './events.ts';
import { describeError } from './log.ts';
import type { Status } from './status.ts';

/** Returns what an event at this time (milliseconds since the epoch) changes in the status, or null. */
export function statusChange(event: AppEvent, at: number): Partial<Status> | null {
  switch (event.type) {
    case 'messages accepted':
      return { lastMessageAt: at };
    case 'unreadable kept':
      return { lastError: { at, message: `Something arrived that cannot be read: ${event.reason}` } };
    case 'access changed':
      return { access: event.access };
    case 'own clock wrong':
      return { clock: { ahead: event.ahead } };
    case 'own clock right':
      return { clock: null };
    case 'polling changed':
      return { polling: event.polling };
    case 'webhook changed':
      return { webhook: event.webhook };
    case 'tunnel changed':
    case 'tunnel opened':
    case 'tunnel failed':
      return { tunnel: event.tunnel };
    case 'webhook registered':
    case 'registration failed':
      return { registration: event.registration };
    case 'gateway changed':
      return { gateway: event.gateway };
    case 'obstacle changed':
      return { delivery: event.obstacle && { ...event.obstacle, since: at } };
    case 'sender limited':
    case 'sender within limits':
      return { limited: event.limited };
    case 'mutes changed':
      return { muted: event.muted };
    case 'message settled':
      return { lastDeliveredAt: at };
    // Nothing of the status but its counts, which are read when it is written.
    case 'reply sent':
    case 'reply put off':
      return {};
    case 'reply failed':
      return { lastError: { at, message: `A reply failed: ${event.reason}` } };
    case 'message failed':
      return { lastError: { at, message: event.reason } };
    case 'turn failed':
      return { lastError: { at, message: event.error instanceof Error ? event.error.message : String(event.error) } };
    case 'store displaced':
      return { lastError: { at, message: describeError(event.error) } };
    default:
      return null;
  }
}
