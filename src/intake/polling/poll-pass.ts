import type { Clock } from '../../clock.ts';
import { normaliseListRow } from '../../kapso/inbound/normalise.ts';
import type { MessagePage } from '../../kapso/message-list.ts';
import type { Log } from '../../observe/log.ts';
import type { Intake } from '../accept.ts';
import { newestOwnTime } from '../kapso-time.ts';
import { createPageReader, type Patience } from './page-reader.ts';
import type { PageQuery } from './page-requests.ts';
import {
  disagreement,
  type Evidence,
  endOfPass,
  type First,
  type Position,
  readServerTime,
  startOfFirstPass,
  startOfPass,
} from './position.ts';
import { createRepeatCheck } from './repeat-check.ts';
import { createRowOrder } from './row-order.ts';

export interface PassOptions {
  /** One page of inbound messages. Rejects when it cannot be had; a page of one row is never too large to be read. */
  fetchPage: (query: PageQuery) => Promise<MessagePage>;
  pause: Patience;
  phoneNumberId: string;
  /** How far (ms) the next pass looks back behind this one: rows may become visible late. */
  overlap: number;
  intake: Intake;
  clock: Clock;
  log: Log;
  /** By default `passBounds`. */
  bounds?: PassBounds | undefined;
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
  const { intake, clock, log, phoneNumberId, overlap, bounds = passBounds } = options;
  const read = createPageReader(options);
  const endsAt = clock.monotonic() + bounds.time;
  const repeats = createRepeatCheck();
  const orderOf = createRowOrder(from.newestFirst);
  let { page, since, evidence } = await firstPage(from, read, options);
  // Where a pass began elsewhere, its places mean nothing.
  const unread = from.rest?.since === since ? from.rest : null;
  let jump = unread?.after ?? null;
  let after: string | undefined;
  let found = 0;
  let pages = 0;
  let pagesWithNews = 0;

  for (;;) {
    const now = readServerTime(page.serverTime) ?? clock.now();
    const items = page.rows.map(row => normaliseListRow(row, { phoneNumberId, now }));
    evidence = { ...evidence, newest: latest(evidence.newest, newestOwnTime(items)) };
    const newestFirst = orderOf(items);
    const circles = repeats.circles(page, items, after);
    if (circles) log.warn({ pages: repeats.pages }, "Kapso's message list repeats its pages; the pass ends here");
    const told = { newestFirst, clocksDiffer: disagreement(evidence), seen: repeats.seen };
    const shown = unread?.evidence ?? evidence;
    if (page.after === null || page.rows.length === 0 || circles) {
      const { confirmed, ...position } = endOfPass({ ...from, cursor: since }, shown, overlap);
      const { inserted } = await intake.endPass(items, { newestFirst, ...position });
      return { ...told, found: found + inserted.length, cursor: position.cursor, confirmed, rest: null };
    }
    const { inserted } = await intake.hold(items);
    found += inserted.length;
    after = page.after;
    pages += 1;
    if (inserted.length > 0) pagesWithNews += 1;
    else if (jump !== null) {
      // From here on it is what the pass before has read.
      after = jump;
      jump = null;
    }
    if (pagesWithNews >= bounds.pages || pages >= bounds.anyPages || clock.monotonic() >= endsAt) {
      await intake.releaseHeld(newestFirst);
      return { ...told, found, cursor: since, confirmed: false, rest: { since, after, evidence: shown } };
    }
    page = await read({ since, after });
  }
}

/** The first page of a pass, from where it really starts, and what it shows of the time. */
async function firstPage(
  from: PassStart,
  read: ReturnType<typeof createPageReader>,
  options: PassOptions,
): Promise<{ page: MessagePage; since: number; evidence: Evidence }> {
  const page = await read({ since: from.cursor });
  const evidence = { kapso: readServerTime(page.serverTime), own: options.clock.now(), newest: null };
  const since = whereToStart(from, evidence, options);
  if (since === from.cursor) return { page, since, evidence };
  options.log.warn(
    { from: new Date(from.cursor).toISOString(), to: new Date(since).toISOString() },
    "Polling's position did not fit Kapso's clock; it goes on from the last one that could be trusted",
  );
  return { page: await read({ since }), since, evidence };
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
