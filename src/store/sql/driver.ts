import type { DisplacedError } from '../../state/place.ts';
import type { News } from '../news.ts';
import type { PrepareAll, Step, Value } from './step.ts';

/** Identifies one transaction. What an operation remembers of it is not valid for another one. */
export interface Transaction {
  /** Identifies all that is committed together with it: operations that may be undone alone have one of their own each. */
  readonly group: object;
}

/** What is known of a step before it is run. */
export interface AboutStep {
  /**
   * It makes no difference when a crash of the database undoes it as if it had never been; then it may resolve before it is
   * on disk.
   */
  readonly mayBeLost?: boolean;
  /** Its `now` must not be earlier than the request: a lease is counted from that moment on. */
  readonly timed?: boolean;
  /**
   * Each returns a statement that only reads, as the step hands it out when it asks for it: a server is asked for it when
   * the transaction begins. Once something was changed in the transaction, it is asked once more.
   */
  readonly ahead?: readonly (() => Step<unknown>)[];
}

/**
 * A database, as the store's rules use it. Steps get everything of it by statements, so that it may answer at once or
 * later. The errors of its methods are `StateError`s.
 */
export interface Driver {
  readonly prepareAll: PrepareAll;
  /** What its messages call it, for example `the inbox /var/lib/kapso-whatsapp/inbox.sqlite`. */
  readonly name: string;
  /** Where an operator should look when it does not keep what is written to it. */
  readonly lossHint: string;
  /**
   * Whether other processes change it in the middle of their work as this one does, and reads may overlap this one's
   * writes. Then nothing is remembered of it but what `version` vouches for, within transactions.
   */
  readonly shared: boolean;
  /**
   * Runs a step that only reads. It sees what was committed, but not always of one moment: others may commit between its
   * statements. `now`: this moment by the database's clock, in milliseconds.
   */
  read<T>(step: (now: number) => Step<T>): Promise<T>;
  /**
   * Runs a step in a transaction, together with others that were requested at about the same time; no other transaction
   * changes the database meanwhile. Resolves with its result when that is on disk. A step that throws is undone and
   * rejected alone. One that was undone may run again, so it must only read and write the database. `now`: as for `read`,
   * in whole milliseconds.
   */
  write<T>(step: (now: number, transaction: Transaction) => Step<T>, about?: AboutStep): Promise<T>;
  /** Tells other processes when this transaction is committed. Absent where nobody can be told. */
  readonly tell?: (news: News) => Step<void>;
  /** Calls back with what other processes tell. Returns a function that ends this. Absent where nothing is told. */
  readonly onNews?: (listener: (news: News) => void) => () => void;
  /** Gives another value after another process has committed a change. */
  version(): Step<Value>;
  /**
   * The same for what is known of contacts: it gives another value after another process has changed that, and others may
   * leave it as it is. To ask within transactions that change something.
   */
  contactsVersion(): Step<Value>;
  /** Has what is deleted from now on overwritten, where the database keeps it. */
  overwriteDeleted(): Promise<void>;
  /** See `Forgetting`. */
  compact(part: 'all' | 'log'): Promise<boolean>;
  /** See `Upkeep`. */
  displaced(): DisplacedError | null;
  /** Commits the requested changes, then closes. */
  close(): Promise<void>;
}
