import { createHash } from 'node:crypto';
import type { MovedRow, MovedTable } from '../moving.ts';

/** What a table has, in a form that is the same for both databases. */
export interface TableDigest {
  rows: number;
  /** The number of rows by state; empty where the table has none. */
  states: Readonly<Record<string, number>>;
  /** SHA-256 over the rows in the order of their key: each a JSON list of its values, and a line feed. */
  sha256: string;
}

export interface Digest {
  add(rows: readonly MovedRow[]): void;
  /** That of the rows so far. */
  now(): TableDigest;
}

export function createDigest({ columns }: MovedTable): Digest {
  const hash = createHash('sha256');
  const state = columns.indexOf('state');
  const states = new Map<string, number>();
  let count = 0;
  return {
    add(rows) {
      for (const row of rows) {
        hash.update(`${JSON.stringify(row)}\n`);
        if (state >= 0) states.set(String(row[state]), (states.get(String(row[state])) ?? 0) + 1);
      }
      count += rows.length;
    },
    now: () => ({
      rows: count,
      states: Object.fromEntries([...states].sort(([a], [b]) => (a < b ? -1 : 1))),
      sha256: hash.copy().digest('hex'),
    }),
  };
}

/** One digest of those of all tables. */
export function digestOf(tables: ReadonlyMap<string, TableDigest>): string {
  const hash = createHash('sha256');
  for (const [name, { rows, sha256 }] of tables) hash.update(`${name} ${rows} ${sha256}\n`);
  return hash.digest('hex');
}

/** PostgreSQL keeps no character 0 in a text; see `translate`. */
export function withoutNull(rows: readonly MovedRow[]): MovedRow[] {
  return rows.map(row =>
    row.map(value => (typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value)),
  );
}
