import type { DatabaseSync } from 'node:sqlite';
import { toStoreError } from './errors.ts';

export interface GroupCommit {
  /** Runs the operation in the next shared transaction; resolves with its result once that is on disk. */
  run<T>(operation: () => T): Promise<T>;
  /** Commits what is waiting now. */
  flush(): void;
}

interface Waiting {
  operation: () => unknown;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** How many further turns of the event loop a group that keeps growing is left open. */
const furtherTurns = 4;

/**
 * One transaction, and so one fsync, for all writes asked for in one turn of the event loop, and in the next ones as long
 * as each brings more: under load a turn costs far less than an fsync. A write that comes alone waits for nobody. An
 * operation that throws is undone and rejected alone; when the transaction cannot be committed, all of it is undone and
 * all are rejected.
 */
export function createGroupCommit(db: DatabaseSync, path: string): GroupCommit {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const savepoint = db.prepare('SAVEPOINT operation');
  const release = db.prepare('RELEASE operation');
  const undo = db.prepare('ROLLBACK TO operation');
  let queue: Waiting[] = [];

  /** Returns how to tell the caller; throws when the whole transaction is gone. */
  function apply({ operation, resolve, reject }: Waiting): () => void {
    savepoint.run();
    try {
      const result = operation();
      release.run();
      return () => resolve(result);
    } catch (error) {
      // SQLite ends the transaction by itself after some errors (a full disk, an I/O error).
      if (!db.isTransaction) throw error;
      undo.run();
      release.run();
      return () => reject(toStoreError(error, path));
    }
  }

  function flush(): void {
    if (queue.length === 0) return;
    const group = queue;
    queue = [];
    const answers: (() => void)[] = [];
    try {
      begin.run();
      for (const waiting of group) answers.push(apply(waiting));
      commit.run();
    } catch (error) {
      const reason = toStoreError(error, path);
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
    run<T>(operation: () => T): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      if (queue.length === 0) setImmediate(gather, 1, furtherTurns);
      queue.push({ operation, resolve: result => resolve(result as T), reject });
      return promise;
    },
  };
}
