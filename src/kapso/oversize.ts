import { contentHash } from './canonical.ts';
import type { Normalised } from './message.ts';
import { asRecord, asString, type WireObject } from './wire.ts';

/** What is kept of an answer that is larger than may be held in memory. */
export interface CutAnswer {
  /** The first and the last characters of the body. */
  head: string;
  tail: string;
  /** Bytes of the whole body. */
  size: number;
}

/** In the place of a row that is too large to be read; no wire form can have its key. */
export interface OversizeRow {
  [oversize]: { id: string | null; bytes: number; beginning: string };
}

const oversize = Symbol('a row that is too large');
const keptCharacters = 2000;

/**
 * Reads a page of one row that could not be held: the row's id from its first characters, where it stands there, and where
 * the next page begins from the last ones, which is null at the list's end and undefined where they do not say.
 *
 * Nothing that a sender wrote can pass for either: a quotation mark within a string is escaped.
 */
export function readCutPage({ head, tail, size }: CutAnswer): { row: OversizeRow; after: string | null | undefined } {
  const beginning = /"data"\s*:\s*\[\s*(.*)$/s.exec(head)?.[1] ?? head;
  const id = /^\{\s*"id"\s*:\s*"([^"\\]+)"/.exec(beginning)?.[1] ?? null;
  const paging = pagingIn(tail) ?? pagingBefore(head);
  return {
    row: { [oversize]: { id, bytes: size, beginning: beginning.slice(0, keptCharacters).toWellFormed() } },
    after: paging === null ? undefined : asString(asRecord(paging.cursors)?.after),
  };
}

/** The row as something to keep for the operator; null for any other row. */
export function readOversizeRow(row: unknown, now: number): Normalised | null {
  if (typeof row !== 'object' || row === null || !(oversize in row)) return null;
  const { id, bytes, beginning } = (row as OversizeRow)[oversize];
  const known = id !== null && /^[\w.+/=@~-]{1,512}$/.test(id) ? id : contentHash(beginning);
  return {
    kind: 'unreadable',
    id: `unreadable:${known}`,
    timestamp: now,
    reason: `the message is too large to be read (${bytes} bytes)`,
    raw: { bytes, beginning },
  };
}

/** The page's `paging` object where it stands in front of the rows. */
function pagingBefore(head: string): WireObject | null {
  try {
    return asRecord(asRecord(JSON.parse(`${head.slice(0, head.search(/,\s*"data"\s*:/))}}`))?.paging);
  } catch {
    return null;
  }
}

/** The page's `paging` object where it stands behind the rows. */
function pagingIn(tail: string): WireObject | null {
  for (let at = tail.lastIndexOf('"paging"'); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf('"paging"', at - 1)) {
    try {
      return asRecord(asRecord(JSON.parse(`{${tail.slice(at)}`))?.paging);
    } catch {
      // A name within a row.
    }
  }
  return null;
}
