import { earliestPresent } from '../kapso-time.ts';

/**
 * From where polling asks for messages next, and from where it can surely ask. Pure; all times are milliseconds since the epoch.
 *
 * A position that lies later than the truth loses what comes until then; one that lies earlier costs some rows that are known already.
 * So it moves only as far as what contradicts nobody:
 *
 * - Kapso's clock (the Date header) and this machine's agree to five minutes: to the earlier of the two.
 * - They differ: to the newest message, by WhatsApp's clock, and to no later than either of them; an hour less where this machine's
 *   clock is far ahead of the message and so says nothing of it. Where no message came the position stays.
 *
 * That is the proven position. Where this machine's clock holds it back for long (it stands in 1970), polling asks from an hour before
 * what Kapso's clock and the newest message both say, so that it does not list ever more; that alone is never taken for proven. A
 * position that turns out to lie ahead of Kapso's clock goes back to the proven one.
 */
export interface Position {
  /** Where the next pass starts. */
  cursor: number;
  /** Null as long as nothing was proven. */
  proven: number | null;
}

/** What a pass has shown of the time. */
export interface Evidence {
  /** Kapso's clock; null where its answers have no Date header that can be. */
  kapso: number | null;
  /** This machine's, in the same moment. */
  own: number;
  /** When WhatsApp took the newest message of the pass; null where there was none. */
  newest: number | null;
}

/** To how many milliseconds two clocks agree, that nobody need put right. */
const agreement = 5 * 60_000;
/** How far, ms, Kapso's clock and a message are trusted less where this machine's clock does not confirm them. */
const distrust = 3_600_000;
/** Of Kapso's time, ms: the Date header has whole seconds, cut off, and took its way. */
const tolerance = 5000;

/**
 * How far, ms, the first pass looks back, when all that is known of the first start is a time of day: after 24 hours WhatsApp no longer
 * allows an answer, and a clock that was months wrong would have months of history answered.
 */
const longestFirstOutage = 24 * 3_600_000;

/** Kapso's clock as a Date header says it; null where it does not, or says what cannot be. */
export function readServerTime(serverTime: number | null): number | null {
  return serverTime !== null && serverTime >= earliestPresent ? serverTime : null;
}

/** How far (ms) Kapso's clock is ahead of this machine's, where the two do not agree; null where they do, or Kapso's is not known. */
export function disagreement({ kapso, own }: Pick<Evidence, 'kapso' | 'own'>): number | null {
  return kapso === null || Math.abs(kapso - own) <= agreement ? null : kapso - own;
}

/** Where to go on after a complete pass. `overlap` (ms) is how late Kapso may list a row. */
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

/** The position after a complete pass that started at `cursor`; `first` is set while nothing had confirmed the time of the first start. */
export function endOfPass(
  from: Position & { first: object | null },
  shown: Evidence,
  overlap: number,
): Position & { confirmed: boolean } {
  const next = nextPosition(from, shown, overlap);
  const confirmed = next.cursor !== from.cursor || (shown.kapso !== null && disagreement(shown) === null);
  // The time of the first start is one by both clocks then.
  const proven = from.first !== null && confirmed ? Math.max(next.proven ?? from.cursor, from.cursor) : next.proven;
  return { cursor: next.cursor, proven, confirmed };
}

/**
 * Where a pass really starts: a position ahead of the present goes back to the last one that was proven. Where none was, as in a database
 * of an older version, it goes back to the newest message that was `kept`, at most a day.
 */
export function startOfPass(
  { cursor, proven, kept }: Position & { kept: number | null },
  { kapso, own }: Pick<Evidence, 'kapso' | 'own'>,
  overlap: number,
): number {
  // This machine's clock alone tells nothing of the future: it may be behind.
  const present = kapso ?? Math.max(own, earliestPresent);
  if (cursor <= present + tolerance) return cursor;
  if (proven !== null && proven <= present) return proven;
  const last = kept === null ? present : Math.min(present, Math.max(kept, present - longestFirstOutage));
  return Math.min(cursor, last - overlap);
}

export interface First {
  /** This machine's clock at the very first start. */
  own: number;
  /** How long ago (ms) that was, by a clock that nobody can set; null where it was in an earlier life of the program. */
  elapsed: number | null;
  /** Whether a pass has been complete since, so that what was to be received has been. */
  listed: boolean;
}

/**
 * The same as long as nothing has confirmed the time of the very first start: by Kapso's clock, where it is known. Once a pass was
 * complete it only goes back, when Kapso's clock was ahead in that pass and no longer is.
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
