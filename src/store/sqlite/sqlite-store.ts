import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import { toStateError } from '../../state/errors.ts';
import type { DisplacedError, PlaceCheck } from '../../state/place.ts';
import { StoreError } from '../errors.ts';
import { type Counts, type Entry, type EntryState, entryStates, type NewEntry, type Store } from '../store.ts';
import { createGroupCommit, type Transaction } from './group-commit.ts';
import { createInserts } from './insert.ts';
import { listQuery, queries } from './queries.ts';
import { wholeMilliseconds } from './time.ts';
import { createTransitions } from './transitions.ts';

/** How many entries one transaction of `prune` forgets, so that the event loop turns in between. */
const pruneChunk = 200;
/** No entry was touched before this program was written. */
const earliestTouch = Date.UTC(2026, 0, 1);

export interface SqliteStoreOptions {
  /** As `openDatabase` returns it; the store closes it. */
  db: DatabaseSync;
  /** For messages. */
  path: string;
  clock: Clock;
  readOnly?: boolean;
  displaced?: PlaceCheck;
  onDisplaced?: (error: DisplacedError) => void;
}

/** The store over an open database; see `openStore` in `open.ts`. */
export function createSqliteStore(options: SqliteStoreOptions): Store {
  const { db, path, clock, readOnly = false, displaced = () => null } = options;
  const inserts = createInserts(db);
  const transitions = createTransitions(db);
  const commits = createGroupCommit(db, path, () => {
    const error = displaced();
    if (error !== null) options.onDisplaced?.(error);
    return error;
  });
  const select = {
    cursor: db.prepare(queries.cursor),
    lanes: db.prepare(queries.lanes),
    head: db.prepare(queries.head),
    waiting: db.prepare(queries.waiting),
    failing: db.prepare(queries.failing),
    get: db.prepare(queries.get),
    context: db.prepare(queries.context),
    contextCount: db.prepare(queries.contextCount),
    amendments: db.prepare(queries.amendments),
    counts: db.prepare(queries.counts),
    dataVersion: db.prepare(queries.dataVersion),
    shown: db.prepare(queries.shown),
    proven: db.prepare(queries.proven),
  };
  const moveCursor = db.prepare('UPDATE intake SET cursor = :cursor, proven = iif(:proven, :cursor, proven)');
  const writeProbe = db.prepare('UPDATE intake SET probes = probes + 1 RETURNING probes');
  const readProbe = db.prepare('SELECT probes FROM intake');
  let dataVersion = select.dataVersion.get()?.data_version;
  let closed = false;
  let known: { byCursor: boolean; time: number } | null = null;

  function assertOpen(): void {
    if (closed) throw new StoreError('STORE_CLOSED', `the inbox ${path} was closed`);
  }

  async function read<T>(query: () => T): Promise<T> {
    assertOpen();
    try {
      return query();
    } catch (error) {
      throw toStateError(error, path);
    }
  }

  /**
   * The time as others have shown it: the cursor, else the newest entry. Read once, and again after the cursor was moved: only this
   * process takes entries and moves the cursor, and each write costs a tenth more where it is asked for each time.
   */
  function shown(coming: readonly NewEntry[]): number {
    if (known === null) {
      const { cursor, newest } = select.shown.get() as { cursor: number | null; newest: number | null };
      known = { byCursor: cursor !== null, time: cursor ?? newest ?? 0 };
    }
    if (known.byCursor) return known.time;
    for (const { occurredAt } of coming) if (occurredAt > known.time) known.time = occurredAt;
    return known.time;
  }

  /** `coming`: what the step adds. */
  async function write<T>(
    step: (at: number, transaction: Transaction) => T,
    coming: readonly NewEntry[] = [],
  ): Promise<T> {
    assertOpen();
    if (readOnly) {
      throw new StoreError('STORE_READONLY', `the inbox ${path} was opened for reading only, so it cannot be changed`);
    }
    const at = wholeMilliseconds(clock.now(), 'the clock');
    return commits.run(transaction =>
      step(Math.max(at, wholeMilliseconds(shown(coming), 'the time of an entry')), transaction),
    );
  }

  return {
    accept: entries => write((at, transaction) => inserts.accept(entries, at, transaction), entries),
    hold: entries => write(at => inserts.hold(entries, at), entries),
    endPass: end =>
      write(at => {
        known = null;
        return inserts.endPass(end, at);
      }, end.entries),
    releaseHeld: newestFirst => write(at => inserts.releaseHeld(newestFirst, at)),
    cursor: () => read(() => select.cursor.get()?.cursor as number | null),
    proven: () => read(() => select.proven.get()?.proven as number | null),
    setCursor: (position, { proven } = { proven: false }) =>
      write(() => {
        known = null;
        moveCursor.run({ cursor: wholeMilliseconds(position, 'the cursor'), proven: Number(proven) });
      }),

    lanes: () => read(() => select.lanes.all().map(row => String(row.lane))),
    head: lane => read(() => toEntry(select.head.get(lane))),
    waiting: (lane, limit) => read(() => select.waiting.all(lane, limit).map(row => ({ ...row }) as unknown as Entry)),
    failing: ({ attempts, limit }) =>
      read(() => select.failing.all(attempts, limit).map(row => ({ ...row }) as unknown as Entry)),
    begin: (id, run) => write(at => transitions.begin(id, run, at)),
    settle: (id, outcome, merged = [], overtaken = []) =>
      write(at => transitions.settle(id, outcome, { merged, overtaken }, at)),
    note: id => write(at => transitions.note(id, at)),
    revise: (id, revision) => write(at => transitions.revise(id, revision, at)),
    context: (id, limit) =>
      read(() => {
        const entries = select.context
          .all(id, limit)
          .reverse()
          .map(row => ({ ...row }) as unknown as Entry);
        const count = entries.length < limit ? entries.length : Number(select.contextCount.get(id)?.count);
        return { entries, count };
      }),
    amendments: of => read(() => select.amendments.all(of).map(row => ({ ...row }) as unknown as Entry)),
    fail: (id, reason, run) => write(at => transitions.fail(id, reason, run, at)),
    defer: (id, wait) => write(at => transitions.defer(id, wait, at)),

    counts: () => read(() => toCounts(select.counts.all())),
    list: ({ states = entryStates, limit }) =>
      read(() => {
        const wanted = [...new Set(states)];
        if (wanted.length === 0) return [];
        const parameters = wanted.flatMap(state => [state, limit]);
        const rows = db.prepare(listQuery(wanted.length)).all(...parameters, limit);
        return rows.map(row => ({ ...row }) as unknown as Entry);
      }),
    get: id => read(() => toEntry(select.get.get(id))),
    retry: (ids, options) => write(at => transitions.retry(ids, options, at)),
    drop: ids => write(at => transitions.drop(ids, at)),

    async prune(before) {
      const limit = wholeMilliseconds(before, 'the time before which to forget');
      while ((await write(at => (at < earliestTouch ? 0 : transitions.redate(earliestTouch, at, pruneChunk)))) > 0);
      for (let forgotten = 0; ; ) {
        const count = await write(() => transitions.prune(limit, pruneChunk));
        forgotten += count;
        if (count < pruneChunk) return forgotten;
      }
    },
    changedElsewhere: () =>
      read(() => {
        const before = dataVersion;
        dataVersion = select.dataVersion.get()?.data_version;
        return dataVersion !== before;
      }),
    displaced,
    async probe() {
      const written = await write(() => Number(writeProbe.get()?.probes));
      const found = await read(() => Number(readProbe.get()?.probes));
      // Others probe too, so a higher number is as good.
      if (found < written) {
        throw new StoreError('STORE_IO', `the inbox ${path} does not keep what is written to it`, {
          hint: 'Check the disk of the state directory.',
        });
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      try {
        commits.flush();
        db.close();
      } catch (error) {
        throw toStateError(error, path);
      }
    },
  };
}

function toEntry(row: Record<string, unknown> | undefined): Entry | null {
  return row === undefined ? null : ({ ...row } as unknown as Entry);
}

function toCounts(rows: Record<string, unknown>[]): Counts {
  const byState = Object.fromEntries(entryStates.map(state => [state, 0])) as Record<EntryState, number>;
  for (const { state, entries } of rows) byState[state as EntryState] = Number(entries);
  return { byState, oldestUndelivered: (rows[0]?.oldest ?? null) as number | null };
}
