import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Prepares statements for a database, under the same names. Throws what node:sqlite throws when one does not fit its tables. */
export function prepareAll<Name extends string>(
  db: DatabaseSync,
  statements: Readonly<Record<Name, string>>,
): Record<Name, StatementSync> {
  const prepared = Object.entries<string>(statements).map(([name, text]) => [name, db.prepare(text)]);
  return Object.fromEntries(prepared) as Record<Name, StatementSync>;
}
