import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { counted } from '../../counted.ts';
import { StoreError } from '../errors.ts';
import { type MovedTable, type MoveMark, type MoveSide, type Range, rowsAtOnce } from '../moving.ts';
import { createDigest, type Digest, digestOf, type TableDigest, withoutNull } from './digest.ts';

export interface MoveOptions {
  source: MoveSide;
  target: MoveSide;
  tables: readonly MovedTable[];
  clock: Clock;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

/** How far it has come: rows of all tables that were copied, and then those that were compared. */
export interface Progress {
  doing: 'copy' | 'compare';
  rows: number;
  of: number;
}

export interface Moved {
  /** What both databases have, by table. */
  tables: ReadonlyMap<string, TableDigest>;
  /** Of all tables. */
  sha256: string;
  /** Rows that were there of an attempt before. */
  kept: number;
}

/**
 * Moves an inbox to another database. The source stays as it is, and is marked at the end: nobody opens it from then on.
 * The target is marked from the beginning to the end. It is not used before the source is marked, so at no moment two are
 * in use. Ended at whatever moment, another call goes on with it.
 *
 * Rejects with STORE_BUSY while others work on one of them, STORE_OCCUPIED when the target has another inbox, STORE_MOVED
 * when the source is none, STORE_DAMAGED when the target does not give back what it got, other `StateError`s, and the
 * signal's reason.
 */
export async function moveInbox(options: MoveOptions): Promise<Moved> {
  const { source, target, tables, clock } = options;
  const mark = await begin(options);
  const of = await countAll(source, tables);
  const copied = new Map<string, TableDigest>();
  let [rows, kept] = [0, 0];
  const report = (doing: Progress['doing']) => (more: number) => {
    rows += more;
    options.onProgress({ doing, rows, of });
  };
  for (const table of tables) {
    const copy = await copyTable(table, options, report('copy'));
    copied.set(table.name, copy.digest);
    kept += copy.kept;
  }
  rows = 0;
  for (const table of tables) {
    const there = createDigest(table);
    await readAll(target, table, {}, options, page => {
      there.add(page);
      report('compare')(page.length);
    });
    assertEqual(table, { here: copied.get(table.name), there: there.now() }, options);
  }
  await target.goOnAfter(await source.lastNumber());
  // The target has all of it on disk before the source says so. By the time they know each other again: see `assertMayLeave`.
  const at = mark.phase === 'moved' ? mark.at : clock.now();
  await setMark(target, { ...mark, phase: 'arriving', other: source.name, at });
  await source.setMark({ ...mark, phase: 'moved', other: target.name, at });
  await source.commit();
  await setMark(target, { ...mark, phase: 'here', other: source.name, at: clock.now() });
  return { tables: copied, sha256: digestOf(copied), kept };
}

/**
 * When the source's inbox was moved to the target, in milliseconds since the epoch; null unless it is in use there. A target
 * is the same one under whatever name.
 */
export async function movedBefore({ source, target }: Pick<MoveOptions, 'source' | 'target'>): Promise<number | null> {
  const [mark, there] = [await source.mark(), await target.mark()];
  const isThere = mark?.phase === 'moved' && there?.phase === 'here' && there.id === mark.id;
  return isThere ? mark.at : null;
}

async function setMark(side: MoveSide, mark: MoveMark): Promise<void> {
  await side.lock();
  await side.setMark(mark);
  await side.commit();
}

/** Locks the source, and makes the target ready for it. Resolves to what the source says of itself. */
async function begin({ source, target, tables, clock }: MoveOptions): Promise<MoveMark> {
  for (const side of [source, target]) await assertFree(side);
  await source.lock();
  const found = await source.mark();
  const mark = found ?? { id: randomUUID(), phase: 'here' as const, other: target.name, at: clock.now() };
  await target.lock();
  const there = await target.mark();
  assertMayLeave(source, mark, there);
  if (isBegun(mark, there)) {
    await target.commit();
    return mark;
  }
  await assertMayArrive(target, there, { mark, tables });
  // It must know its own name before the target does: else nobody would know whose the target's beginning is.
  if (found === null) {
    await source.setMark(mark);
    await source.commit();
    await source.lock();
  }
  await target.empty();
  await target.setMark({ ...mark, phase: 'arriving', other: source.name, at: clock.now() });
  await target.commit();
  return mark;
}

/** Rejects while others work on the database. */
export async function assertFree(side: MoveSide): Promise<void> {
  const workers = await side.workers();
  if (workers.length === 0) return;
  throw new StoreError('STORE_BUSY', `a poller works on ${side.name}: ${workers.join(', ')}`, {
    hint: 'Stop it first. One that was killed counts for some seconds more.',
  });
}

/** Whether an attempt before has begun the move. */
export function isBegun(mark: MoveMark | null, there: MoveMark | null): boolean {
  return there?.phase === 'arriving' && there.id === mark?.id;
}

/**
 * Throws when the source is not whole, or was moved already. It goes on where the only thing missing is the target's mark: to
 * another database, where an attempt had been left, it may have been moved since, and be in use there.
 */
export function assertMayLeave({ name }: MoveSide, mark: MoveMark | null, there: MoveMark | null): void {
  if (mark?.phase === 'arriving') {
    throw new StoreError('STORE_MOVED', `${name} is not whole: it is being moved here from ${mark.other}`, {
      hint: 'Go on with that move, in the other direction. Nothing was changed.',
    });
  }
  if (mark?.phase !== 'moved' || (isBegun(mark, there) && there?.at === mark.at)) return;
  const at = new Date(mark.at).toISOString();
  throw new StoreError('STORE_MOVED', `${name} was moved to ${mark.other} already, at ${at}`, {
    hint: 'Start the poller with the inbox that is there. Nothing was changed.',
  });
}

/** Rejects when the target has another inbox than the source's former one, or an unfinished part of another. */
export async function assertMayArrive(
  target: MoveSide,
  there: MoveMark | null,
  { mark, tables }: { mark: MoveMark | null; tables: readonly MovedTable[] },
): Promise<void> {
  if (there !== null && there.phase !== 'here' && there.id === mark?.id) return;
  if (there?.phase === 'arriving') {
    throw occupied(target, `has a part of the inbox that is being moved there from ${there.other}`);
  }
  const found: string[] = [];
  // The one row of `intake` is in every new database.
  for (const table of tables.filter(({ name }) => name !== 'intake')) {
    const rows = sum(await target.counts(table));
    if (rows > 0) found.push(`${counted(rows, 'row')} in ${table.name}`);
  }
  if (found.length > 0) throw occupied(target, `has an inbox of its own: ${found.join(', ')}`);
}

function occupied({ name }: MoveSide, what: string): StoreError {
  return new StoreError('STORE_OCCUPIED', `${name} ${what}`, {
    hint:
      'Choose another one. If nothing of it is needed, remove it first: DROP SCHEMA kapso_whatsapp CASCADE in the database, ' +
      'or inbox.sqlite of the state directory, moved away. Nothing was changed.',
  });
}

export const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((all, one) => all + one, 0);

async function countAll(side: MoveSide, tables: readonly MovedTable[]): Promise<number> {
  let rows = 0;
  for (const table of tables) rows += sum(await side.counts(table));
  return rows;
}

/** Reads the rows of a range in their order, a page at a time. */
async function readAll(
  side: MoveSide,
  table: MovedTable,
  range: Range,
  { signal }: Pick<MoveOptions, 'signal'>,
  take: (rows: ReturnType<typeof withoutNull>) => Promise<void> | void,
): Promise<void> {
  let after = range.after ?? null;
  for (;;) {
    // SQLite answers at once: signals and the progress get their turn here.
    await setImmediate();
    signal.throwIfAborted();
    const rows = withoutNull(await side.rows(table, { ...range, after }));
    await take(rows);
    const last = rows.at(-1);
    if (last === undefined || table.key.length === 0 || rows.length < rowsAtOnce) return;
    after = table.key.map(column => last[table.columns.indexOf(column)] ?? null);
  }
}

/** Copies the rows of a table that are not there yet. Resolves to the digest of all, and the number of those that were there. */
async function copyTable(
  table: MovedTable,
  options: MoveOptions,
  onRows: (rows: number) => void,
): Promise<{ digest: TableDigest; kept: number }> {
  const { source, target } = options;
  const { digest, after } = await findBeginning(table, options);
  const kept = digest.now().rows;
  onRows(kept);
  await readAll(source, table, { after }, options, async rows => {
    digest.add(rows);
    if (rows.length > 0) await target.insert(table, rows);
    onRows(rows.length);
  });
  return { digest: digest.now(), kept };
}

/**
 * Finds out how much of a table an attempt before has copied. The source may have been in use since: where the target has
 * anything else than the first rows of the source, the table begins again.
 */
async function findBeginning(
  table: MovedTable,
  options: MoveOptions,
): Promise<{ digest: Digest; after: NonNullable<Range['after']> | null }> {
  const { source, target } = options;
  const last = table.key.length > 0 ? await target.lastKey(table) : null;
  if (last !== null) {
    const [here, there] = [createDigest(table), createDigest(table)];
    await readAll(source, table, { upTo: last }, options, here.add);
    await readAll(target, table, {}, options, there.add);
    if (here.now().sha256 === there.now().sha256) return { digest: here, after: last };
  }
  await target.clear(table);
  return { digest: createDigest(table), after: null };
}

function assertEqual(
  { name }: MovedTable,
  { here, there }: { here: TableDigest | undefined; there: TableDigest },
  { source, target }: MoveOptions,
): void {
  if (here?.sha256 === there.sha256) return;
  throw new StoreError(
    'STORE_DAMAGED',
    `${target.name} does not have what was written to its table ${name}: ${counted(there.rows, 'row')}, SHA-256 ${there.sha256}, ` +
      `and not ${counted(here?.rows ?? 0, 'row')}, SHA-256 ${here?.sha256}`,
    { hint: `Look for what else changes it, and run the command again. ${source.name} is whole.` },
  );
}
