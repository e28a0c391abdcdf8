import type { Journal } from './journal.ts';
import { asObject, type JsonObject } from './json.ts';

/** One WhatsApp message as Kapso's database holds it. */
export interface StoredMessage {
  /** Kapso's database id. It is the second part of the list's order. */
  seq: number;
  /** Microseconds since the epoch. It is the first part of the list's order. */
  createdAt: number;
  /** Milliseconds since the epoch from which the list shows the message. */
  visibleAt: number;
  /** Milliseconds since the epoch from which Kapso has the message's file; absent where it has none, or has it already. */
  mediaReadyAt?: number;
  direction: 'inbound' | 'outbound';
  id: string;
  /** The row of the list API: Meta's message with Kapso's block. */
  row: JsonObject;
}

export type NewMessage = Omit<StoredMessage, 'seq' | 'createdAt'> & { createdAt: number | null };

export interface Position {
  createdAt: number;
  seq: number;
}

export interface PageQuery {
  newestFirst: boolean;
  limit: number;
  /** Milliseconds since the epoch. */
  now: number;
  /** Asks for the page after this position in list order, or before it. */
  after: Position | null;
  before: Position | null;
  matches: (message: StoredMessage) => boolean;
}

export interface Page {
  messages: StoredMessage[];
  moreAfter: boolean;
  moreBefore: boolean;
}

export interface Mailbox {
  /** Resolves when the messages are on disk. Throws when an id is known already. */
  add(messages: readonly NewMessage[]): Promise<StoredMessage[]>;
  find(id: string): StoredMessage | undefined;
  /** Notes what became of a sent message. Resolves with it when that is on disk; undefined when there is none. */
  report(id: string, status: JsonObject): Promise<StoredMessage | undefined>;
  page(query: PageQuery): Page;
  sent(): StoredMessage[];
  counts(): { inbound: number; outbound: number };
  /** Milliseconds since the epoch of the last message from this customer (phone digits or user id), or null. */
  lastInbound(customer: string): number | null;
  /** Restores one journal record. Returns false when the record is of another kind. */
  restore(record: JsonObject): boolean;
}

/** Holds the messages of one number in the list's order: created_at, then id. */
export function createMailbox(deps: { journal: () => Journal; now: () => number }): Mailbox {
  const ordered: StoredMessage[] = [];
  const byId = new Map<string, StoredMessage>();
  const lastInbound = new Map<string, number>();
  const outbound: StoredMessage[] = [];
  let lastSeq = 12_344;
  let lastCreated = 0;

  const take = (message: StoredMessage) => {
    const last = ordered.at(-1);
    if (!last || compare(last, message) < 0) ordered.push(message);
    else ordered.splice(firstFrom(ordered, message), 0, message);
    byId.set(message.id, message);
    lastSeq = Math.max(lastSeq, message.seq);
    if (message.direction === 'outbound') outbound.push(message);
    else
      for (const customer of customersOf(message.row)) lastInbound.set(customer, Math.floor(message.createdAt / 1000));
  };

  const report = (message: StoredMessage, status: JsonObject) => {
    const kapso = asObject(message.row.kapso);
    const statuses = Array.isArray(kapso.statuses) ? kapso.statuses : [];
    message.row = { ...message.row, kapso: { ...kapso, status: status.status, statuses: [...statuses, status] } };
  };

  // Within one millisecond the microseconds count up to the last one. Then the id decides, as in Kapso's order.
  const createdNow = () => {
    const now = deps.now() * 1000;
    const sameMillisecond = lastCreated >= now && lastCreated < now + 1000;
    lastCreated = sameMillisecond ? Math.min(lastCreated + 1, now + 999) : now;
    return lastCreated;
  };

  return {
    add: async messages => {
      const ids = new Set<string>();
      for (const { id } of messages) {
        if (byId.has(id) || ids.has(id)) throw new RangeError(`the message ${id} exists already`);
        ids.add(id);
      }
      const stored = messages.map(message => {
        lastSeq += 1;
        return { ...message, seq: lastSeq, createdAt: message.createdAt ?? createdNow() };
      });
      await deps.journal().append(...stored.map(message => ({ kind: 'message', message })));
      for (const message of stored) take(message);
      return stored;
    },
    find: id => byId.get(id),
    report: async (id, status) => {
      const message = byId.get(id);
      if (message?.direction !== 'outbound') return undefined;
      await deps.journal().append({ kind: 'status', id, status });
      report(message, status);
      return message;
    },
    page: query => page(ordered, query),
    sent: () => outbound,
    counts: () => ({ inbound: ordered.length - outbound.length, outbound: outbound.length }),
    lastInbound: customer => lastInbound.get(customer) ?? null,
    restore: record => {
      const reported = record.kind === 'status' ? byId.get(String(record.id)) : undefined;
      if (reported) report(reported, asObject(record.status));
      if (record.kind === 'status') return true;
      if (record.kind !== 'message') return false;
      take(record.message as StoredMessage);
      return true;
    },
  };
}

/** Returns the phone digits and user id of a row's customer, as far as the row has them; of a group's row the group. */
function customersOf(row: JsonObject): string[] {
  const kapso = asObject(row.kapso);
  // What a member writes in a group opens the window of the group alone (Groups API, "Pricing").
  if (typeof row.group_id === 'string') return [row.group_id];
  return [row.from, row.from_user_id, kapso.business_scoped_user_id].filter(
    (value): value is string => typeof value === 'string' && value !== '',
  );
}

function compare(a: Position, b: Position): number {
  return a.createdAt - b.createdAt || a.seq - b.seq;
}

/** Returns the index of the first message that is not before the position. */
function firstFrom(ordered: readonly StoredMessage[], position: Position): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const message = ordered[middle];
    if (message && compare(message, position) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function page(ordered: readonly StoredMessage[], query: PageQuery): Page {
  const anchor = query.before ?? query.after;
  const backwards = query.before !== null;
  const descending = query.newestFirst !== backwards;
  const shown = (message: StoredMessage) => message.visibleAt <= query.now && query.matches(message);
  const exists = (anchored: Position, down: boolean) =>
    take(ordered, { from: anchored, descending: down, limit: 1, shown }).length > 0;

  const found = take(ordered, { from: anchor, descending, limit: query.limit + 1, shown });
  const more = found.length > query.limit;
  const messages = found.slice(0, query.limit);
  if (backwards) messages.reverse();
  const [first] = messages;
  return {
    messages,
    moreAfter: backwards ? anchor !== null && messages.length > 0 : more,
    moreBefore: backwards ? more : first !== undefined && anchor !== null && exists(first, !query.newestFirst),
  };
}

interface Walk {
  from: Position | null;
  descending: boolean;
  limit: number;
  shown: (message: StoredMessage) => boolean;
}

/** Returns up to `limit` shown messages strictly beyond the position, the nearest first. */
function take(ordered: readonly StoredMessage[], walk: Walk): StoredMessage[] {
  const step = walk.descending ? -1 : 1;
  const found: StoredMessage[] = [];
  for (let index = start(ordered, walk); found.length < walk.limit; index += step) {
    const message = ordered[index];
    if (!message) break;
    if (walk.shown(message)) found.push(message);
  }
  return found;
}

function start(ordered: readonly StoredMessage[], { from, descending }: Walk): number {
  if (from === null) return descending ? ordered.length - 1 : 0;
  const index = firstFrom(ordered, from);
  if (descending) return index - 1;
  const message = ordered[index];
  return message && compare(message, from) === 0 ? index + 1 : index;
}
