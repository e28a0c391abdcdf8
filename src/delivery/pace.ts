import type { RunLimits } from '../access/run-limits.ts';
import type { Clock } from '../clock.ts';
import type { InboundMessage } from '../domain/message.ts';
import { readBody } from '../domain/stored-body.ts';
import type { Entry, Store } from '../store/store.ts';
import { isUntouched } from './amend.ts';
import type { Turn } from './lanes.ts';

export interface PaceOptions {
  store: Pick<Store, 'get'>;
  clock: Clock;
  limits?: RunLimits | undefined;
}

/** Holds a conversation's runs to the rates of its sender and of all. */
export interface Pace {
  /** Until when the lane rests before the run of this message; null when the run may begin. */
  rest(entry: Entry, message: InboundMessage): Turn | null;
  /** Counts the messages that were gathered into the run. */
  count(entry: Entry, gathered: readonly string[]): Promise<void>;
}

export function createPace({ store, clock, limits }: PaceOptions): Pace {
  return {
    rest(entry, message) {
      if (limits === undefined) return null;
      const { id, lane } = entry;
      const size = isUntouched(entry) ? { messages: 1, bytes: sizeOf(message) } : { messages: 0, bytes: 0 };
      const wait = limits.wait({ id, lane, contact: whose(entry), ...size });
      return wait === 0 ? null : { until: clock.now() + wait };
    },
    async count(entry, gathered) {
      if (limits === undefined || gathered.length === 0) return;
      const entries = await Promise.all(gathered.map(id => store.get(id)));
      const bodies = entries.flatMap(one => (one === null ? [] : readBody(one)));
      const bytes = bodies.reduce((sum, body) => sum + (body.kind === 'message' ? sizeOf(body.message) : 0), 0);
      limits.count({ contact: whose(entry), messages: gathered.length, bytes });
    },
  };
}

function whose({ account, contact, conversation }: Entry): string {
  return contact === null ? conversation : `${account}/${contact}`;
}

function sizeOf({ text }: InboundMessage): number {
  return Buffer.byteLength(text);
}
