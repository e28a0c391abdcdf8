import { asNumber, asObject, asText, isObject, type JsonObject } from './json.ts';
import { parseMicros } from './kapso-list.ts';
import type { NewMessage } from './kapso-mailbox.ts';
import { type Customer, inboundRow, inboundRowOf, newMessageId } from './kapso-rows.ts';

interface Times {
  /** Milliseconds since the epoch. */
  now: number;
  /** Milliseconds by which WhatsApp's timestamp is older than Kapso's created_at. */
  timestampLag: number;
  /** Milliseconds after created_at until the list shows a row. */
  visibleAfter: number;
}

/**
 * Parses messages from a control request. Throws a RangeError that says what is wrong. The forms:
 *
 * - `{from?, userId?, username?, name?, group?, replyTo?, text, id?, timestamp? (s), createdAt? (ISO)}`, with `count`
 *   (`{n}` in the text is the number) and `senders` (so many different phones, in turn)
 * - `{from?, …, message, content?, kapso?, replyTo?, id?, timestamp?, createdAt?}` with Meta's object of any type (`{type:
 *   'edit', edit: {…}}`), Kapso's rendering of it, and what its block has beside
 * - `{row}` or `{rows}` of the list API
 * - `{messages: [any of these]}`
 */
export function parseInbound(value: unknown, times: Times): NewMessage[] {
  const input = asObject(value);
  if (Array.isArray(input.messages)) return input.messages.flatMap(entry => parseInbound(entry, times));
  const rows = Array.isArray(input.rows) ? input.rows : input.row === undefined ? null : [input.row];
  if (rows) return rows.map(row => fromRow(row, createdAt(input), times));

  if (isObject(input.message)) return [fromMessage(input, input.message, times)];
  const count = asNumber(input.count, 1);
  const senders = asNumber(input.senders, 1);
  if (!Number.isInteger(count) || count < 1) throw new RangeError('count must be a whole number of at least 1');
  if (!Number.isInteger(senders) || senders < 1) throw new RangeError('senders must be a whole number of at least 1');
  if (count > 1 && input.id !== undefined) throw new RangeError('id names one message: leave count out');
  return Array.from({ length: count }, (_, index) => fromText(input, index, senders, times));
}

function fromMessage(input: JsonObject, message: JsonObject, times: Times): NewMessage {
  if (asText(message.type) === null) throw new RangeError('a message must have a type');
  const id = asText(input.id) ?? newMessageId();
  const timestamp = takenAt(input, times);
  const replyTo = asText(input.replyTo);
  const row = inboundRowOf({
    id,
    customer: customer(input, 0),
    timestamp,
    message: replyTo === null ? message : { ...message, context: { id: replyTo } },
    content: asText(input.content),
    kapso: asObject(input.kapso),
  });
  const readyAt = asNumber(input.mediaReadyAt, 0);
  return { ...stored(id, row, createdAt(input), times), ...(readyAt > times.now && { mediaReadyAt: readyAt }) };
}

/** The time at which WhatsApp took the message, in whole seconds since the epoch. */
function takenAt(input: JsonObject, times: Times): number {
  return asNumber(input.timestamp, Math.floor((times.now - times.timestampLag) / 1000));
}

function fromText(input: JsonObject, index: number, senders: number, times: Times): NewMessage {
  if (typeof input.text !== 'string') throw new RangeError('text must be a string');
  const id = asText(input.id) ?? newMessageId();
  const timestamp = takenAt(input, times);
  const row = inboundRow({
    id,
    customer: customer(input, index % senders),
    text: input.text.replaceAll('{n}', String(index + 1)),
    timestamp,
  });
  const replyTo = asText(input.replyTo);
  return stored(id, replyTo === null ? row : { ...row, context: { id: replyTo } }, createdAt(input), times);
}

function customer(input: JsonObject, offset: number): Customer {
  const userId = asText(input.userId);
  const from = asText(input.from) ?? (userId === null ? '+15551234567' : null);
  const phone = from === null ? null : from.replace(/^\+/, '');
  if (phone !== null && !/^\d{5,15}$/.test(phone)) throw new RangeError(`from is not a phone number: ${from}`);
  return {
    phone: phone === null ? null : String(BigInt(phone) + BigInt(offset)),
    userId,
    username: asText(input.username),
    name: input.name === undefined ? 'Bob' : asText(input.name),
    group: asText(input.group),
  };
}

function fromRow(row: unknown, created: number | null, times: Times): NewMessage {
  const id = isObject(row) ? asText(row.id) : null;
  if (!isObject(row) || id === null) throw new RangeError('a row must be an object with an id');
  return stored(id, row, created, times);
}

function stored(id: string, row: JsonObject, created: number | null, times: Times): NewMessage {
  const direction = asObject(row.kapso).direction === 'outbound' ? 'outbound' : 'inbound';
  return {
    id,
    direction,
    createdAt: created,
    visibleAt: times.visibleAfter === 0 ? 0 : times.now + times.visibleAfter,
    row,
  };
}

function createdAt(input: JsonObject): number | null {
  if (input.createdAt === undefined) return null;
  const micros = parseMicros(String(input.createdAt));
  if (micros === null) throw new RangeError(`createdAt is not an ISO 8601 time: ${String(input.createdAt)}`);
  return micros;
}
