import { earliestPresent } from '../kapso-time.ts';

/**
 * The position from which polling asks next, and the one from which it can surely ask. Pure functions; all times are
 * milliseconds since the epoch.
 *
 * A position that is too late loses the messages before it. One that is too early only costs some known rows. So it
 * moves only as far as no clock contradicts:
 *
 * - Kapso's clock (the Date header) and this machine's agree to five minutes: to the earlier of the two.
 * - They differ: to the newest message, by WhatsApp's clock, but not later than either of them. An hour less when this
 *   machine's clock is far ahead of the message and so confirms nothing. Without a message the position stays.
 *
 * That is the proven position. This machine's clock may hold it back for long (it stands in 1970). Then polling asks
 * from an hour before both Kapso's clock and the newest message, so that it does not list ever more. That position
 * alone is never taken as proven. A position that turns out to be ahead of Kapso's clock returns to the proven one.
 */
export interface Position {
  /** The start of the next pass. */
  cursor: number;
  /** Null until something was proven. */
  proven: number | null;
}

/** What a pass has shown of the time. */
export interface Evidence {
  /** Kapso's clock; null when its answers have no possible Date header. */
  kapso: number | null;
  /** This machine's clock at the same moment. */
  own: number;
  /** When WhatsApp took the newest message of the pass; null when there was none. */
  newest: number | null;
}

/** Milliseconds by which two clocks may differ and still agree. */
const agreement = 5 * 60_000;
/** Milliseconds by which Kapso's clock and a message are trusted less when this machine's clock does not confirm them. */
const distrust = 3_600_000;
/** Milliseconds of inaccuracy of Kapso's time: the Date header has whole seconds, rounded down, and took time to arrive. */
const tolerance = 5000;

/**
 * Milliseconds that the first pass looks back at most, when only a time of day is known of the first start. After 24
 * hours WhatsApp no longer allows an answer, and a clock that was wrong by months would have months of history
 * answered.
 */
const longestFirstOutage = 24 * 3_600_000;

/** Kapso's clock from a Date header; null when it has none or an impossible one. */
export function readServerTime(serverTime: number | null): number | null {
  return serverTime !== null && serverTime >= earliestPresent ? serverTime : null;
}

/**
 * Milliseconds that Kapso's clock is ahead of this machine's when they disagree. Null when they agree, or when Kapso's
 * is unknown.
 */
export function disagreement({ kapso, own }: Pick<Evidence, 'kapso' | 'own'>): number | null {
  return kapso === null || Math.abs(kapso - own) <= agreement ? null : kapso - own;
}

/** Returns where to continue after a complete pass. `overlap` is how many milliseconds late Kapso may list a row. */
export function nextPosition({ cursor, proven }: Position, evidence: Evidence, overlap: number): Position {
  const { kapso, own, newest } = evidence;
  const agree = kapso !== null && disagreement(evidence) === null;
  const shown = newest === null ? null : Math.min(newest, kapso ?? own);
  const confirmed = shown !== null && own - shown > agreement ? shown - distrust : shown;
  const surely = agree ? Math.min(kapso, own) : confirmed === null ? null : Math.min(confirmed, own);
  const next = later(proven, surely, -overlap);
  return {
    proven: next,
    cursor: Math.max(cursor, next ?? cursor, kapso === null || shown === null ? cursor : shown - overlap - distrust),
  };
}

/**
 * Returns the position after a complete pass that started at `cursor`. `first` is set until something confirms the time
 * of the first start.
 */
export function endOfPass(
  from: Position & { first: object | null },
  shown: Evidence,
  overlap: number,
): Position & { confirmed: boolean } {
  const next = nextPosition(from, shown, overlap);
  const confirmed = next.cursor !== from.cursor || (shown.kapso !== null && disagreement(shown) === null);
  // Then both clocks agree with the time of the first start.
  const proven = from.first !== null && confirmed ? Math.max(next.proven ?? from.cursor, from.cursor) : next.proven;
  return { cursor: next.cursor, proven, confirmed };
}

/**
 * Returns where a pass really starts. A position ahead of the present returns to the last proven one. Without a proven
 * one, as in a database of an older version, it returns to the newest message that was `kept`, but by at most a day.
 */
export function startOfPass(
  { cursor, proven, kept }: Position & { kept: number | null },
  { kapso, own }: Pick<Evidence, 'kapso' | 'own'>,
  overlap: number,
): number {
  // This machine's clock alone cannot show that a position is in the future: the clock may be behind.
  const present = kapso ?? Math.max(own, earliestPresent);
  if (cursor <= present + tolerance) return cursor;
  if (proven !== null && proven <= present) return proven;
  const last = kept === null ? present : Math.min(present, Math.max(kept, present - longestFirstOutage));
  return Math.min(cursor, last - overlap);
}

export interface First {
  /** This machine's clock at the very first start. */
  own: number;
  /** Milliseconds since then, by a clock that nobody can set; null when that was in an earlier process. */
  elapsed: number | null;
  /** Whether a pass has been complete since. Then what was to be received has been received. */
  listed: boolean;
}

/**
 * Returns where a pass starts until something confirms the time of the very first start: by Kapso's clock where it is
 * known. After a complete pass it only moves back, when Kapso's clock was ahead in that pass and no longer is.
 */
export function startOfFirstPass(
  cursor: number,
  first: First,
  { kapso, own }: Pick<Evidence, 'kapso' | 'own'>,
): number {
  const ago = own - first.own;
  const elapsed = first.elapsed ?? (ago < 0 ? longestFirstOutage : Math.min(ago, longestFirstOutage));
  const start = (kapso ?? own) - elapsed;
  if (Math.abs(start - cursor) <= tolerance) return cursor;
  if (!first.listed) return start;
  const ahead = kapso !== null && cursor > kapso + tolerance;
  return start < cursor && (first.elapsed !== null || ahead) ? start : cursor;
}

function later(a: number | null, b: number | null, shift: number): number | null {
  if (b === null) return a;
  return a === null ? b + shift : Math.max(a, b + shift);
}
