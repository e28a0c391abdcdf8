/**
 * The form in which a message is stored in the inbox. It has a version, because programs of several versions read it.
 * Version 1 is `{v: 1, …}` with the fields of `InboundMessage`, or with `unreadable` and `raw`. The account is not in
 * it: it is stored beside the body. Version 0 is the same without `v`.
 */
import { asRecord } from '../narrow.ts';
import type { InboundMessage } from './message.ts';

const version = 1;

/** An item that could not be read from the wire. It cannot be forwarded, however often that is tried. */
export interface UnreadableMessage {
  /** Why it could not be read. */
  reason: string;
  /** The item as it came. */
  raw: unknown;
}

export type StoredBody =
  | { kind: 'message'; message: InboundMessage }
  | ({ kind: 'unreadable' } & UnreadableMessage)
  /** The body is damaged, or a newer version wrote it, so this program cannot use it. `content` is what it holds. */
  | { kind: 'unusable'; reason: string; content: unknown };

export function writeBody(message: InboundMessage): string {
  return JSON.stringify({ v: version, ...message, account: undefined });
}

/** Writes a message whose words are not kept: who wrote it, when, and of what type it is. */
export function writeBodyWithoutText({
  id,
  account,
  sender,
  conversationId,
  timestamp,
  type,
  groupId,
}: InboundMessage): string {
  const text = '(What was written is not kept.)';
  const kept = { id, account, sender, conversationId, timestamp, type, text, annotations: 1, media: null };
  return writeBody({ ...kept, ...(groupId !== undefined && { groupId }) });
}

export function writeUnreadable({ reason, raw }: UnreadableMessage): string {
  return JSON.stringify({ v: version, unreadable: reason, raw });
}

/**
 * Reads a stored body. Never throws.
 *
 * @param stored its account is null when a version before accounts ended with it; the message's account is then empty
 */
export function readBody({ body, account }: { body: string; account: string | null }): StoredBody {
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch {
    return { kind: 'unusable', reason: `${damaged}: it is not JSON`, content: body };
  }
  const fields = asRecord(content);
  if (fields === null) return { kind: 'unusable', reason: `${damaged}: it is not an object`, content };
  const { v = 0, ...rest } = fields;
  if (v !== 0 && v !== version) return { kind: 'unusable', reason: otherVersion(v), content };
  if (typeof rest.unreadable === 'string') return { kind: 'unreadable', reason: rest.unreadable, raw: rest.raw };
  const lacking = findLacking(rest);
  if (lacking !== null) return { kind: 'unusable', reason: `${damaged}: it has no ${lacking}`, content };
  return { kind: 'message', message: { ...(rest as unknown as InboundMessage), account: account ?? '' } };
}

const damaged = 'The message as it is kept in the inbox is damaged';

function otherVersion(v: unknown): string {
  if (typeof v !== 'number' || v <= version) return `${damaged}: its version is ${JSON.stringify(v).slice(0, 20)}`;
  return (
    `The message was kept by a newer version of this program (its form is ${v}, this one knows ${version}); ` +
    'with that version it can be retried'
  );
}

/** Returns which necessary field of a message is missing, in words; null when none is. */
function findLacking({ id, sender, timestamp, type, text }: Readonly<Record<string, unknown>>): string | null {
  const { phone, userId, parentUserId } = asRecord(sender) ?? {};
  if (typeof id !== 'string') return 'id';
  if (![phone, userId, parentUserId].some(identity => typeof identity === 'string')) return 'sender';
  if (typeof timestamp !== 'number') return 'time';
  if (typeof type !== 'string') return 'type';
  return typeof text === 'string' ? null : 'text';
}
