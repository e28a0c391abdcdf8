import type { Entry, Store } from '../store.ts';
import { entry } from './queries.ts';
import type { PrepareAll } from './step.ts';
import type { Transactions } from './transactions.ts';

/** Ids that are looked at in one turn of the event loop: some milliseconds. */
const chunk = 5000;

const statements = {
  newest: `SELECT rowid AS seq, ${entry} FROM entries ORDER BY rowid DESC LIMIT +?`,
  after: `SELECT rowid AS seq, ${entry} FROM entries WHERE rowid > +? ORDER BY rowid LIMIT +?`,
  last: 'SELECT max(rowid) AS last FROM entries',
  ids: 'SELECT id FROM entries WHERE id > +? ORDER BY id LIMIT +?',
  outgoing: 'SELECT seq, id, sent_id AS sentId FROM outbox WHERE seq > +? ORDER BY seq LIMIT +?',
};

/** How people look for entries: by their arrival, and by the ends of ids. */
export function createLookups(
  prepareAll: PrepareAll,
  { read }: Pick<Transactions, 'read'>,
): Pick<Store, 'arrivals' | 'endingWith'> {
  const sql = prepareAll(statements);
  const turn = () => new Promise<void>(resolve => setImmediate(resolve));

  async function entriesEnding(end: string, most: number): Promise<string[]> {
    const found: string[] = [];
    for (let last = ''; found.length < most; ) {
      const ids = (await read(() => sql.ids.all(last, chunk))).map(({ id }) => String(id));
      found.push(...ids.filter(id => id.endsWith(end)));
      if (ids.length < chunk) break;
      last = ids.at(-1) ?? '';
      await turn();
    }
    return found.slice(0, most);
  }

  async function outgoingEnding(end: string, most: number): Promise<string[]> {
    const found: string[] = [];
    for (let last = 0; found.length < most; ) {
      const rows = await read(() => sql.outgoing.all(last, chunk));
      const meant = rows.filter(({ id, sentId }) => String(id).endsWith(end) || String(sentId ?? '').endsWith(end));
      found.push(...meant.map(({ id }) => String(id)));
      if (rows.length < chunk) break;
      last = Number(rows.at(-1)?.seq);
      await turn();
    }
    return found.slice(0, most);
  }

  return {
    arrivals: ({ after, limit }) =>
      read(function* () {
        const rows = after === null ? (yield* sql.newest.all(limit)).reverse() : yield* sql.after.all(after, limit);
        const last = rows.at(-1)?.seq ?? (yield* sql.last.get())?.last ?? 0;
        const entries = rows.map(({ seq: _, ...values }) => values as unknown as Entry);
        return { entries, last: Number(last) };
      }),
    endingWith: async (end, most) => ({
      entries: await entriesEnding(end, most),
      outgoing: await outgoingEnding(end, most),
    }),
  };
}
