import { createHash } from 'node:crypto';
import { conversationOf, fileUnder, type SessionFor } from '../domain/conversation.ts';
import { type InboundMessage, replyAddress } from '../domain/message.ts';
import { writeBody, writeUnreadable } from '../domain/stored-body.ts';
import type { Normalised } from '../kapso/inbound/normalised.ts';
import type { Log } from '../observe/log.ts';
import type { NewEntry } from '../store/store.ts';

/** Who wrote, and in which group: what a sender edits or deletes is never another one's, nor something written elsewhere. */
function authorOf({ sender, groupId }: InboundMessage): string {
  return groupId === undefined ? replyAddress(sender) : `${replyAddress(sender)} in ${groupId}`;
}

/**
 * Turns what was read from the wire into inbox entries. What is not ours to forward is only counted in the log; what
 * cannot be read is kept for the operator as failed, with its raw form.
 *
 * @param deps `account` is the number that received it all.
 */
export function toEntries(
  items: readonly Normalised[],
  deps: { account: string; sessionFor: SessionFor; log: Log },
): NewEntry[] {
  const { account } = deps;
  const entries: NewEntry[] = [];
  for (const item of items) {
    if (item.kind === 'message') {
      const { message } = item;
      entries.push({
        id: message.id,
        account,
        ...fileUnder(conversationOf(message, account), deps.sessionFor),
        occurredAt: message.timestamp,
        body: writeBody(message),
        author: authorOf(message),
        ...(message.amends && { amends: message.amends.id }),
      });
    } else if (item.kind === 'skipped') {
      deps.log.debug({ message: item.id, reason: item.reason }, 'Not for the agent');
    } else {
      entries.push({
        id: item.id,
        account,
        lane: `unreadable:${createHash('sha256').update(item.id).digest('hex').slice(0, 16)}`,
        occurredAt: item.timestamp,
        body: writeUnreadable(item),
        failure: item.reason,
      });
    }
  }
  return entries;
}
