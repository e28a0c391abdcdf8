import type { Clock } from '../../clock.ts';
import { contentHash } from '../../kapso/inbound/content-hash.ts';
import type { Normalised } from '../../kapso/inbound/normalised.ts';
import type { Log } from '../../observe/log.ts';
import type { Accepted, NewEntry, Store } from '../../store/store.ts';
import { newestOwnTime } from './kapso-time.ts';
import {
  disagreement,
  type Evidence,
  type First,
  nextPosition,
  type Position,
  readServerTime,
  startOfFirstPass,
  startOfPass,
} from './position.ts';
import { createSeenIds } from './seen-ids.ts';

export interface MessagePage {
  rows: unknown[];
  /** Where the next page begins; null on the last. */
  after: string | null;
  /** Kapso's clock, ms since the epoch. */
  serverTime: number | null;
}

export interface PageQuery {
  /** Created at or after, ms since the epoch. */
  since: number;
  /** The cursor of the page before. */
  after?: string;
  /** Rows, at most. */
  limit: number;
}

/** What a failed request means; told by whoever knows Kapso's errors. */
export interface FailureClass {
  /** Not to ask again before this many ms; null leaves it to the back-off. */
  retryAfter: number | null;
  /** Trying again soon is of no use: the key was refused, the number does not exist. */
  needsOperator: boolean;
  /** The page was refused as such: the pass must begin anew. */
  pageRefused: boolean;
  /** The page is larger than can be read, or can come in time: one with fewer rows may not be. */
  tooLarge: boolean;
}

export interface PassOptions {
  /** One page of inbound messages. Rejects when it cannot be had; a page of one row is never too large to be read. */
  fetchPage: (query: PageQuery) => Promise<MessagePage>;
  classify: (error: unknown) => FailureClass;
  /** Called when a page could not be had; resolves when it is worth trying again, rejects to give up the pass. */
  pause: (error: unknown, failures: number) => Promise<void>;
  /** `now`, in ms since the epoch, is one for a page: what stands in for a time that is missing must not undo the page's order. */
  normalise: (row: unknown, now: number) => Normalised;
  toEntries: (items: Normalised[]) => NewEntry[];
  /** Called with what the store made of each page, and of the end of the pass. */
  onKept: (accepted: Accepted) => void;
  store: Store;
  clock: Clock;
  log: Log;
  /** How far (ms) the next pass looks back behind this one: rows may become visible late. */
  readonly overlap: number;
  /** By default `passBounds`. */
  bounds?: PassBounds;
}

/** What one pass may take, so that a list without end costs neither the memory nor Kapso's patience, and what was read gets to the agent. */
export interface PassBounds {
  /** Pages with something new. */
  pages: number;
  /** Pages of any kind. */
  anyPages: number;
  /** Milliseconds. */
  time: number;
}

/**
 * Six times a hundred thousand messages come in one pass, and so in order also where the list is newest first. An hour is what as many take
 * on the smallest plan of Kapso's, of a hundred requests a minute.
 */
export const passBounds: PassBounds = { pages: 6000, anyPages: 20_000, time: 3_600_000 };

/** What a pass has left unread when it came to its bounds. */
export interface Rest {
  /** Where the pass began: only there the next page's place means anything. */
  since: number;
  /** The next page. */
  after: string;
  /** What the first of the passes showed of the time: what became visible since then may lie among what it has read. */
  evidence: Evidence;
}

export interface PassStart extends Position {
  /** When the newest message that is kept was taken; asked for where no position is proven. */
  kept: number | null;
  /** Set as long as nothing has confirmed the time of the very first start. `startedAt` is that start by the monotonic clock. */
  first: (Omit<First, 'elapsed'> & { startedAt: number | null }) | null;
  /** The list's order, as far as it is known: rows of one and the same second do not show it. */
  newestFirst: boolean;
  /** What the pass before has left unread. */
  rest: Rest | null;
}

export interface PassResult {
  /** How many were new. */
  found: number;
  /** Rows seen, known ones included. */
  seen: number;
  cursor: number;
  /** Whether the position is one by more than one clock. */
  confirmed: boolean;
  /** How far (ms) Kapso's clock is ahead of this machine's, where the two do not agree. */
  clocksDiffer: number | null;
  /** The list's order as this pass showed it, else what was assumed. */
  newestFirst: boolean;
  /** Null when the list was read to its end. */
  rest: Rest | null;
}

/** Rows in a page, as a rule: what Kapso gives at most. */
const pageRows = 100;
/** Pages without a single unseen row after which a listing is taken for one that goes in circles. */
const circlingPages = 3;
/** The same for pages whose only news are rows without an id, which may differ each time they are shown, or rows that cannot be read. */
const namelessPages = 100;

/**
 * One complete pass over the message list, from the cursor to the last page.
 *
 * Every page is on disk before the next is asked for, but nothing of a pass is delivered before its last page: only
 * then is the order known, as the list may come newest first. The cursor moves in the transaction that ends the pass, so a crash
 * at any point repeats the pass, and the ids already kept are recognised. How far the cursor moves is said in `position.ts`.
 *
 * A pass that comes to its bounds hands on what it has, and the cursor stays. The next one reads from the top to the first page that it
 * knows, for what has come since, and from there goes on where this one ended.
 */
export async function pollPass(from: PassStart, options: PassOptions): Promise<PassResult> {
  const { store, clock, log } = options;
  const read = createPageReader(options);
  const { bounds = passBounds } = options;
  const endsAt = clock.monotonic() + bounds.time;
  const seenIds = createSeenIds();
  const cursors = new Set<string>();
  let found = 0;
  let pages = 0;
  let pagesWithNews = 0;
  let { rest } = from;
  let evidence: Evidence = { kapso: null, own: clock.now(), newest: null };
  let firstRow: number | null = null;
  let lastRow: number | null = null;
  let after: string | undefined;
  let circling = 0;
  let nameless = 0;
  let since = from.cursor;

  for (;;) {
    let page = await read(after === undefined ? { since } : { since, after });
    if (after === undefined) {
      evidence = { ...evidence, kapso: readServerTime(page.serverTime), own: clock.now() };
      const start = whereToStart(from, evidence, options);
      if (start !== since) {
        log.warn(
          { from: new Date(since).toISOString(), to: new Date(start).toISOString() },
          "Polling's position did not fit Kapso's clock; it goes on from the last one that could be trusted",
        );
        since = start;
        page = await read({ since });
      }
      if (rest?.since !== since) rest = null;
    }
    const now = readServerTime(page.serverTime) ?? clock.now();
    const items = page.rows.map(row => options.normalise(row, now));
    evidence = { ...evidence, newest: latest(evidence.newest, newestOwnTime(items)) };
    const times = items.flatMap(item => (item.kind === 'message' ? [item.message.timestamp] : []));
    firstRow ??= times[0] ?? null;
    lastRow = times.at(-1) ?? lastRow;

    const before = seenIds.count;
    for (const item of items) {
      const id = item.kind === 'message' ? item.message.id : item.id;
      if (id !== null) seenIds.add(id);
    }
    nameless = seenIds.count === before ? nameless + 1 : 0;
    // A row without an id is known by its content: else a list of such rows would never repeat itself.
    for (const [index, item] of items.entries()) {
      if (item.kind === 'skipped' && item.id === null) seenIds.add(`row ${contentHash(page.rows[index])}`);
    }
    // Rows that are too large come one a page. Each is known by its place too, because its content may not tell it from another.
    if (items.some(item => item.kind === 'unreadable' && item.tooLarge)) seenIds.add(`page at ${after}`);
    circling = seenIds.count === before ? circling + 1 : 0;
    const circles =
      page.after !== null && (cursors.has(page.after) || circling >= circlingPages || nameless >= namelessPages);
    if (circles) log.warn({ pages: cursors.size + 1 }, "Kapso's message list repeats its pages; the pass ends here");

    const entries = options.toEntries(items);
    const ordered = firstRow !== null && lastRow !== null && firstRow !== lastRow;
    const newestFirst = ordered ? Number(firstRow) > Number(lastRow) : from.newestFirst;
    const clocksDiffer = disagreement(evidence);
    const told = { newestFirst, clocksDiffer };
    if (page.after === null || page.rows.length === 0 || circles) {
      const shown = from.rest !== null && from.rest.since === since ? from.rest.evidence : evidence;
      const next = nextPosition({ cursor: since, proven: from.proven }, shown, options.overlap);
      const confirmed = next.cursor !== since || (shown.kapso !== null && disagreement(shown) === null);
      // Of the first start the time is one by both clocks then.
      const proven = from.first !== null && confirmed ? Math.max(next.proven ?? since, since) : next.proven;
      const { cursor } = next;
      const end = await store.endPass({ entries, newestFirst, cursor, proven });
      options.onKept(end);
      return { ...told, found: found + end.inserted.length, seen: seenIds.count, cursor, confirmed, rest: null };
    }
    const kept = await store.hold(entries);
    options.onKept(kept);
    found += kept.inserted.length;
    cursors.add(page.after);
    after = page.after;
    pages += 1;
    if (kept.inserted.length > 0) pagesWithNews += 1;
    else if (rest !== null) {
      // From here on it is what the pass before has read.
      after = rest.after;
      rest = null;
    }
    if (pagesWithNews < bounds.pages && pages < bounds.anyPages && clock.monotonic() < endsAt) continue;
    options.onKept(await store.releaseHeld(newestFirst));
    const left = { since, after, evidence: from.rest?.since === since ? from.rest.evidence : evidence };
    return { ...told, found, seen: seenIds.count, cursor: since, confirmed: false, rest: left };
  }
}

function whereToStart({ first, ...from }: PassStart, evidence: Evidence, { clock, overlap }: PassOptions): number {
  if (first === null) return startOfPass(from, evidence, overlap);
  const elapsed = first.startedAt === null ? null : clock.monotonic() - first.startedAt;
  return startOfFirstPass(from.cursor, { ...first, elapsed }, evidence);
}

function latest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

/** Pages of one pass, as patient as `pause`. One that is too large, or too slow, is asked for with fewer rows, and the next ones with more again. */
function createPageReader({
  fetchPage,
  classify,
  pause,
  log,
}: PassOptions): (query: Omit<PageQuery, 'limit'>) => Promise<MessagePage> {
  let limit = pageRows;
  return async query => {
    for (let failures = 1; ; ) {
      try {
        const page = await fetchPage({ ...query, limit });
        limit = Math.min(pageRows, limit * 2);
        return page;
      } catch (error) {
        if (classify(error).tooLarge && limit > 1) {
          limit = Math.floor(limit / 2);
          log.debug({ error, limit }, 'A page of messages is too large, or too slow; fewer rows are asked for');
        } else {
          await pause(error, failures++);
        }
      }
    }
  };
}
