import type { DatabaseSync } from 'node:sqlite';
import { toStateError } from '../../state/errors.ts';
import type { PlaceCheck } from '../../state/place.ts';

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

/**
 * One transaction, and so one fsync, for all writes asked for in one turn of the event loop, and in the next ones as long
 * as each brings more: under load a turn costs far less than an fsync. A write that comes alone waits for nobody. An
 * operation that throws is undone and rejected alone; when the transaction cannot be committed, all of it is undone and
 * all are rejected. All are rejected too when the files are found displaced: this is looked at after the commit, so that nothing
 * counts as done that a restart would not find. What was written then comes back only with the files.
 */
export function createGroupCommit(db: DatabaseSync, path: string, displaced: PlaceCheck = () => null): GroupCommit {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const savepoint = db.prepare('SAVEPOINT operation');
  const release = db.prepare('RELEASE operation');
  const undo = db.prepare('ROLLBACK TO operation');
  let queue: Waiting[] = [];
  let isDisplaced = false;

  /** Returns how to tell the callers. */
  function applyTogether(group: readonly Waiting[]): (() => void)[] {
    const transaction: Transaction = {};
    return group.map(({ operation, resolve }) => {
      const result = operation(transaction);
      return () => resolve(result);
    });
  }

  /** The same for one that may fail alone; throws when the whole transaction is gone. */
  function applyAlone({ operation, resolve, reject }: Waiting): () => void {
    savepoint.run();
    try {
      // What is undone with its savepoint must not be remembered by the next one.
      const result = operation({});
      release.run();
      return () => resolve(result);
    } catch (error) {
      // SQLite ends the transaction by itself after some errors (a full disk, an I/O error).
      if (!db.isTransaction) throw error;
      undo.run();
      release.run();
      return () => reject(toStateError(error, path));
    }
  }

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
      begin.run();
      try {
        // Few fail, and a savepoint for each costs half as much as what it would protect.
        answers = applyTogether(group);
      } catch (error) {
        if (!db.isTransaction) throw error;
        rollback.run();
        begin.run();
        answers = group.map(applyAlone);
      }
      commit.run();
      assertInPlace();
    } catch (error) {
      const reason = toStateError(error, path);
      for (const { reject } of group) reject(reason);
      if (db.isTransaction) rollback.run();
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
