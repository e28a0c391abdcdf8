import type { DatabaseSync } from 'node:sqlite';
import { toStateError } from '../../state/errors.ts';
import type { Exported, ExportQuery } from '../exported.ts';
import type { Outgoing } from '../outbox.ts';
import { answersQuery, entriesParameters, entriesQuery } from '../sql/export-queries.ts';
import type { Entry } from '../store.ts';
import { databasePath, openDatabase } from './database.ts';
import { createPrepareAll, finish } from './prepare.ts';

/** See `readEntries` of `open.ts`. A poller's write-ahead log is not cut before the last one was read. Throws `StateError`s. */
export function* readEntries(dir: string, query: ExportQuery): Generator<Exported, void, undefined> {
  const path = databasePath(dir);
  const db = openDatabase({ dir, readOnly: true });
  try {
    // One read transaction sees one moment.
    db.exec('BEGIN');
    yield* read(db, query);
  } catch (error) {
    throw toStateError(error, path);
  } finally {
    db.close();
  }
}

function* read(db: DatabaseSync, query: ExportQuery): Generator<Exported, void, undefined> {
  const { answersTo } = createPrepareAll(db)({ answersTo: answersQuery('= +?') });
  const found = db.prepare(entriesQuery(query)).iterate(entriesParameters(query));
  for (const { batch: _, position: __, ...entry } of found) {
    yield {
      entry: entry as unknown as Entry,
      answers: finish(answersTo.all(String(entry.id))) as unknown as Outgoing[],
    };
  }
}
