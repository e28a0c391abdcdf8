import { readBody, type StoredBody } from '../domain/stored-body.ts';
import { maskAddress, maskNumbers } from '../observe/mask.ts';
import type { Entry } from '../store/store.ts';
import { columns, toJson } from './format.ts';

/** An entry as it is printed. */
export interface View {
  /** The end of the id, long enough to name the entry. */
  ref: string;
  state: string;
  from: string | null;
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
  /** The end of the id of the message that it was told with; else null. */
  toldWith: string | null;
  /** Only with `--full`. */
  id?: string;
  text?: string;
  raw?: unknown;
}

/** Characters of an id's end that are always shown. WhatsApp's ids differ at their ends. */
const shortest = 12;

/**
 * Returns the ends of ids by which they can be told apart. Not their beginnings: a WhatsApp id begins with the
 * conversation's phone number in base64, so its beginning would show the number.
 */
export function refsOf(ids: readonly string[]): Map<string, string> {
  // Reversed and sorted, an id stands beside those with which it shares the longest end.
  const sorted = [...new Set(ids)].map(id => ({ id, backwards: id.split('').reverse().join('') }));
  sorted.sort((a, b) => (a.backwards < b.backwards ? -1 : 1));
  const lengths = new Map<string, number>();
  for (const [at, { id, backwards }] of sorted.entries()) {
    const shared = [at - 1, at + 1].map(other => commonStart(backwards, sorted[other]?.backwards ?? ''));
    let length = Math.max(shortest, ...shared.map(characters => characters + 1));
    while (length < id.length && !/^\w/.test(id.slice(-length))) length += 1;
    lengths.set(id, length);
  }
  return new Map(ids.map(id => [id, id.slice(-(lengths.get(id) ?? id.length))]));
}

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

/** What a message waits for: the previous one in its conversation, as it is shown. */
export interface Predecessor {
  ref: string;
  attempts: number;
  /** Why that message waits itself; null while it is tried. */
  reason: string | null;
}

/** Never throws. An entry that is no message, such as a row that could not be read, has no sender. */
export function viewOf(entry: Entry, ref: string, full: boolean, waitsFor: Predecessor | null = null): View {
  const body = readBody(entry);
  const message = body.kind === 'message' ? body.message : null;
  const from = message?.sender.phone ? `+${message.sender.phone}` : (message?.sender.userId ?? null);
  const name = message?.sender.name ?? null;
  const reason = entry.reason ?? (waitsFor && waitingReason(waitsFor));
  return {
    ref,
    state: entry.state,
    from: from !== null && !full ? maskAddress(from) : from,
    name: name !== null && !full ? maskName(name) : name,
    type: message?.type ?? null,
    occurredAt: iso(entry.occurredAt),
    receivedAt: iso(entry.receivedAt),
    attempts: entry.attempts,
    retryAt: entry.retryAt === null ? null : iso(entry.retryAt),
    reason: reason !== null && !full ? maskNumbers(reason) : reason,
    waitsFor: waitsFor?.ref ?? null,
    outcome: entry.outcome,
    toldWith: entry.carriedBy?.slice(-shortest) ?? null,
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

function contentOf(body: StoredBody): Pick<View, 'text' | 'raw'> {
  if (body.kind === 'message') return { text: body.message.text };
  return { raw: body.kind === 'unreadable' ? { unreadable: body.reason, raw: body.raw } : body.content };
}

function maskName(name: string): string {
  const [first = ''] = name;
  return `${first}…`;
}

function iso(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}

export function listText(views: readonly View[]): string {
  if (views.length === 0) return 'No messages.\n';
  const head = ['ID', 'STATE', 'FROM', 'NAME', 'TYPE', 'SENT', 'ATTEMPTS', 'REASON, OUTCOME, TEXT'];
  return columns([
    head,
    ...views.map(view => [
      view.id ?? view.ref,
      view.state,
      view.from ?? '-',
      view.name ?? '-',
      view.type ?? '-',
      view.occurredAt,
      String(view.attempts),
      [view.reason, view.outcome, view.text].filter(Boolean).join(' | ') || '-',
    ]),
  ]);
}

export function detailText(view: View): string {
  return columns(
    Object.entries(view)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, typeof value === 'string' ? value : toJson(value)]),
  );
}
