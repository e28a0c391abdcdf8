/** What `inbox export` writes of a message and its answers. */
import { summaryOf } from '../domain/content.ts';
import type { InboundMessage } from '../domain/message.ts';
import { readContent } from '../domain/outgoing-body.ts';
import { readBody } from '../domain/stored-body.ts';
import type { Exported } from '../store/exported.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry } from '../store/store.ts';
import { iso } from '../views/times.ts';

/** The record of a message. Times are ISO 8601. Addresses of files are left out: they may let whoever has them in. */
export function jsonRecord({ entry, answers }: Exported): Record<string, unknown> {
  const message = messageOf(entry);
  const { kind, mimeType, filename, size } = message?.media ?? {};
  return {
    id: entry.id,
    account: entry.account,
    contact: entry.contact,
    from: addressOf(message),
    name: message?.sender.name ?? null,
    group: message?.groupId ?? null,
    occurredAt: iso(entry.occurredAt),
    receivedAt: iso(entry.receivedAt),
    type: message?.type ?? null,
    text: message?.text ?? null,
    media: message?.media ? { kind, mimeType, filename, size } : null,
    replyTo: message?.replyTo ?? null,
    state: entry.state,
    outcome: entry.outcome,
    reason: entry.reason,
    attempts: entry.attempts,
    toldWith: entry.carriedBy,
    session: entry.session,
    updatedAt: iso(entry.updatedAt),
    answers: answers.map(answerRecord),
  };
}

function answerRecord(row: Outgoing): Record<string, unknown> {
  const content = readContent(row.body);
  return {
    id: row.id,
    answer: row.answer,
    to: row.recipient,
    via: row.via,
    part: row.part,
    parts: row.parts,
    kind: content?.kind ?? null,
    text: content && summaryOf(content),
    state: row.state,
    sentId: row.sentId,
    sentAt: row.begunAt === null ? null : iso(row.begunAt),
    status: row.status,
    statusAt: row.statusAt === null ? null : iso(row.statusAt),
    code: row.code,
    reason: row.reason,
    attempts: row.attempts,
    createdAt: iso(row.createdAt),
  };
}

export const csvHeader = [
  ...['direction', 'id', 'answers', 'account', 'contact', 'address', 'name', 'group', 'time', 'type', 'text', 'state'],
  ...['outcome', 'reason', 'attempts', 'via', 'part', 'parts', 'sent_id', 'delivery', 'delivery_time', 'code'],
];

/** The records of a message (`in`) and of its answers (`out`), one after the other, with the columns of the header. */
export function csvRecords({ entry, answers }: Exported): (string | number | null)[][] {
  const message = messageOf(entry);
  const of = [entry.account, entry.contact];
  const received = [
    ...['in', entry.id, null, ...of, addressOf(message), message?.sender.name ?? null, message?.groupId ?? null],
    ...[iso(entry.occurredAt), message?.type ?? null, message?.text ?? null, entry.state, entry.outcome, entry.reason],
    ...[entry.attempts, null, null, null, null, null, null, null],
  ];
  const sent = answers.map(row => {
    const content = readContent(row.body);
    return [
      ...['out', row.id, entry.id, ...of, row.recipient, null, message?.groupId ?? null],
      ...[iso(row.begunAt ?? row.createdAt), content?.kind ?? null, content && summaryOf(content), row.state, null],
      ...[row.reason, row.attempts, row.via, row.part, row.parts, row.sentId, row.status],
      ...[row.statusAt === null ? null : iso(row.statusAt), row.code],
    ];
  });
  return [received, ...sent];
}

function messageOf(entry: Entry): InboundMessage | null {
  const body = readBody(entry);
  return body.kind === 'message' ? body.message : null;
}

function addressOf(message: InboundMessage | null): string | null {
  if (message === null) return null;
  const { phone, userId, parentUserId = null } = message.sender;
  return phone ? `+${phone}` : (userId ?? parentUserId);
}
