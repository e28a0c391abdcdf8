import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';

/** A prepared statement. Its rows are plain objects that belong to the caller. */
export type Statement = Pick<StatementSync, 'run' | 'get' | 'all'>;

/**
 * Prepares a statement. Throws what node:sqlite throws when it does not fit the database's tables.
 *
 * The rows are made here of lists of values: the objects of node:sqlite are hash tables to V8, and to make and copy one
 * takes three times as long.
 */
export function prepare(db: DatabaseSync, text: string): Statement {
  const statement = db.prepare(text);
  const names = statement.columns().map(({ name }) => name);
  statement.setReturnArrays(true);
  const get = statement.get.bind(statement) as (...parameters: unknown[]) => SQLOutputValue[] | undefined;
  const all = statement.all.bind(statement) as unknown as (...parameters: unknown[]) => SQLOutputValue[][];

  function toRow(values: readonly SQLOutputValue[]): Record<string, SQLOutputValue> {
    const row: Record<string, SQLOutputValue> = {};
    for (let at = 0; at < names.length; at += 1) row[String(names[at])] = values[at] ?? null;
    return row;
  }

  return {
    run: statement.run.bind(statement),
    get: (...parameters: unknown[]) => {
      const values = get(...parameters);
      return values && toRow(values);
    },
    all: (...parameters: unknown[]) => all(...parameters).map(toRow),
  };
}

/**
 * Prepares statements for a database, under the same names. Throws what `prepare` throws.
 *
 * A condition or limit with a bare parameter may have SQLite compile the statement again for each value: with another
 * value another index might be better. With `+` before the parameter it does not. A test finds those that need it.
 */
export function prepareAll<Name extends string>(
  db: DatabaseSync,
  statements: Readonly<Record<Name, string>>,
): Record<Name, Statement> {
  const prepared = Object.entries<string>(statements).map(([name, text]) => [name, prepare(db, text)]);
  return Object.fromEntries(prepared) as Record<Name, Statement>;
}
