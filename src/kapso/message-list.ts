import { asRecord, asString, type WireObject } from '../narrow.ts';
import { type Api, undocumented } from './http/api.ts';
import type { ServerClock } from './http/server-clock.ts';
import { type Timeouts, within, withinSilence } from './http/transport.ts';
import { oversizeRows } from './inbound/oversize.ts';
import type { ScannedPage } from './inbound/page-scanner.ts';

export interface ListQuery {
  /** Rows created at or after this time, in milliseconds since the epoch. */
  since: number;
  /** The cursor of the previous page. */
  after?: string | undefined;
  /** The largest number of rows in a page. The default is 100, which is Kapso's maximum. */
  limit?: number | undefined;
  direction: 'inbound' | 'outbound';
  signal?: AbortSignal | undefined;
}

export interface MessagePage {
  /** `normaliseListRow` reads these. */
  rows: unknown[];
  /** The cursor of the next page; null on the last. */
  after: string | null;
  /** The server's clock when it answered, in milliseconds since the epoch; null when unknown. */
  serverTime: number | null;
}

const pageLimit = 100;

/**
 * Returns the time limits of a page of `limit` rows. `timeout` is the configured one in milliseconds. One row is the
 * smallest page.
 */
export function pageTimeouts(timeout: number | undefined, limit: number): Timeouts {
  return limit === 1 ? withinSilence(timeout) : within(timeout);
}

/**
 * Reads pages of a number's messages; see `KapsoClient.listMessages`.
 *
 * @param deps.path     of the number's messages
 * @param deps.timeout  milliseconds, as configured
 */
export function createMessageList(deps: {
  api: Api;
  path: string;
  timeout: number | undefined;
  serverClock: ServerClock;
}): (query: ListQuery) => Promise<MessagePage> {
  const { api, path, timeout, serverClock } = deps;

  return async query => {
    const action = `listing ${query.direction} messages`;
    const limit = Math.min(query.limit ?? pageLimit, pageLimit);
    // Imported only where a page may need it: a send rarely reads a page, and would start more slowly.
    const scanner = limit === 1 ? (await import('./inbound/page-scanner.ts')).createPageScanner() : null;
    const answer = await api({
      method: 'GET',
      path,
      query: {
        direction: query.direction,
        since: new Date(query.since).toISOString(),
        limit: String(limit),
        after: query.after,
        fields: 'kapso(default)',
      },
      action,
      signal: query.signal,
      timeouts: pageTimeouts(timeout, limit),
      ...(scanner && { overflow: scanner.push }),
    });
    serverClock.observe(answer);
    const page =
      scanner && answer.overflowed ? readScanned(scanner.end(), action, answer.status) : asRecord(answer.json);
    if (!page || !Array.isArray(page.data))
      throw undocumented(action, answer.status, 'without a "data" list of messages');
    const next = asString(asRecord(asRecord(page.paging)?.cursors)?.after);
    const last = page.data.length === 0 || next === query.after;
    return { rows: page.data, after: last ? null : next, serverTime: answer.serverTime };
  };
}

/** A page of one row that could not be held, in the form of other pages; null when it has no list of rows. */
function readScanned(scanned: ScannedPage, action: string, status: number): WireObject | null {
  const { rows, paging, complete } = scanned;
  if (!complete) throw undocumented(action, status, `with ${scanned.size} bytes that are no whole page of messages`);
  // Only the first row is known. Continuing with the next page would lose the others.
  if (rows !== null && rows > 1) {
    const what =
      `with ${rows} messages of ${scanned.size} bytes together, too many to be read at once, ` +
      'where one was asked for (limit=1)';
    throw undocumented(action, status, what);
  }
  return rows === null ? null : { data: oversizeRows(scanned), paging };
}
