import type { Clock } from '../../clock.ts';
import { parseDatabaseUrl } from '../../config/database-url.ts';
import {
  addMark,
  clearMark,
  countsQuery,
  insertInto,
  lastKeyQuery,
  type MovedRow,
  type MovedTable,
  type MoveSide,
  makeMark,
  pageQuery,
} from '../moving.ts';
import type { Row, Value } from '../sql/step.ts';
import { createConnector } from './connect.ts';
import { confirmsEarly } from './durability.ts';
import { markIn, release, withhold } from './mark.ts';
import { assertMigrated, migrate } from './migrate.ts';
import { schema, writersLock } from './schema.ts';
import { beginChanging } from './scripts.ts';
import type { Session } from './session.ts';
import { translate } from './translate.ts';

/** Milliseconds to wait for others' changes, and for one statement. */
const lockTimeout = 10_000;
const statementTimeout = 600_000;

export interface MoveSideOptions {
  /** As `state.database` has it. */
  url: string;
  readOnly: boolean;
  /** All tables that are moved. */
  tables: readonly MovedTable[];
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
}

/** Opens a database to move its inbox, or one to it; the tables are brought up to date. Rejects as `openDriver` does. */
export async function openDatabaseSide({ url, readOnly, tables, clock, random }: MoveSideOptions): Promise<MoveSide> {
  const connector = createConnector({ url: parseDatabaseUrl(url), readOnly, clock, random });
  const { session, server } = await connector.connect();
  try {
    await (readOnly ? assertMigrated : migrate)(session, connector.name);
    return createSide(session, { name: connector.name, tables, durable: confirmsEarly(server) });
  } catch (error) {
    await session.close();
    throw error;
  }
}

interface SideOptions {
  name: string;
  tables: readonly MovedTable[];
  /** Whether the server would not wait for its disk by itself. */
  durable: boolean;
}

function createSide(session: Session, { name, tables, durable }: SideOptions): MoveSide {
  // Nobody else's functions and operators are found: a database may be shared with others.
  const begin = `${beginChanging}; SET LOCAL search_path = ${schema}; SET LOCAL lock_timeout = ${lockTimeout};
    SET LOCAL statement_timeout = ${statementTimeout}; SET LOCAL idle_in_transaction_session_timeout = 0
    ${durable ? '; SET LOCAL synchronous_commit = on' : ''}`;
  let locked = false;

  /** Does it in the transaction of `lock`, or else in one of its own. */
  async function within<T>(work: () => Promise<T>): Promise<T> {
    if (locked) return work();
    await session.script(begin);
    locked = true;
    try {
      const result = await work();
      await session.script('COMMIT');
      return result;
    } catch (error) {
      if (session.broken() === null) await session.script('ROLLBACK');
      throw error;
    } finally {
      locked = false;
    }
  }

  const run = (text: string, parameters: readonly Value[] = []) => {
    const { text: translated, order } = translate(text);
    return within(() => session.run({ text: translated, parameters: order(parameters), name: 'move' }));
  };
  const script = (text: string) => within(async () => void (await session.script(text)));
  const all = async (text: string, columns: readonly string[], parameters: readonly Value[] = []) =>
    (await run(text, parameters)).rows.map(row => valuesOf(row, columns));

  return {
    name,
    async lock() {
      await session.script(`${begin}; SELECT pg_advisory_xact_lock(${writersLock})`);
      locked = true;
    },
    async commit() {
      await session.script('COMMIT');
      locked = false;
    },
    mark: () => markIn(session),
    async setMark({ id, phase, other, at }) {
      await script(`${makeMark(schema)}; ${clearMark(schema)}; ${phase === 'here' ? release : withhold}`);
      await run(addMark(schema), [id, phase, other, at]);
    },
    empty: () => {
      const counted = ['tallies_changes', 'outbox_tallies_changes'];
      const list = [...tables.map(table => table.name), ...counted].map(table => `${schema}."${table}"`);
      return script(`TRUNCATE ${list.join(', ')}`);
    },
    async workers() {
      const text = `SELECT DISTINCT owner FROM ${schema}.claims WHERE owner <> '' AND until > ${schema}.clock_ms() ORDER BY owner`;
      return (await all(text, ['owner'])).map(([owner]) => String(owner));
    },
    async counts(table) {
      const rows = await all(countsQuery(table, schema), ['state', 'rows']);
      return new Map(rows.map(([state, count]) => [String(state), Number(count)]));
    },
    rows(table, range) {
      const { text, parameters } = pageQuery(table, range, schema);
      return all(text, table.columns, parameters);
    },
    lastKey: async table => (await all(lastKeyQuery(table, schema), table.key))[0] ?? null,
    insert: (table, rows) =>
      within(async () => {
        const from = `json_populate_recordset(CAST(NULL AS ${schema}."${table.name}"), ?)`;
        for (const some of portions(rows)) {
          const objects = some.map(row => Object.fromEntries(table.columns.map((column, at) => [column, row[at]])));
          await run(insertInto(table, schema, from), [JSON.stringify(objects)]);
        }
      }),
    clear: table => script(`DELETE FROM ${schema}."${table.name}"`),
    async lastNumber() {
      const [row] = await all(
        `SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS number FROM ${schema}.outbox_seq_seq`,
        ['number'],
      );
      return Number(row?.[0]);
    },
    async goOnAfter(number) {
      await script(`SELECT setval('${schema}.outbox_seq_seq', greatest(${number}, 1), ${number > 0});
        SELECT setval('${schema}.entries_rowid_seq', greatest(max(rowid), 1), count(*) > 0) FROM ${schema}.entries`);
      for (const { name: table } of tables) await script(`ANALYZE ${schema}."${table}"`);
    },
    close: () => session.close(),
  };
}

/** Characters of the rows that are sent at once. A text can have 500 million, and JSON may write six for each. */
const mostAtOnce = 16_000_000;

/** Parts rows by their size, in their order: one has more than what is sent at once only where a single row has. */
export function portions(rows: readonly MovedRow[]): MovedRow[][] {
  const parts: MovedRow[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const length = row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);
    if (size + length > mostAtOnce) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(row);
    size += length;
  }
  return parts;
}

function valuesOf(row: Row, columns: readonly string[]): MovedRow {
  return columns.map(column => row[column] as Value);
}
