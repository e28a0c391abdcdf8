import type { Answer } from './http.ts';
import { asObject, isObject, type JsonObject } from './json.ts';
import { kapsoError } from './kapso-errors.ts';
import { withoutFile } from './kapso-inbound-media.ts';
import type { Mailbox, Page, Position, StoredMessage } from './kapso-mailbox.ts';

export interface ListSettings {
  order: 'newest-first' | 'oldest-first';
  /** `full` has both cursors, `next` and `previous`. `minimal` has only `cursors.after`, as the documented sample. */
  paging: 'full' | 'minimal';
  /** Whether rows carry the `kapso` block when `fields` does not say. */
  kapsoBlock: boolean;
  /** Whether rows carry the `biz_opaque_callback_data` of the send. The documentation does not say what Kapso does. */
  echoCallbackData: boolean;
  /** What follows the last row: no cursor, or a cursor to an empty page. */
  endOfList: 'no-cursor' | 'empty-page';
}

const columns = ['created_at', 'id'];

/**
 * `GET /{phone_number_id}/messages`: the list page of Kapso's documentation. `next` and `previous` are built from the
 * request's `url`.
 */
export function listMessages(deps: { mailbox: Mailbox; settings: ListSettings; now: number; url: URL }): Answer {
  const { mailbox, settings, now, url } = deps;
  const query = url.searchParams;
  const limit = query.has('limit') ? Number(query.get('limit')) : 20;
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    return kapsoError(400, 'Invalid limit', 'limit must be a whole number from 1 to 100');
  }
  const bounds = { since: time(query, 'since'), until: time(query, 'until') };
  for (const [name, at] of Object.entries(bounds)) {
    if (at === 'invalid') return kapsoError(400, `Invalid ${name}`, `${name} must be an ISO 8601 time`);
  }
  const direction = query.get('direction');
  if (direction !== null && direction !== 'inbound' && direction !== 'outbound') {
    return kapsoError(400, 'Invalid direction', 'direction must be inbound or outbound');
  }
  const after = position(query, 'after');
  const before = position(query, 'before');
  if (after === 'invalid' || before === 'invalid') return kapsoError(400, 'Invalid cursor');

  const found = mailbox.page({
    newestFirst: settings.order === 'newest-first',
    limit,
    now,
    after,
    before,
    matches: filter({ ...bounds, direction, status: query.get('status'), conversation: query.get('conversation_id') }),
  });
  return {
    status: 200,
    body: {
      data: found.messages.map(message =>
        selectFields(listed(shownRow(message, now), settings), query.get('fields'), settings.kapsoBlock),
      ),
      paging: paging(found, settings, url),
    },
  };
}

/** The row as Kapso shows it at that time. */
export function shownRow({ row, mediaReadyAt = 0 }: StoredMessage, now: number): JsonObject {
  return mediaReadyAt > now ? withoutFile(row) : row;
}

function listed(row: JsonObject, settings: ListSettings): JsonObject {
  const { biz_opaque_callback_data: _, ...rest } = row;
  return settings.echoCallbackData ? row : rest;
}

/** Returns the row with the part of the `kapso` block that `fields` asks for. */
export function selectFields(row: JsonObject, fields: string | null, byDefault: boolean): JsonObject {
  const { kapso, ...meta } = row;
  const names = fields === null ? undefined : /^kapso\(([^)]*)\)$/.exec(fields)?.[1];
  if (names === undefined) return byDefault ? row : meta;
  if (['default', '*', 'all'].includes(names)) return row;
  const wanted = names.split(',').filter(name => name !== '');
  if (wanted.length === 0) return meta;
  return {
    ...meta,
    kapso: Object.fromEntries(Object.entries(asObject(kapso)).filter(([key]) => wanted.includes(key))),
  };
}

function filter(wanted: {
  since: number | 'invalid' | null;
  until: number | 'invalid' | null;
  direction: string | null;
  status: string | null;
  conversation: string | null;
}): (message: StoredMessage) => boolean {
  const since = wanted.since ?? 0;
  const until = wanted.until ?? Number.MAX_SAFE_INTEGER;
  return ({ createdAt, direction, row }) => {
    if (createdAt < Number(since) || createdAt > Number(until)) return false;
    if (wanted.direction !== null && direction !== wanted.direction) return false;
    const kapso = asObject(row.kapso);
    if (wanted.status !== null && kapso.status !== wanted.status) return false;
    return wanted.conversation === null || kapso.whatsapp_conversation_id === wanted.conversation;
  };
}

function paging(page: Page, settings: ListSettings, url: URL): JsonObject {
  const first = page.messages.at(0);
  const last = page.messages.at(-1);
  const onward = page.moreAfter || settings.endOfList === 'empty-page';
  const after = last && onward ? cursor(last) : null;
  if (settings.paging === 'minimal') return { cursors: after === null ? {} : { after } };
  const before = first && page.moreBefore ? cursor(first) : null;
  return {
    cursors: { before, after },
    next: after === null ? null : link(url, 'after', after),
    previous: before === null ? null : link(url, 'before', before),
  };
}

function link(url: URL, name: 'after' | 'before', value: string): string {
  const target = new URL(url);
  target.searchParams.delete('after');
  target.searchParams.delete('before');
  target.searchParams.set(name, value);
  return target.href;
}

function cursor(message: StoredMessage): string {
  const values = [formatMicros(message.createdAt), String(message.seq)];
  return Buffer.from(JSON.stringify({ values, columns })).toString('base64');
}

function position(query: URLSearchParams, name: string): Position | 'invalid' | null {
  const text = query.get(name);
  if (text === null || text === '') return null;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
    const values = isObject(parsed) && Array.isArray(parsed.values) ? parsed.values : [];
    const createdAt = parseMicros(String(values[0]));
    const seq = Number(values[1]);
    return createdAt === null || !Number.isInteger(seq) ? 'invalid' : { createdAt, seq };
  } catch {
    return 'invalid';
  }
}

function time(query: URLSearchParams, name: string): number | 'invalid' | null {
  const text = query.get(name);
  if (text === null || text === '') return null;
  return parseMicros(text) ?? 'invalid';
}

/** Parses an ISO 8601 time to microseconds since the epoch, or null. */
export function parseMicros(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return null;
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const whole = Date.parse(text.replace(/\.\d+/, ''));
  return Number.isNaN(whole) ? null : whole * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

function formatMicros(micros: number): string {
  const whole = new Date(Math.floor(micros / 1_000_000) * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(micros % 1_000_000).padStart(6, '0')}Z`;
}
