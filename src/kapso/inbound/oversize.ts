import { asId } from '../../narrow.ts';
import type { Normalised } from './normalised.ts';
import type { ScannedPage, ScannedRow } from './page-scanner.ts';

/** In the place of a row that is too large to be read; no wire form can have its key. */
export interface OversizeRow {
  [oversize]: ScannedRow & { bytes: number };
}

const oversize = Symbol('a row that is too large');

/** The rows of a page that could not be held, which are one or none. */
export function oversizeRows({ first, size }: Pick<ScannedPage, 'first' | 'size'>): OversizeRow[] {
  return first === null ? [] : [{ [oversize]: { ...first, bytes: size } }];
}

function isOversizeRow(row: unknown): row is OversizeRow {
  return typeof row === 'object' && row !== null && oversize in row;
}

/** The row as something to keep for the operator; null for any other row. */
export function readOversizeRow(row: unknown, now: number): Normalised | null {
  if (!isOversizeRow(row)) return null;
  const { id, hash, bytes, beginning } = row[oversize];
  const named = asId(id);
  return {
    kind: 'unreadable',
    // Two that begin alike must not become one: without an id that can be used it is known by all that it holds.
    id: `unreadable:${named !== null && /^[\w.+/=@~-]{1,512}$/.test(named) ? named : hash}`,
    timestamp: now,
    reason: `the message is too large to be read (${bytes} bytes)`,
    raw: { bytes, beginning },
    tooLarge: true,
  };
}
