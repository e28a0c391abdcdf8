import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import { toStateError } from '../../state/errors.ts';
import type { DisplacedError, PlaceCheck } from '../../state/place.ts';
import { StoreError } from '../errors.ts';
import type { NewEntry } from '../new-entry.ts';
import { createDates } from './dates.ts';
import { createGroupCommit, type Transaction } from './group-commit.ts';
import { wholeMilliseconds } from './time.ts';

export interface TransactionsOptions {
  /** A database from `openDatabase`. The store closes it. */
  db: DatabaseSync;
  /** The database's path, for messages. */
  path: string;
  clock: Clock;
  readOnly?: boolean;
  displaced?: PlaceCheck;
  onDisplaced?: (error: DisplacedError) => void;
}

/** The store's transactions on the database: errors become `StateError`, and changes go into shared transactions. */
export interface Transactions {
  read<T>(query: () => T): Promise<T>;
  /** `at`: the date of the change. `coming`: the entries that it adds. */
  write<T>(step: (at: number, transaction: Transaction) => T, coming?: readonly NewEntry[]): Promise<T>;
  /** Runs a step that moves a cursor. */
  moveCursor<T>(step: (at: number, transaction: Transaction) => T, coming?: readonly NewEntry[]): Promise<T>;
  /** Commits the requested changes, then closes. */
  close(): Promise<void>;
}

export function createTransactions(options: TransactionsOptions): Transactions {
  const { db, path, clock, readOnly = false, displaced = () => null } = options;
  const dates = createDates(db);
  const commits = createGroupCommit(db, path, () => {
    const error = displaced();
    if (error !== null) options.onDisplaced?.(error);
    return error;
  });
  let closed = false;

  function assertOpen(): void {
    if (closed) throw new StoreError('STORE_CLOSED', `the inbox ${path} was closed`);
  }

  async function write<T>(
    step: (at: number, transaction: Transaction) => T,
    coming: readonly NewEntry[] = [],
  ): Promise<T> {
    assertOpen();
    if (readOnly) {
      throw new StoreError('STORE_READONLY', `the inbox ${path} was opened for reading only, so it cannot be changed`);
    }
    const now = wholeMilliseconds(clock.now(), 'the clock');
    return commits.run(transaction => step(dates.at(now, coming), transaction));
  }

  return {
    async read(query) {
      assertOpen();
      try {
        return query();
      } catch (error) {
        throw toStateError(error, path);
      }
    },
    write,
    moveCursor: (step, coming) =>
      write((at, transaction) => {
        dates.forget();
        return step(at, transaction);
      }, coming),
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
