import { maskLane } from '../mask.ts';
import type { InstanceEvent } from './instance-events.ts';
import type { LogLine } from './log.ts';

/** Returns what the log says of the processes that share a store. */
export function instanceLine(event: InstanceEvent): LogLine {
  switch (event.type) {
    case 'claim lost': {
      const { lane, reason } = event;
      const text =
        'A claim was lost: what went on under it was interrupted, and another process, or this one, takes it up';
      return ['warn', { lane: maskLane(lane), reason }, text];
    }
    case 'claims failing': {
      const text =
        'The inbox cannot be asked for claims: what this process works on is interrupted when its lease is over';
      return ['error', { error: event.error }, text];
    }
    case 'claims work again':
      return ['info', {}, 'The inbox gives claims again; everything goes on'];
    case 'role given up': {
      const { role, reason } = event;
      return ['warn', { role, reason }, 'A role is left to another process: its work fails here, and may not there'];
    }
    case 'roles changed': {
      const others = Object.entries(event.roles.others).map(([role, owner]) => `${role}: ${owner}`);
      const fields = {
        own: event.roles.own.join(', ') || 'none',
        ...(others.length > 0 && { others: others.join(', ') }),
      };
      return ['info', fields, 'What this process does for all that share the inbox'];
    }
  }
}
