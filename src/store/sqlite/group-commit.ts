import type { DatabaseSync } from 'node:sqlite';
import { toStateError } from '../../state/errors.ts';
import type { PlaceCheck } from '../../state/place.ts';
import { prepareAll } from './prepare.ts';

/** Stands for one transaction: what an operation remembers of it holds for no other. */
export type Transaction = object;

export interface GroupCommit {
  /**
   * Runs the operation in the next shared transaction; resolves with its result once that is on disk. It may be run again
   * after it was undone, so it must do nothing but read and write the database.
   */
  run<T>(operation: (transaction: Transaction) => T): Promise<T>;
  /** Commits what is waiting now. */
  flush(): void;
}

interface Waiting {
  operation: (transaction: Transaction) => unknown;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** How many further turns of the event loop a group that keeps growing is left open. */
const furtherTurns = 4;

/** Runs the operations of a group in one transaction. */
interface GroupTransaction {
  /** Returns how to tell the callers; throws when the whole transaction is gone, and nothing of it was applied. */
  apply(group: readonly Waiting[]): (() => void)[];
}

function createTransaction(db: DatabaseSync, path: string): GroupTransaction {
  const sql = prepareAll(db, {
    begin: 'BEGIN IMMEDIATE',
    commit: 'COMMIT',
    rollback: 'ROLLBACK',
    savepoint: 'SAVEPOINT operation',
    release: 'RELEASE operation',
    undo: 'ROLLBACK TO operation',
  });

  function applyTogether(group: readonly Waiting[]): (() => void)[] {
    const transaction: Transaction = {};
    return group.map(({ operation, resolve }) => {
      const result = operation(transaction);
      return () => resolve(result);
    });
  }

  /** The same for one that may fail alone. */
  function applyAlone({ operation, resolve, reject }: Waiting): () => void {
    sql.savepoint.run();
    try {
      // What is undone with its savepoint must not be remembered by the next one.
      const result = operation({});
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
      return group.map(applyAlone);
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
 * One transaction, and so one fsync, for all writes asked for in one turn of the event loop, and in the next ones as long
 * as each brings more: under load a turn costs far less than an fsync. A write that comes alone waits for nobody. An
 * operation that throws is undone and rejected alone; when the transaction cannot be committed, all of it is undone and
 * all are rejected. All are rejected too when the files are found displaced: this is looked at after the commit, so that nothing
 * counts as done that a restart would not find. What was written then comes back only with the files.
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
    run<T>(operation: (transaction: Transaction) => T): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      if (queue.length === 0) setImmediate(gather, 1, furtherTurns);
      queue.push({ operation, resolve: result => resolve(result as T), reject });
      return promise;
    },
  };
}
