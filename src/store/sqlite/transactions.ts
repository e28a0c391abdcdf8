import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import { toStateError } from '../../state/errors.ts';
import type { DisplacedError, PlaceCheck } from '../../state/place.ts';
import { StoreError } from '../errors.ts';
import type { Driver } from '../sql/driver.ts';
import { wholeMilliseconds } from '../sql/time.ts';
import { createGroupCommit } from './group-commit.ts';
import { finish } from './prepare.ts';

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
export function createTransactions(options: TransactionsOptions): Pick<Driver, 'read' | 'write' | 'close'> & {
  /** Uses the database outside of transactions. */
  use<T>(use: () => T): Promise<T>;
} {
  const { db, path, clock, readOnly = false, displaced = () => null } = options;
  const commits = createGroupCommit(db, path, () => {
    const error = displaced();
    if (error !== null) options.onDisplaced?.(error);
    return error;
  });
  let closed = false;

  function assertOpen(): void {
    if (closed) throw new StoreError('STORE_CLOSED', `the inbox ${path} was closed`);
  }

  async function use<T>(use: () => T): Promise<T> {
    assertOpen();
    try {
      return use();
    } catch (error) {
      throw toStateError(error, path);
    }
  }

  return {
    use,
    async read(step) {
      assertOpen();
      try {
        return finish(step(clock.now()));
      } catch (error) {
        throw toStateError(error, path);
      }
    },
    async write(step) {
      assertOpen();
      if (readOnly) {
        throw new StoreError(
          'STORE_READONLY',
          `the inbox ${path} was opened for reading only, so it cannot be changed`,
        );
      }
      const now = wholeMilliseconds(clock.now(), 'the clock');
      return commits.run(transaction => step(now, transaction));
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
