/** What `state migrate` uses: a part of its own, which the other commands need not load. */
import type { Clock } from '../../clock.ts';
import { isOurs } from '../../errors.ts';
import { acquireLock, isLocked } from '../../state/lock.ts';
import { StoreError } from '../errors.ts';
import type { MoveSide } from '../moving.ts';
import { openFileSide } from '../sqlite/move-side.ts';
import { movedTables } from '../sqlite/moved-tables.ts';
import {
  assertFree,
  assertMayArrive,
  assertMayLeave,
  isBegun,
  type Moved,
  movedBefore,
  moveInbox,
  type Progress,
} from './move.ts';

export interface MoveStateOptions {
  /** The state directory. */
  dir: string;
  /** The address of the database, as `state.database` has it. */
  database: string;
  to: 'sqlite' | 'postgresql';
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
}

export interface MovedState extends Moved {
  /** What messages call the two databases. */
  from: string;
  to: string;
}

/** Moves the inbox of a state directory to a database, or back; see `moveInbox`. Rejects with STORE_LOCKED beside a poller. */
export async function moveState(
  options: MoveStateOptions & { signal: AbortSignal; onProgress: (progress: Progress) => void },
): Promise<MovedState> {
  const lock = acquireLock(options.dir);
  try {
    return await withSides(options, false, async ({ source, target }) => {
      if (target === null) throw new TypeError('a target that can be written is there');
      const moved = await moveInbox({ ...options, source, target, tables: movedTables() });
      return { ...moved, from: source.name, to: target.name };
    });
  } finally {
    lock.release();
  }
}

/** A move that has ended before. */
export interface FormerMove {
  from: string;
  to: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/**
 * Finds out whether a move like this one has ended before, and what was moved is in use at its target. It changes nothing,
 * and pollers may be running. Null also where one of the two cannot be looked at: whoever moves finds out why.
 */
export async function findFormerMove(options: MoveStateOptions): Promise<FormerMove | null> {
  try {
    return await withSides(options, true, async ({ source, target }) => {
      const at = target === null ? null : await movedBefore({ source, target });
      return target === null || at === null ? null : { from: source.name, to: target.name, at };
    });
  } catch (error) {
    if (!isOurs(error)) throw error;
    return null;
  }
}

/** What would be moved. */
export interface PlannedMove {
  from: string;
  /** Null where there is no inbox yet. */
  to: string | null;
  /** Whether an attempt before has begun it. */
  begun: boolean;
  /** Rows by table and state. */
  tables: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Finds out what `moveState` would do, and changes nothing. Rejects with what would stand in its way. */
export async function planMove(options: MoveStateOptions): Promise<PlannedMove> {
  if (isLocked(options.dir)) {
    throw new StoreError('STORE_LOCKED', `a poller works on the state directory ${options.dir}`, {
      hint: 'Stop it for the move.',
    });
  }
  const tables = movedTables();
  return withSides(options, true, async ({ source, target }) => {
    const mark = await source.mark();
    const there = (await target?.mark()) ?? null;
    await assertFree(source);
    assertMayLeave(source, mark, there);
    if (target !== null) {
      await assertFree(target);
      await assertMayArrive(target, there, { mark, tables });
    }
    const counts = new Map<string, ReadonlyMap<string, number>>();
    for (const table of tables) counts.set(table.name, await source.counts(table));
    return { from: source.name, to: target?.name ?? null, begun: isBegun(mark, there), tables: counts };
  });
}

/** Opens both databases. A target that is only looked at may be missing: null. */
async function withSides<T>(
  { dir, database, to, clock, random }: MoveStateOptions,
  readOnly: boolean,
  use: (sides: { source: MoveSide; target: MoveSide | null }) => Promise<T>,
): Promise<T> {
  const { openDatabaseSide } = await import('#postgres');
  const opened: MoveSide[] = [];
  const keep = (side: MoveSide) => {
    opened.push(side);
    return side;
  };
  const file = async (role: 'source' | 'target') => keep(openFileSide(dir, { role, readOnly }));
  const shared = async () =>
    keep(await openDatabaseSide({ url: database, readOnly, tables: movedTables(), clock, random }));
  try {
    const source = await (to === 'sqlite' ? shared() : file('source'));
    const target = await (to === 'sqlite' ? file('target') : shared()).catch(error => {
      if (readOnly && (error as { code?: unknown }).code === 'STORE_MISSING') return null;
      throw error;
    });
    return await use({ source, target });
  } finally {
    for (const side of opened) await side.close().catch(() => {});
  }
}
