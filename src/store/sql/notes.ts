import type { Notes } from '../notes.ts';
import type { ClaimSteps } from './claims.ts';
import type { PrepareAll, Step } from './step.ts';
import type { Transactions } from './transactions.ts';

const statements = {
  get: 'SELECT text FROM notes WHERE name = ?',
  keep: 'INSERT INTO notes (name, text) VALUES (:name, :text) ON CONFLICT DO NOTHING',
  set: 'INSERT INTO notes (name, text) VALUES (:name, :text) ON CONFLICT (name) DO UPDATE SET text = excluded.text',
  remove: 'DELETE FROM notes WHERE name = ?',
};

export function createNotes(
  prepareAll: PrepareAll,
  { read, write }: Transactions,
  claims: Pick<ClaimSteps, 'ofRole'>,
): Notes {
  const sql = prepareAll(statements);
  function* replace(name: string, text: string | null): Step<void> {
    yield* text === null ? sql.remove.run(name) : sql.set.run({ name, text });
  }
  return {
    get: name =>
      read(function* () {
        const row = yield* sql.get.get(name);
        return row === undefined ? null : String(row.text);
      }),
    keep: (name, text) =>
      write(function* () {
        yield* sql.keep.run({ name, text });
        return String((yield* sql.get.get(name))?.text);
      }),
    set: (name, text, { role } = { role: '' }) =>
      write(() => (role === '' ? replace(name, text) : claims.ofRole(role, replace(name, text)))),
  };
}
