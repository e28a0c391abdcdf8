import type { NewEntry } from '../new-entry.ts';
import type { Transaction } from './driver.ts';
import { createForgottenMessages } from './forgotten-messages.ts';
import { answered, type PrepareAll, type Step } from './step.ts';

/** What is known of an entry that arrives again. */
export interface Known {
  state: string;
}

/**
 * Knows which entries the inbox has. Where other processes share it, each question is a way to a server and back. So what
 * is known of all entries that are about to arrive is read at once, when it is asked of the first of them.
 *
 * That is remembered for the one transaction. A step in between may change it: who takes an entry for unknown that is there
 * by now gets a refusal of the insert, and whether an entry is held is looked at once more when it is changed.
 */
export interface KnownIds {
  find(id: string, transaction: Transaction): Step<Known | undefined>;
  /** The same, but an empty state says that `orForgotten` has to be asked too. */
  look(id: string, transaction: Transaction): Step<Known | undefined>;
  orForgotten(id: string): Step<Known | undefined>;
  /** What the first question in a transaction asks for, as far as it is known now what is about to arrive. */
  ahead(): Step<unknown>;
  /** Does what has these entries arrive. */
  arriving<T>(entries: readonly NewEntry[], work: () => Promise<T>): Promise<T>;
  /** Call it when an entry was added, or changed in this. */
  note(id: string, known: Known, transaction: Transaction): void;
}

interface Read {
  transaction: Transaction;
  ids: Set<string>;
  /** With what is known of those that were not found, under an empty id. */
  found: Map<string, Known>;
}

/** Ids that are looked up at once. */
const most = 500;

const statements = {
  // The second row only says that the digest of an id that is not known has to be looked for: hardly ever.
  one: `SELECT state FROM entries WHERE id = ?
    UNION ALL SELECT * FROM (SELECT '' FROM messages_forgotten LIMIT 1) AS forgotten
    LIMIT 1`,
  // The last row is that one again. No id is empty. A join could be made by reading the whole table, as long as the database
  // takes it for a small one; this is one look at the index for each id.
  all: `SELECT value AS id, (SELECT state FROM entries WHERE id = value) AS found FROM json_each(?)
    UNION ALL SELECT * FROM (SELECT '', '' FROM messages_forgotten LIMIT 1) AS forgotten`,
};

export function createKnownIds(prepareAll: PrepareAll, shared: boolean): KnownIds {
  const sql = prepareAll(statements);
  const forgotten = createForgottenMessages(prepareAll);
  const expected = new Set<readonly NewEntry[]>();
  let read: Read | null = null;
  let askedAhead = new Set<string>();

  function expectedIds(): Set<string> {
    const ids = new Set<string>();
    for (const entries of expected) {
      if (ids.size >= most) break;
      for (const one of entries) ids.add(one.id);
    }
    return ids;
  }

  function* ask(ids: ReadonlySet<string>): Step<[string, Known][]> {
    const rows = yield* sql.all.all(JSON.stringify([...ids]));
    return rows.flatMap(row => (row.found === null ? [] : [[String(row.id), { state: String(row.found) }]]));
  }

  function* readAll(id: string, transaction: Transaction): Step<Known | undefined> {
    const ids = askedAhead.has(id) ? askedAhead : expectedIds().add(id);
    const found = new Map(yield* ask(ids));
    read = { transaction, ids, found };
    return known(id, read);
  }

  /** What arrived after the first question. */
  function* readMore(id: string, earlier: Read): Step<Known | undefined> {
    const { ids, found } = earlier;
    const more = new Set([id, ...expectedIds()].filter(one => !ids.has(one)));
    for (const [one, was] of yield* ask(more)) found.set(one, was);
    for (const one of more) ids.add(one);
    return known(id, earlier);
  }

  function lookAmong(id: string, transaction: Transaction): Step<Known | undefined> {
    if (read?.transaction !== transaction) return readAll(id, transaction);
    if (!read.ids.has(id)) return readMore(id, read);
    return answered(known(id, read));
  }

  function* orForgotten(id: string): Step<Known | undefined> {
    return (yield* forgotten.has(id)) ? { state: 'forgotten' } : undefined;
  }

  const look: KnownIds['look'] = shared ? lookAmong : id => sql.one.get(id) as Step<unknown> as Step<Known | undefined>;
  return {
    look,
    orForgotten,
    *find(id, transaction) {
      const known = yield* look(id, transaction);
      return known?.state === '' ? yield* orForgotten(id) : known;
    },
    ahead() {
      askedAhead = expectedIds();
      return sql.all.all(JSON.stringify([...askedAhead]));
    },
    arriving(entries, work) {
      if (!shared) return work();
      expected.add(entries);
      return work().finally(() => expected.delete(entries));
    },
    note(id, known, transaction) {
      if (read?.transaction !== transaction) return;
      read.ids.add(id);
      read.found.set(id, known);
    },
  };
}

function known(id: string, { found }: Read): Known | undefined {
  return found.get(id) ?? found.get('');
}
