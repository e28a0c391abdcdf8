import { DatabaseSync } from 'node:sqlite';
import type { MovedTable } from '../moving.ts';
import { columns } from './columns.ts';
import { migrate } from './migrations.ts';

/** What does not go along: who works on what, and what triggers count. */
const left: ReadonlySet<string> = new Set(['claims', 'tallies', 'outbox_tallies']);

/** What PostgreSQL has as a column. Rows are read and written in this order, which is that of their arrival. */
const rowId = 'rowid';

/** First: where entries are removed, so are their commands. */
const first = 'entries';

/** Returns the tables that go along when an inbox is moved, in the order in which they do. */
export function movedTables(): MovedTable[] {
  const db = new DatabaseSync(':memory:');
  try {
    migrate(db);
    const keys = db.prepare('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk');
    const moved = Object.keys(columns).filter(name => name !== first && !left.has(name));
    return [first, ...moved].map(name => {
      const list = columns[name] ?? '';
      return name === first
        ? { name, columns: [rowId, ...list.split(' ')], key: [rowId] }
        : { name, columns: list.split(' '), key: keys.all(name).map(({ name: key }) => String(key)) };
    });
  } finally {
    db.close();
  }
}
