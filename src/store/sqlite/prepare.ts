import type { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * Prepares statements for a database, under the same names. Throws what node:sqlite throws when one does not fit its
 * tables.
 *
 * A condition or limit with a bare parameter may have SQLite compile the statement again for each value: with another
 * value another index might be better. With `+` before the parameter it does not. A test finds those that need it.
 */
export function prepareAll<Name extends string>(
  db: DatabaseSync,
  statements: Readonly<Record<Name, string>>,
): Record<Name, StatementSync> {
  const prepared = Object.entries<string>(statements).map(([name, text]) => [name, db.prepare(text)]);
  return Object.fromEntries(prepared) as Record<Name, StatementSync>;
}
