import { createHash } from 'node:crypto';
import { type InboundMessage, replyAddress } from '../domain/message.ts';
import type { Normalised } from '../kapso/inbound/normalised.ts';
import type { Log } from '../observe/log.ts';
import type { NewEntry } from '../store/store.ts';

/** The body of an entry that is no message: there is nothing to forward, however often it is tried. */
export interface UnreadableBody {
  unreadable: string;
  raw: unknown;
}

/** What must stay in order among itself. */
export type LaneOf = (message: InboundMessage) => string;

/** Who wrote, and in which group: what a sender edits or deletes is never another one's, nor something written elsewhere. */
function authorOf({ sender, groupId }: InboundMessage): string {
  return groupId === undefined ? replyAddress(sender) : `${replyAddress(sender)} in ${groupId}`;
}

/**
 * Turns what was read from the wire into inbox entries. What is not ours to forward is only counted in the log; what
 * cannot be read is kept for the operator as failed, with its raw form.
 */
export function toEntries(items: readonly Normalised[], deps: { lane: LaneOf; log: Log }): NewEntry[] {
  const entries: NewEntry[] = [];
  for (const item of items) {
    if (item.kind === 'message') {
      const { message } = item;
      entries.push({
        id: message.id,
        lane: deps.lane(message),
        occurredAt: message.timestamp,
        body: JSON.stringify(message),
        author: authorOf(message),
        ...(message.amends && { amends: message.amends.id }),
      });
    } else if (item.kind === 'skipped') {
      deps.log.debug({ message: item.id, reason: item.reason }, 'Not for the agent');
    } else {
      entries.push({
        id: item.id,
        lane: `unreadable:${createHash('sha256').update(item.id).digest('hex').slice(0, 16)}`,
        occurredAt: item.timestamp,
        body: JSON.stringify({ unreadable: item.reason, raw: item.raw } satisfies UnreadableBody),
        failure: item.reason,
      });
    }
  }
  return entries;
}
