import pg from 'pg';
import type { Clock } from '../../clock.ts';
import { parseDatabaseUrl } from '../../config/database-url.ts';
import type { Exported, ExportQuery } from '../exported.ts';
import type { Outgoing } from '../outbox.ts';
import { answersQuery, entriesParameters, entriesQuery } from '../sql/export-queries.ts';
import type { Entry } from '../store.ts';
import { createConnector } from './connect.ts';
import { assertInUse } from './mark.ts';
import { assertMigrated } from './migrate.ts';
import { schema } from './schema.ts';
import type { Session } from './session.ts';
import { translate } from './translate.ts';

/** Entries that are fetched at once. */
const page = 500;

/**
 * Reads entries with their answers, the oldest first, as all of them are at one moment; see `readEntries`. Rejects with the
 * errors of a driver that is opened to look.
 */
export async function* readShared(
  url: string,
  query: ExportQuery,
  { clock, random }: { clock: Clock; random: () => number },
): AsyncGenerator<Exported, void, undefined> {
  const connector = createConnector({ url: parseDatabaseUrl(url), readOnly: true, clock, random });
  const { session } = await connector.connect();
  try {
    await assertMigrated(session, connector.name);
    await assertInUse(session, connector.name);
    // Whoever takes the entries may be slow.
    await session.script(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ${schema};
       SET LOCAL idle_in_transaction_session_timeout = 0`,
    );
    yield* read(session, query);
    await session.script('COMMIT');
  } finally {
    await session.close();
  }
}

async function* read(session: Session, query: ExportQuery): AsyncGenerator<Exported, void, undefined> {
  const { text, order } = translate(entriesQuery(query));
  const values = order([entriesParameters(query)]).map(value => pg.escapeLiteral(String(value)));
  // A cursor takes no parameters.
  const statement = text.replace(/\$(\d+)/g, (_, number) => values[Number(number) - 1] ?? 'NULL');
  await session.script(`DECLARE exported NO SCROLL CURSOR FOR ${statement}`);
  const answers = translate(answersQuery('IN (SELECT value FROM json_each(?))'));
  for (;;) {
    const [{ rows } = { rows: [] }] = await session.script(`FETCH ${page} FROM exported`);
    if (rows.length === 0) return;
    const ids = JSON.stringify(rows.map(({ id }) => id));
    const found = await session.run({ text: answers.text, parameters: [ids], name: 'answers' });
    const byMessage = Map.groupBy(found.rows as unknown as Outgoing[], ({ message }) => message);
    for (const { batch: _, position: __, ...entry } of rows) {
      yield { entry: entry as unknown as Entry, answers: byMessage.get(String(entry.id)) ?? [] };
    }
  }
}
