import type { Clock } from '../clock.ts';
import type { Normalised } from '../kapso/message.ts';
import type { Log } from '../observe/log.ts';
import type { Accepted, NewEntry, Store } from '../store/store.ts';

export interface MessagePage {
  rows: unknown[];
  /** Where the next page begins; null on the last. */
  after: string | null;
  /** Kapso's clock, ms since the epoch. */
  serverTime: number | null;
}

export interface PassOptions {
  /** One page of inbound messages created at or after `since` (ms). Rejects when it cannot be had. */
  fetchPage: (query: { since: number; after?: string }) => Promise<MessagePage>;
  /** Called when a page could not be had; resolves when it is worth trying again, rejects to give up the pass. */
  pause: (error: unknown, failures: number) => Promise<void>;
  normalise: (row: unknown) => Normalised;
  toEntries: (items: Normalised[]) => NewEntry[];
  store: Store;
  clock: Clock;
  log: Log;
  /** How far (ms) the next pass looks back behind this one: rows may become visible late. */
  readonly overlap: number;
}

export interface PassStart {
  /** Milliseconds since the epoch. */
  since: number;
  /** `since` is this machine's time and not yet Kapso's. */
  localClock: boolean;
  /** The list's order, as far as it is known: rows of one and the same second do not show it. */
  newestFirst: boolean;
}

export interface PassResult extends Accepted {
  /** Rows seen, known ones included. */
  seen: number;
  cursor: number;
  /** The list's order as this pass showed it, else what was assumed. */
  newestFirst: boolean;
}

/** Milliseconds between this machine's clock and Kapso's, of which up to 1000 are the Date header's cut. */
const tolerableSkew = 5000;
/** Pages without a single unseen row after which a listing is taken for one that goes in circles. */
const circlingPages = 3;

/**
 * One complete pass over the message list, from the cursor to the last page.
 *
 * Every page is on disk before the next is asked for, but nothing of a pass is delivered before its last page: only
 * then is the order known, as the list may come newest first. The cursor moves in the transaction that ends the pass, so a crash
 * at any point repeats the pass, and the ids already kept are recognised. The cursor is a time of Kapso's clock, taken from its
 * answer's Date header: a wrong local clock loses nothing. `localClock` says that `since` is this machine's time, which is so
 * at the very first start only; it is then corrected by Kapso's.
 */
export async function pollPass(from: PassStart, options: PassOptions): Promise<PassResult> {
  const { store, clock, log } = options;
  const startedAt = clock.now();
  const seenIds = new Set<string>();
  const cursors = new Set<string>();
  const inserted: string[] = [];
  let firstPageTime: number | null = null;
  let firstRow: number | null = null;
  let lastRow: number | null = null;
  let after: string | undefined;
  let circling = 0;
  let { since } = from;

  for (;;) {
    let page = await fetchPatiently(options, after === undefined ? { since } : { since, after });
    if (after === undefined) {
      firstPageTime = page.serverTime;
      const corrected = correctedStart({ ...from, since }, page.serverTime, options);
      if (corrected !== since) {
        log.warn(
          { from: new Date(since).toISOString(), to: new Date(corrected).toISOString() },
          "Polling's position did not fit Kapso's clock; it goes on from the corrected one",
        );
        since = corrected;
        page = await fetchPatiently(options, { since });
      }
    }
    const items = page.rows.map(row => options.normalise(row));
    const times = items.flatMap(item => (item.kind === 'message' ? [item.message.timestamp] : []));
    firstRow ??= times[0] ?? null;
    lastRow = times.at(-1) ?? lastRow;

    const before = seenIds.size;
    for (const item of items)
      seenIds.add(item.kind === 'message' ? item.message.id : (item.id ?? `row ${seenIds.size}`));
    circling = seenIds.size === before ? circling + 1 : 0;
    const circles = page.after !== null && (cursors.has(page.after) || circling >= circlingPages);
    if (circles) log.warn({ pages: cursors.size + 1 }, "Kapso's message list repeats its pages; the pass ends here");

    const entries = options.toEntries(items);
    if (page.after === null || page.rows.length === 0 || circles) {
      // The Date header has whole seconds, cut off: never later than the truth.
      const cursor = Math.max(since, (firstPageTime ?? startedAt) - options.overlap);
      const ordered = firstRow !== null && lastRow !== null && firstRow !== lastRow;
      const newestFirst = ordered ? Number(firstRow) > Number(lastRow) : from.newestFirst;
      const end = await store.endPass({ entries, newestFirst, cursor });
      return { inserted: [...inserted, ...end.inserted], lanes: end.lanes, seen: seenIds.size, cursor, newestFirst };
    }
    inserted.push(...(await store.hold(entries)).inserted);
    cursors.add(page.after);
    after = page.after;
  }
}

/**
 * Where the pass really starts. At the very first start, now by Kapso's clock. Later, a position that lies ahead of the present (a
 * wrong clock or Date header has set it) comes back to the present: by Kapso's clock or this machine's, whichever is
 * later, so that neither alone, set to long ago, makes the past come again.
 */
function correctedStart(from: PassStart, serverTime: number | null, { clock, overlap }: PassOptions): number {
  const now = clock.now();
  if (serverTime !== null && from.localClock) {
    const skew = serverTime - now;
    return Math.abs(skew) > tolerableSkew ? from.since + skew : from.since;
  }
  const present = Math.max(serverTime ?? now, now);
  return from.since > present + tolerableSkew ? present - overlap : from.since;
}

async function fetchPatiently(options: PassOptions, query: { since: number; after?: string }): Promise<MessagePage> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await options.fetchPage(query);
    } catch (error) {
      await options.pause(error, failures);
    }
  }
}
