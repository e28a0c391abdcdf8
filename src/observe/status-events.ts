import { maskAddresses } from '../mask.ts';
import type { AppEvent } from './events.ts';
import { describeError } from './log.ts';
import { scrubbedJson } from './scrub.ts';
import type { Status } from './status.ts';

/**
 * Returns what an event at this time (milliseconds since the epoch) changes in the status, or null. No person's whole
 * address is in it, and nothing of a secret: `scrub` removes those first, since one whose digits were masked is not
 * recognised any more.
 */
export function statusChange(event: AppEvent, at: number, scrub: (text: string) => string): Partial<Status> | null {
  const change = changeOf(event, at);
  return change && JSON.parse(scrubbedJson(change, text => maskAddresses(scrub(text))));
}

function changeOf(event: AppEvent, at: number): Partial<Status> | null {
  switch (event.type) {
    case 'messages accepted':
      return { lastMessageAt: at };
    case 'unreadable kept':
      return failure(at, `Something arrived that cannot be read: ${event.reason}`);
    case 'live opened':
      return { socket: event.socket };
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
    case 'webhook looked at':
    case 'registration failed':
      return { registration: event.registration };
    case 'registration left':
      return { registration: null };
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
    // Of the status nothing else but its counts changes, which are read when it is written.
    case 'reply sent':
      return { sending: null };
    case 'reply put off':
      return event.operator ? { sending: { since: at, reason: event.reason } } : {};
    case 'alerts changed':
      return { alerts: event.alerts };
    case 'roles changed':
      return { roles: event.roles };
    case 'reply failed':
      return failure(at, `A reply failed: ${event.reason}`);
    case 'message failed':
      return failure(at, event.reason);
    case 'turn failed':
      return failure(at, event.error instanceof Error ? event.error.message : String(event.error));
    case 'database connected': {
      const { name, server, weaknesses } = event;
      return { database: { name, server, since: at, error: null, weaknesses } };
    }
    case 'database lost': {
      const error = describeError(event.error);
      return { database: { name: event.name, server: null, since: at, error, weaknesses: [] } };
    }
    case 'store displaced':
      return failure(at, describeError(event.error));
    default:
      return null;
  }
}

function failure(at: number, message: string): Pick<Status, 'lastError'> {
  return { lastError: { at, message } };
}
