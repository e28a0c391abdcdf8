import type { DatabaseSync } from 'node:sqlite';
import { toStateError } from '../../state/errors.ts';
import type { PlaceCheck } from '../../state/place.ts';
import type { Transaction } from '../sql/driver.ts';
import type { Step } from '../sql/step.ts';
import { finish } from './prepare.ts';

export interface GroupCommit {
  /**
   * Runs the operation in the next shared transaction. Resolves with its result when that is on disk. An operation that
   * was undone may run again, so it must only read and write the database.
   */
  run<T>(operation: (transaction: Transaction) => Step<T>): Promise<T>;
  /** Commits what is waiting now. */
  flush(): void;
}

interface Waiting {
  operation: (transaction: Transaction) => Step<unknown>;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** How many further turns of the event loop a growing group stays open. */
const furtherTurns = 4;

/** Runs the operations of a group in one transaction. */
interface GroupTransaction {
  /** Returns functions that tell the callers. Throws when the whole transaction is gone and nothing of it was applied. */
  apply(group: readonly Waiting[]): (() => void)[];
}

function createTransaction(db: DatabaseSync, path: string): GroupTransaction {
  const sql = {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    savepoint: db.prepare('SAVEPOINT operation'),
    release: db.prepare('RELEASE operation'),
    undo: db.prepare('ROLLBACK TO operation'),
  };

  function applyTogether(waiting: readonly Waiting[]): (() => void)[] {
    const transaction: Transaction = { group: {} };
    return waiting.map(({ operation, resolve }) => {
      const result = finish(operation(transaction));
      return () => resolve(result);
    });
  }

  /** Applies an operation that may fail alone. */
  function applyAlone({ operation, resolve, reject }: Waiting, group: object): () => void {
    sql.savepoint.run();
    try {
      // What is undone with the savepoint must not be remembered by the next operation.
      const result = finish(operation({ group }));
      sql.release.run();
      return () => resolve(result);
    } catch (error) {
      // SQLite ends the transaction by itself after some errors (a full disk, an I/O error).
      if (!db.isTransaction) throw error;
      sql.undo.run();
      sql.release.run();
      return () => reject(toStateError(error, path));
    }
  }

  function applyAll(group: readonly Waiting[]): (() => void)[] {
    try {
      // Few fail, and a savepoint for each costs half as much as what it would protect.
      return applyTogether(group);
    } catch (error) {
      if (!db.isTransaction) throw error;
      sql.rollback.run();
      sql.begin.run();
      const together = {};
      return group.map(one => applyAlone(one, together));
    }
  }

  return {
    apply(group) {
      try {
        sql.begin.run();
        const answers = applyAll(group);
        sql.commit.run();
        return answers;
      } catch (error) {
        if (db.isTransaction) sql.rollback.run();
        throw error;
      }
    },
  };
}

/**
 * Makes one transaction, and so one fsync, of all writes that were requested in one turn of the event loop. The group
 * stays open for the next turns while each adds writes: under load a turn costs far less than an fsync. A single write
 * does not wait. An operation that throws is undone and rejected alone. When the transaction cannot be committed,
 * everything in it is undone and rejected.
 *
 * All are rejected too when the files are displaced. That is checked after the commit, so that nothing counts as done
 * that a restart would not find. What was written then comes back only with the files.
 */
export function createGroupCommit(db: DatabaseSync, path: string, displaced: PlaceCheck = () => null): GroupCommit {
  const transaction = createTransaction(db, path);
  let queue: Waiting[] = [];
  let isDisplaced = false;

  function assertInPlace(): void {
    const error = displaced();
    isDisplaced = error !== null;
    if (error !== null) throw error;
  }

  function flush(): void {
    if (queue.length === 0) return;
    const group = queue;
    queue = [];
    let answers: (() => void)[];
    try {
      if (isDisplaced) assertInPlace();
      answers = transaction.apply(group);
      assertInPlace();
    } catch (error) {
      const reason = toStateError(error, path);
      for (const { reject } of group) reject(reason);
      return;
    }
    for (const answer of answers) answer();
  }

  function gather(seen: number, turns: number): void {
    if (queue.length > seen && turns > 0) setImmediate(gather, queue.length, turns - 1);
    else flush();
  }

  return {
    flush,
    run<T>(operation: (transaction: Transaction) => Step<T>): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      if (queue.length === 0) setImmediate(gather, 1, furtherTurns);
      queue.push({ operation, resolve: result => resolve(result as T), reject });
      return promise;
    },
  };
}
