import type { Clock } from '../clock.ts';
import { contentHash } from '../kapso/canonical.ts';
import type { Normalised } from '../kapso/message.ts';
import { isOversizeRow } from '../kapso/oversize.ts';
import type { Log } from '../observe/log.ts';
import type { Accepted, NewEntry, Store } from '../store/store.ts';
import { earliestPresent } from './kapso-time.ts';

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
export interface FailureVerdict {
  /** Not to ask again before this many ms; null leaves it to the back-off. */
  retryAfter: number | null;
  /** Trying again soon is of no use: the key was refused, the number does not exist. */
  hopeless: boolean;
  /** The page was refused as such: the pass must begin anew. */
  pageRefused: boolean;
  /** The page is larger than can be read, or can come in time: one with fewer rows may not be. */
  tooLarge: boolean;
}

export interface PassOptions {
  /** One page of inbound messages. Rejects when it cannot be had; a page of one row is never too large to be read. */
  fetchPage: (query: PageQuery) => Promise<MessagePage>;
  judge: (error: unknown) => FailureVerdict;
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
}

export interface PassStart {
  /** Milliseconds since the epoch. */
  since: number;
  /**
   * Set as long as no pass was complete since the very first start: `since` is then this machine's time. `startedAt` is that start by
   * the monotonic clock, null when it was in an earlier life of the program.
   */
  first: { startedAt: number | null } | null;
  /** The list's order, as far as it is known: rows of one and the same second do not show it. */
  newestFirst: boolean;
}

export interface PassResult {
  /** How many were new. */
  found: number;
  /** Rows seen, known ones included. */
  seen: number;
  cursor: number;
  /** The list's order as this pass showed it, else what was assumed. */
  newestFirst: boolean;
}

/** Milliseconds between this machine's clock and Kapso's, of which up to 1000 are the Date header's cut. */
const tolerableSkew = 5000;
/**
 * How far the first pass looks back, ms, when all that is known of the first start is a time of day: after 24 hours WhatsApp no longer
 * allows an answer, and a clock that was months wrong would have months of history answered.
 */
const longestFirstOutage = 24 * 3_600_000;
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
 * at any point repeats the pass, and the ids already kept are recognised. The cursor is a time of Kapso's clock, taken from its
 * answer's Date header: a wrong local clock loses nothing. At the very first start alone, `since` is this machine's time; it is then
 * corrected by Kapso's.
 */
export async function pollPass(from: PassStart, options: PassOptions): Promise<PassResult> {
  const { store, clock, log } = options;
  const startedAt = clock.now();
  const read = createPageReader(options);
  const seenIds = new Set<string>();
  const cursors = new Set<string>();
  let found = 0;
  let firstPageTime: number | null = null;
  let firstRow: number | null = null;
  let lastRow: number | null = null;
  let after: string | undefined;
  let circling = 0;
  let nameless = 0;
  let { since } = from;

  for (;;) {
    let page = await read(after === undefined ? { since } : { since, after });
    if (after === undefined) {
      firstPageTime = page.serverTime;
      const corrected = correctedStart({ ...from, since }, page.serverTime, options);
      if (corrected !== since) {
        log.warn(
          { from: new Date(since).toISOString(), to: new Date(corrected).toISOString() },
          "Polling's position did not fit Kapso's clock; it goes on from the corrected one",
        );
        since = corrected;
        page = await read({ since });
      }
    }
    const now = page.serverTime !== null && page.serverTime >= earliestPresent ? page.serverTime : clock.now();
    const items = page.rows.map(row => options.normalise(row, now));
    const times = items.flatMap(item => (item.kind === 'message' ? [item.message.timestamp] : []));
    firstRow ??= times[0] ?? null;
    lastRow = times.at(-1) ?? lastRow;

    const before = seenIds.size;
    for (const item of items) {
      const id = item.kind === 'message' ? item.message.id : item.id;
      if (id !== null) seenIds.add(id);
    }
    nameless = seenIds.size === before ? nameless + 1 : 0;
    // A row without an id is known by its content: else a list of such rows would never repeat itself.
    for (const [index, item] of items.entries()) {
      if (item.kind === 'skipped' && item.id === null) seenIds.add(`row ${contentHash(page.rows[index])}`);
    }
    // Several that are too large come one a page: they are known by their place too, as they may not be told apart by what is seen of them.
    if (page.rows.some(isOversizeRow)) seenIds.add(`page at ${after}`);
    circling = seenIds.size === before ? circling + 1 : 0;
    const circles =
      page.after !== null && (cursors.has(page.after) || circling >= circlingPages || nameless >= namelessPages);
    if (circles) log.warn({ pages: cursors.size + 1 }, "Kapso's message list repeats its pages; the pass ends here");

    const entries = options.toEntries(items);
    if (page.after === null || page.rows.length === 0 || circles) {
      // The Date header has whole seconds, cut off: never later than the truth.
      const cursor = Math.max(since, (firstPageTime ?? startedAt) - options.overlap);
      const ordered = firstRow !== null && lastRow !== null && firstRow !== lastRow;
      const newestFirst = ordered ? Number(firstRow) > Number(lastRow) : from.newestFirst;
      const end = await store.endPass({ entries, newestFirst, cursor });
      options.onKept(end);
      return { found: found + end.inserted.length, seen: seenIds.size, cursor, newestFirst };
    }
    const kept = await store.hold(entries);
    options.onKept(kept);
    found += kept.inserted.length;
    cursors.add(page.after);
    after = page.after;
  }
}

/**
 * Where the pass really starts. Until the first pass was complete: at the first start, by Kapso's clock. Later, a position that lies
 * ahead of the present (a wrong clock or Date header has set it) comes back to the present: by Kapso's clock or this machine's,
 * whichever is later, so that neither alone, set to long ago, makes the past come again.
 */
function correctedStart({ since, first }: PassStart, serverTime: number | null, deps: PassOptions): number {
  const { clock, overlap } = deps;
  const now = clock.now();
  if (first !== null) {
    const present = serverTime !== null && serverTime >= earliestPresent ? serverTime : now;
    const start = present - sinceFirstStart(since, first.startedAt, clock);
    return Math.abs(start - since) > tolerableSkew ? start : since;
  }
  const present = Math.max(serverTime ?? now, now);
  return since > present + tolerableSkew ? present - overlap : since;
}

/** How long ago, ms, the first start was. From an earlier life there is only the time of day, which may have been set in between. */
function sinceFirstStart(noted: number, startedAt: number | null, clock: Clock): number {
  if (startedAt !== null) return clock.monotonic() - startedAt;
  const ago = clock.now() - noted;
  return ago < 0 ? longestFirstOutage : Math.min(ago, longestFirstOutage);
}

/** Pages of one pass, as patient as `pause`. One that is too large, or too slow, is asked for with fewer rows, and the next ones with more again. */
function createPageReader({
  fetchPage,
  judge,
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
        if (judge(error).tooLarge && limit > 1) {
          limit = Math.floor(limit / 2);
          log.debug({ error, limit }, 'A page of messages is too large, or too slow; fewer rows are asked for');
        } else {
          await pause(error, failures++);
        }
      }
    }
  };
}
