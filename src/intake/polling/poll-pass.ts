import type { Clock } from '../../clock.ts';
import { normaliseListRow } from '../../kapso/inbound/normalise.ts';
import type { MessagePage } from '../../kapso/message-list.ts';
import type { Emit } from '../../observe/events.ts';
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
  /** Fetches one page of inbound messages. Rejects when it cannot be had. A page of one row is never too large to read. */
  fetchPage: (query: PageQuery) => Promise<MessagePage>;
  pause: Patience;
  phoneNumberId: string;
  /** Milliseconds that the next pass looks back behind this one: rows may become visible late. */
  overlap: number;
  intake: Intake;
  clock: Clock;
  log: Log;
  emit: Emit;
  /** The default is `passBounds`. */
  bounds?: PassBounds | undefined;
}

/** The limits of one pass. They protect memory and Kapso from an endless list, and bring what was read to the agent. */
export interface PassBounds {
  /** Pages with something new. */
  pages: number;
  /** Pages of any kind. */
  anyPages: number;
  /** Milliseconds. */
  time: number;
}

/**
 * Six hundred thousand messages fit into one pass, so they are in order even when the list is newest first. Kapso's
 * smallest plan, of a hundred requests a minute, needs an hour for as many.
 */
export const passBounds: PassBounds = { pages: 6000, anyPages: 20_000, time: 3_600_000 };

/** What a pass left unread when it reached its bounds. */
export interface Rest {
  /** The start of that pass. The next page's cursor is valid only for the same start. */
  since: number;
  /** The cursor of the next page. */
  after: string;
  /** What the first of these passes showed of the time. Rows that became visible since then may lie among those it has read. */
  evidence: Evidence;
}

export interface PassStart extends Position {
  /** When the newest stored message was taken. It is read when no position is proven. */
  kept: number | null;
  /** Set until something confirms the time of the very first start. `startedAt` is that start by the monotonic clock. */
  first: (Omit<First, 'elapsed'> & { startedAt: number | null }) | null;
  /**
   * What WhatsApp took before this time, in milliseconds since the epoch, an earlier program has handled: its position is by
   * WhatsApp's clock, and Kapso lists by its own, which is later. Null for a pass that goes on from a pass of this program.
   */
  handledBefore: number | null;
  /** The list's order as far as known. Rows of one second do not show it. */
  newestFirst: boolean;
  /** What the previous pass left unread. */
  rest: Rest | null;
}

export interface PassResult {
  /** New messages. */
  found: number;
  /** Rows seen, known ones included. */
  seen: number;
  /** Pages read. */
  pages: number;
  cursor: number;
  /** Whether more than one clock agrees with the position. */
  confirmed: boolean;
  /** Milliseconds that Kapso's clock is ahead of this machine's, when the two disagree; else null. */
  clocksDiffer: number | null;
  /** The list's order as this pass showed it, else the assumed one. */
  newestFirst: boolean;
  /** Null when the list was read to its end. */
  rest: Rest | null;
}

/**
 * Runs one pass over the message list, from the cursor to the last page.
 *
 * Every page is on disk before the next is requested. Nothing of a pass is delivered before its last page: the list may
 * come newest first, so only then is the order known. The cursor moves in the transaction that ends the pass. So a
 * crash at any point repeats the pass, and the stored ids are recognised. `position.ts` says how far the cursor moves.
 *
 * A pass that reaches its bounds releases what it has, and the cursor stays. The next pass reads new rows from the top
 * to the first known page, then continues where this one ended.
 */
export async function pollPass(from: PassStart, options: PassOptions): Promise<PassResult> {
  const { intake, clock, emit, phoneNumberId, overlap, bounds = passBounds } = options;
  const read = createPageReader(options);
  const endsAt = clock.monotonic() + bounds.time;
  const repeats = createRepeatCheck();
  const orderOf = createRowOrder(from.newestFirst);
  let { page, since, evidence } = await firstPage(from, read, options);
  // A position that no clock agrees with says nothing of what was handled.
  const handledBefore = since === from.cursor ? from.handledBefore : null;
  // The cursors of a pass with another start are not valid here.
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
    const place = { newestFirst, begins: pages === 0 };
    const circles = repeats.circles(page, items, after);
    if (circles) emit({ type: 'list repeats', pages: repeats.pages });
    const told = { newestFirst, clocksDiffer: disagreement(evidence), seen: repeats.seen, pages: repeats.pages };
    const shown = unread?.evidence ?? evidence;
    if (page.after === null || page.rows.length === 0 || circles) {
      const { confirmed, ...position } = endOfPass({ ...from, cursor: since }, shown, overlap);
      const { inserted } = await intake.endPass(items, { ...place, ...position }, handledBefore);
      return { ...told, found: found + inserted.length, cursor: position.cursor, confirmed, rest: null };
    }
    const { inserted } = await intake.hold(items, place, handledBefore);
    found += inserted.length;
    after = page.after;
    pages += 1;
    if (inserted.length > 0) pagesWithNews += 1;
    else if (jump !== null) {
      // From here on the previous pass has read the rows.
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

/** Reads the first page of a pass, from its real start, and what it shows of the time. */
async function firstPage(
  from: PassStart,
  read: ReturnType<typeof createPageReader>,
  options: PassOptions,
): Promise<{ page: MessagePage; since: number; evidence: Evidence }> {
  const page = await read({ since: from.cursor });
  const evidence = { kapso: readServerTime(page.serverTime), own: options.clock.now(), newest: null };
  const since = whereToStart(from, evidence, options);
  if (since === from.cursor) return { page, since, evidence };
  options.emit({ type: 'position corrected', from: from.cursor, to: since });
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
