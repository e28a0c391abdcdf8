import { readBody, type StoredBody } from '../domain/stored-body.ts';
import { maskAddress, maskNumbers } from '../mask.ts';
import { type AccountNames, accountIn } from '../observe/account-status.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry } from '../store/store.ts';
import { type AnswerPart, answerOf } from './answer-view.ts';
import { endOf } from './refs.ts';
import { iso, isoOrNull } from './times.ts';

/** An entry as it is printed. */
export interface MessageView {
  /** The end of the id, long enough to name the entry. */
  ref: string;
  /** Which of several numbers received it, as people call it. Absent with one. */
  account?: string;
  state: string;
  from: string | null;
  /** The id of the group that it was written in; else null. */
  group: string | null;
  name: string | null;
  type: string | null;
  /** ISO 8601. */
  occurredAt: string;
  receivedAt: string;
  attempts: number;
  retryAt: string | null;
  reason: string | null;
  /** The end of the id of the previous message in its conversation, when that one cannot be delivered at present; else null. */
  waitsFor: string | null;
  outcome: string | null;
  /** What the customer got or is to get, in its parts. */
  answer: AnswerPart[];
  /** The end of the id of the message that it was told with; else null. */
  toldWith: string | null;
  /** Only with `--full`. */
  id?: string;
  text?: string;
  raw?: unknown;
}

/** What a message waits for: the previous one in its conversation, as it is shown. */
export interface Predecessor {
  ref: string;
  attempts: number;
  /** Why that message waits itself; null while it is tried. */
  reason: string | null;
}

/** What is shown of an entry. */
export interface Shown {
  ref: string;
  full: boolean;
  /** What several numbers are called. */
  names?: AccountNames;
  waitsFor?: Predecessor | null;
  /** The rows of the outbox that answer it. */
  outgoing?: readonly Outgoing[];
}

/** Never throws. An entry that is no message, such as a row that could not be read, has no sender. */
export function viewOf(
  entry: Entry,
  { ref, full, names = new Map(), waitsFor = null, outgoing = [] }: Shown,
): MessageView {
  const body = readBody(entry);
  const message = body.kind === 'message' ? body.message : null;
  const from = message?.sender.phone ? `+${message.sender.phone}` : (message?.sender.userId ?? null);
  const name = message?.sender.name ?? null;
  const reason = entry.reason ?? (waitsFor && waitingReason(waitsFor));
  return {
    ref,
    ...accountIn(names, entry.account),
    state: entry.state,
    from: from !== null && !full ? maskAddress(from) : from,
    group: message?.groupId === undefined ? null : full ? message.groupId : maskAddress(message.groupId),
    name: name !== null && !full ? maskName(name) : name,
    type: message?.type ?? null,
    occurredAt: iso(entry.occurredAt),
    receivedAt: iso(entry.receivedAt),
    attempts: entry.attempts,
    retryAt: isoOrNull(entry.retryAt),
    reason: reason !== null && !full ? maskNumbers(reason) : reason,
    waitsFor: waitsFor?.ref ?? null,
    outcome: entry.outcome,
    answer: answerOf(outgoing, full),
    toldWith: entry.carriedBy === null ? null : endOf(entry.carriedBy),
    ...(full ? { id: entry.id, ...contentOf(body) } : {}),
  };
}

function waitingReason({ ref, attempts, reason }: Predecessor): string {
  const failed = attempts === 0 ? '' : `, which failed ${timesOf(attempts)}`;
  return `waits for message ${ref}${failed}: ${reason ?? 'it is being tried again'}`;
}

/** Says how often, in words. */
export function timesOf(attempts: number): string {
  return attempts === 1 ? 'once' : `${attempts} times`;
}

function contentOf(body: StoredBody): Pick<MessageView, 'text' | 'raw'> {
  if (body.kind === 'message') return { text: body.message.text };
  return { raw: body.kind === 'unreadable' ? { unreadable: body.reason, raw: body.raw } : body.content };
}

function maskName(name: string): string {
  const [first = ''] = name;
  return `${first}…`;
}
