import { asId } from '../../narrow.ts';
import type { Normalised } from './normalised.ts';
import type { ScannedPage, ScannedRow } from './page-scanner.ts';

/** Replaces a row that is too large to read. No wire form can have its key. */
export interface OversizeRow {
  [oversize]: ScannedRow & { bytes: number };
}

const oversize = Symbol('a row that is too large');

/** The rows of a page that could not be held: one or none. */
export function oversizeRows({ first, size }: Pick<ScannedPage, 'first' | 'size'>): OversizeRow[] {
  return first === null ? [] : [{ [oversize]: { ...first, bytes: size } }];
}

function isOversizeRow(row: unknown): row is OversizeRow {
  return typeof row === 'object' && row !== null && oversize in row;
}

/** Returns the row as an unreadable item for the operator; null for any other row. */
export function readOversizeRow(row: unknown, now: number): Normalised | null {
  if (!isOversizeRow(row)) return null;
  const { id, hash, bytes, beginning } = row[oversize];
  const named = asId(id);
  return {
    kind: 'unreadable',
    // Two rows that begin alike must stay two. Without a usable id, a row's identity is the hash of its whole content.
    id: `unreadable:${named !== null && /^[\w.+/=@~-]{1,512}$/.test(named) ? named : hash}`,
    timestamp: now,
    reason: `the message is too large to be read (${bytes} bytes)`,
    raw: { bytes, beginning },
    tooLarge: true,
  };
}
