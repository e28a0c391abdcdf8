/** What an inbox says of itself when it is moved to another database, and how the two databases of a move are used. */
import { StoreError } from './errors.ts';
import type { Value } from './sql/step.ts';

/**
 * Kept in the database of an inbox that was moved once or is being moved. `here`: it is in use here. `arriving`: it is not
 * whole yet. `moved`: it is elsewhere. Only the first of them may be opened.
 */
export interface MoveMark {
  /** Of the inbox, in all databases in which it was. */
  id: string;
  phase: 'here' | 'arriving' | 'moved';
  /** What messages call the other database. */
  other: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** A table that goes along, as it is in both databases. */
export interface MovedTable {
  name: string;
  columns: readonly string[];
  /** The columns by which its rows are in order; none for a small table that is moved at once. */
  key: readonly string[];
}

/** A row, in the order of the table's columns. */
export type MovedRow = readonly Value[];

/** Rows by their keys: those after one, and those up to another, which is among them. */
export interface Range {
  after?: readonly Value[] | null;
  upTo?: readonly Value[] | null;
}

/** One of the two databases of a move. Its methods reject with `StateError`s. */
export interface MoveSide {
  /** What messages call it. */
  readonly name: string;
  /** Begins a transaction in which nobody else changes the database. `close` undoes it. */
  lock(): Promise<void>;
  /** Resolves when the transaction, and all that was written before it, is on disk. */
  commit(): Promise<void>;
  mark(): Promise<MoveMark | null>;
  /** Within a transaction. Who has the database open, or opens it, is refused by what it says. */
  setMark(mark: MoveMark): Promise<void>;
  /** Makes all tables anew within a transaction: with nothing in them. */
  empty(): Promise<void>;
  /** Who works on it now, as its claims say. */
  workers(): Promise<string[]>;
  /** The number of rows by their states; under '' where they have none. */
  counts(table: MovedTable): Promise<Map<string, number>>;
  /** The first rows of a range, as many as are handled at once; all of a table without a key. */
  rows(table: MovedTable, range: Range): Promise<MovedRow[]>;
  lastKey(table: MovedTable): Promise<readonly Value[] | null>;
  /** Adds rows in a transaction of its own: all or none of them. */
  insert(table: MovedTable, rows: readonly MovedRow[]): Promise<void>;
  clear(table: MovedTable): Promise<void>;
  /** The number that the outbox has given last. */
  lastNumber(): Promise<number>;
  /** Has the outbox go on after a number, and prepares the database for use. */
  goOnAfter(number: number): Promise<void>;
  close(): Promise<void>;
}

/** Rows that are read and written at once. */
export const rowsAtOnce = 500;

/** Throws STORE_MOVED where the mark says that the inbox is not to be used here. `elsewhere`: what to do then. */
export function assertHere(mark: MoveMark | null, { name, elsewhere }: { name: string; elsewhere: string }): void {
  if (mark === null || mark.phase === 'here') return;
  const at = new Date(mark.at).toISOString();
  const what =
    mark.phase === 'moved'
      ? `was moved to ${mark.other} at ${at}, and is not used here any more`
      : `is not whole: it is being moved here from ${mark.other} since ${at}`;
  const hint =
    mark.phase === 'moved'
      ? elsewhere
      : 'Go on with kapso-whatsapp-cli state migrate, or start the poller with the inbox that is there. Nothing was changed.';
  throw new StoreError('STORE_MOVED', `${name} ${what}`, { hint });
}

const quoted = (names: readonly string[]) => names.map(name => `"${name}"`).join(', ');
const marks = (names: readonly string[]) => names.map(() => '?').join(', ');

/** The query of a page of rows in their order, and its parameters. `schema`: where the tables are. */
export function pageQuery(
  { name, columns, key }: MovedTable,
  { after = null, upTo = null }: Range,
  schema: string,
): { text: string; parameters: Value[] } {
  const bounds = [
    ...(after === null ? [] : [`(${quoted(key)}) > (${marks(key)})`]),
    ...(upTo === null ? [] : [`(${quoted(key)}) <= (${marks(key)})`]),
  ];
  const where = bounds.length === 0 ? '' : ` WHERE ${bounds.join(' AND ')}`;
  const order = quoted(key.length > 0 ? key : columns);
  const limit = key.length > 0 ? ` LIMIT ${rowsAtOnce}` : '';
  return {
    text: `SELECT ${quoted(columns)} FROM ${schema}."${name}"${where} ORDER BY ${order}${limit}`,
    parameters: [...(after ?? []), ...(upTo ?? [])],
  };
}

/** The query of the greatest key. */
export function lastKeyQuery({ name, key }: MovedTable, schema: string): string {
  const down = key.map(column => `"${column}" DESC`).join(', ');
  return `SELECT ${quoted(key)} FROM ${schema}."${name}" ORDER BY ${down} LIMIT 1`;
}

/** The query of the numbers of rows by state. */
export function countsQuery({ name, columns }: MovedTable, schema: string): string {
  const state = columns.includes('state') ? 'state' : null;
  return `SELECT ${state ?? "''"} AS state, count(*) AS rows FROM ${schema}."${name}"${state ? ' GROUP BY state' : ''}`;
}

/** The statement that adds a row whose values are parameters, or rows of another query. */
export function insertInto({ name, columns }: MovedTable, schema: string, from?: string): string {
  const values = from === undefined ? `VALUES (${marks(columns)})` : `SELECT ${quoted(columns)} FROM ${from}`;
  return `INSERT INTO ${schema}."${name}" (${quoted(columns)}) ${values}`;
}

/** The table of the mark, which only a database that takes part in a move has. */
export const markTable = 'moves';
export const readMark = (schema: string) => `SELECT id, phase, other, at FROM ${schema}.${markTable}`;
export const makeMark = (schema: string) =>
  `CREATE TABLE IF NOT EXISTS ${schema}.${markTable}
    (id text NOT NULL, phase text NOT NULL, other text NOT NULL, at bigint NOT NULL)`;
export const clearMark = (schema: string) => `DELETE FROM ${schema}.${markTable}`;
export const addMark = (schema: string) =>
  `INSERT INTO ${schema}.${markTable} (id, phase, other, at) VALUES (?, ?, ?, ?)`;

export function toMark(row: Readonly<Record<string, unknown>> | undefined): MoveMark | null {
  if (row === undefined) return null;
  const { id, phase, other, at } = row;
  return { id: String(id), phase: phase as MoveMark['phase'], other: String(other), at: Number(at) };
}
