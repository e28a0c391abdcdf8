/** The life of one message, as far as it is known: from the store, and from what the running poller remembers. */
import type { KnownContact } from '../domain/contact.ts';
import { maskAddress, maskNumbers } from '../mask.ts';
import type { AccountNames } from '../observe/account-status.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry, Store } from '../store/store.ts';
import { type LifeEvent, messagesOf, partOf, sentenceOf } from './life-events.ts';
import type { MessageView } from './message-view.ts';
import { lookAround, viewsOf } from './messages.ts';
import { type OutgoingView, outgoingRefs, outgoingView, reasonText } from './outgoing-view.ts';
import { iso, isoOrNull } from './times.ts';

/** An event that the running poller remembers. */
export interface Remembered {
  /** Counted from 1 in each process. */
  seq: number;
  /** When it happened, in milliseconds since the epoch. */
  at: number;
  event: LifeEvent;
}

/** Times are ISO 8601. Without `full` numbers and ids are shortened, and there are no texts. */
export interface Trace {
  message: MessageView;
  /** How the agent knows the conversation, and the key of the last run; null before the first. */
  session: string;
  run: string | null;
  /** The contact's own name in this program; null for what was not written by anybody. */
  contact: { key: string; access: 'approved' | 'blocked' | null } | null;
  /** In the order in which they happened. */
  steps: TraceStep[];
  /** What comes next, with its time, where that is known. */
  next: { at: string | null; text: string } | null;
  /** Everything that was sent in answer, or is to be: that of earlier runs too. */
  answers: OutgoingView[];
  /** What the gateway's own record says of the last run; null where it was not asked, or cannot be. */
  record: { found: string; tools: string[]; reply?: string } | null;
  /**
   * Since when each step is known: the poller remembers them. What was before, the inbox has in outline. Null when no
   * running poller was asked.
   */
  rememberedSince: string | null;
}

export interface TraceStep {
  at: string;
  /** What happened, for programs: the type of an event, or `written`, `answer kept`, `reply begun`. */
  what: string;
  /** The same as a sentence. */
  text: string;
  /** The row of the outbox that it is about; null for the message itself. */
  reply: string | null;
}

/** A step before its time is written out. `key` tells the same step from the store and from the poller's memory. */
interface Step {
  at: number;
  what: string;
  text: string;
  reply: string | null;
  key: string;
}

export interface TraceSources {
  store: Pick<Store, 'head' | 'outbox' | 'contacts'>;
  /** Returns what is remembered of these messages and rows of the outbox, the oldest first. Without it there is no memory. */
  memory?: { of: (messages: ReadonlySet<string>) => Remembered[]; since: () => number };
  record?: Trace['record'];
  /** Why no message goes to the agent at present, as a clause; null when nothing is known against it. */
  obstacle?: string | null;
  /** What several numbers are called. */
  names?: AccountNames;
}

export async function traceOf(entry: Entry, sources: TraceSources, full: boolean): Promise<Trace> {
  const { store, memory, record = null, obstacle = null, names = new Map() } = sources;
  const [view] = viewsOf(await lookAround([entry], store), full, names);
  if (view === undefined) throw new TypeError(`the message ${entry.id} has no view`);
  const { id, account, contact } = entry;
  const carrier = entry.runKey === null ? null : entry.carriedBy;
  const rows = await store.outbox.of(carrier ?? id);
  const person = account === null || contact === null ? null : await store.contacts.get(account, contact);
  const refs = outgoingRefs(rows);
  const remembered = memory?.of(new Set(carrier === null ? [id] : [id, carrier])) ?? [];
  const shown = full ? (text: string) => text : maskNumbers;
  const steps = merge(
    stepsOf(entry, rows),
    remembered.filter(({ event }) => isOf(event, id)).map(one => stepOfEvent(one, id)),
  );
  return {
    message: view,
    session: shown(entry.session),
    run: entry.runKey === null ? null : full ? entry.runKey : entry.runKey.slice(-16),
    contact: person && contactOf(person, full),
    steps: steps.map(({ at, what, text, reply }) => ({
      at: iso(at),
      what,
      text: shown(text),
      reply: reply === null ? null : full ? reply : (refs.get(reply) ?? reply.slice(-16)),
    })),
    next: nextOf(entry, rows, { reason: view.reason, obstacle: obstacle && shown(obstacle) }, shown),
    answers: rows.map(row => outgoingView(row, refs.get(row.id) ?? row.id, full, names)),
    record: record && recordOf(record, full, shown),
    rememberedSince: memory === undefined ? null : iso(memory.since()),
  };
}

/** What concerns a run of several messages, or its answer, concerns each of them. */
const ofRuns: ReadonlySet<LifeEvent['type']> = new Set([
  ...(['run began', 'run ended', 'run looked for'] as const),
  ...(['message settled', 'message failed', 'message deferred'] as const),
  ...(['reply sent', 'reply put off', 'reply in doubt', 'reply sent again', 'reply failed', 'reply status'] as const),
  'send failed',
]);

function isOf(event: LifeEvent, message: string): boolean {
  return ofRuns.has(event.type) || messagesOf(event).includes(message);
}

function recordOf(
  { found, tools, reply }: NonNullable<Trace['record']>,
  full: boolean,
  shown: (text: string) => string,
): Trace['record'] {
  return { found, tools: tools.map(shown), ...(full && reply !== undefined && { reply }) };
}

function contactOf({ key, approved, blocked }: KnownContact, full: boolean): Trace['contact'] {
  return { key: full ? key : maskAddress(key), access: blocked ? 'blocked' : approved ? 'approved' : null };
}

/** What the store tells of a message's life. */
function stepsOf(entry: Entry, rows: readonly Outgoing[]): Step[] {
  const steps: Step[] = [];
  const step = (at: number | null, what: string, text: string) => {
    if (at !== null) steps.push({ at, what, text, reply: null, key: what });
  };
  step(entry.occurredAt, 'written', 'written, by WhatsApp’s clock');
  const way = { webhook: 'by a webhook', poll: 'by polling' }[entry.arrivedBy ?? 'poll'];
  step(entry.receivedAt, 'messages accepted', `received${entry.arrivedBy === null ? '' : ` ${way}`}, and kept`);
  step(entry.firstAttemptAt, 'first failure', 'the first attempt that failed');
  step(entry.begunAt, 'run began', `its run ${entry.runNumber} began`);
  const why = entry.reason === null ? '' : `: ${entry.reason}`;
  const end = endOf(entry);
  if (end !== null) step(end.at, end.what, `${end.text}${why}`);
  return [...steps, ...rows.flatMap(stepsOfRow)];
}

function endOf({ state, outcome, settledAt, updatedAt }: Entry): { at: number; what: string; text: string } | null {
  switch (state) {
    case 'settled':
      return { at: settledAt ?? updatedAt, what: 'message settled', text: `settled: ${outcome}` };
    case 'failed':
      return { at: updatedAt, what: 'message failed', text: 'given up' };
    case 'dropped':
      return { at: updatedAt, what: 'dropped', text: 'dropped' };
    case 'unpaired':
      return { at: updatedAt, what: 'message refused', text: 'waits until an operator approves its sender' };
    case 'denied':
    case 'limited':
      return { at: updatedAt, what: 'message refused', text: state };
    default:
      return null;
  }
}

function stepsOfRow(row: Outgoing): Step[] {
  const part = partOf(row);
  const of = (at: number | null, what: string, text: string, kind = what): Step[] =>
    at === null ? [] : [{ at, what, text: `${part} ${text}`, reply: row.id, key: `${kind} ${row.id}` }];
  const why = reasonText(row);
  const isOver = row.state === 'failed' || row.state === 'dropped';
  return [
    ...(row.via === 'agent'
      ? of(row.createdAt, 'answer kept', 'was sent by the agent itself')
      : of(row.createdAt, 'answer kept', `is in the outbox (${row.via})`)),
    ...of(row.begunAt, 'reply begun', 'was handed to Kapso'),
    ...of(row.sentAt, 'reply sent', 'was taken by Kapso'),
    ...of(row.deliveredAt, 'reply status', 'was delivered, by WhatsApp', 'delivered'),
    ...of(row.readAt, 'reply status', 'was read, by WhatsApp', 'read'),
    ...(isOver ? of(row.updatedAt, `reply ${row.state}`, `${row.state}${why && `: ${why}`}`) : []),
  ];
}

function stepOfEvent({ at, event }: Remembered, message: string): Step {
  const { type } = event;
  const text = sentenceOf(event, message);
  const reply = type === 'send failed' ? (event.outgoing?.id ?? null) : 'reply' in event ? event.reply : null;
  const kind = type === 'reply status' ? event.status : type === 'send failed' ? 'reply failed' : type;
  // WhatsApp's own time, as in the store.
  const when = type === 'reply status' ? event.at : at;
  return { at: when, what: type, text, reply, key: reply === null ? kind : `${kind} ${reply}` };
}

/** Puts both in order. What the poller remembers is said once, in its words. */
function merge(kept: readonly Step[], remembered: readonly Step[]): Step[] {
  const known = new Set(remembered.map(({ key }) => key));
  // The failure of the first attempt is one of those that are remembered.
  if (known.has('message deferred')) known.add('first failure');
  const dated = remembered.map(step => {
    const isLast = remembered.findLast(({ key }) => key === step.key) === step;
    const same = isLast && step.what !== 'run began' ? kept.find(({ key }) => key === step.key) : undefined;
    // The store has the time of the change itself; it is told afterwards.
    return same === undefined ? step : { ...step, at: Math.min(step.at, same.at) };
  });
  const steps = [...kept.filter(({ key }) => !known.has(key)), ...dated];
  return steps.sort((one, other) => one.at - other.at || rankOf(one) - rankOf(other));
}

/** What comes first where several things happen in one millisecond. */
const order = [
  ...['written', 'messages accepted', 'messages gathered', 'run began', 'run ended', 'answer kept', 'message settled'],
  'reply begun',
];

function rankOf({ what }: Step): number {
  const rank = order.indexOf(what);
  return rank < 0 ? order.length : rank;
}

function nextOf(
  { state, retryAt }: Entry,
  rows: readonly Outgoing[],
  { reason, obstacle }: Pick<MessageView, 'reason'> & { obstacle: string | null },
  shown: (text: string) => string,
): Trace['next'] {
  if (state === 'pending') return { at: isoOrNull(retryAt), text: reason ?? obstacle ?? 'it waits for its turn' };
  if (state === 'sending') return { at: isoOrNull(retryAt), text: reason ?? 'the agent works on it' };
  if (state === 'held') return { at: null, text: 'it waits for the end of the polling pass that brought it' };
  if (state === 'unpaired') return { at: null, text: 'see kapso-whatsapp-cli access list' };
  const waiting = rows.find(row => row.state === 'pending' || row.state === 'sending');
  if (waiting === undefined) return null;
  return {
    at: isoOrNull(waiting.retryAt),
    text: `${partOf(waiting)} waits: ${shown(reasonText(waiting)) || 'its turn'}`,
  };
}

/** Whether an event tells of one of these messages. */
export function concerns({ event }: Remembered, messages: ReadonlySet<string>): boolean {
  return messagesOf(event).some(id => messages.has(id));
}
