import type { NewEntry } from '../new-entry.ts';
import { createDates } from './dates.ts';
import type { AboutStep, Driver, Transaction } from './driver.ts';
import type { Step } from './step.ts';

/**
 * A step that changes the store. `at`: the date of the change. `now`: the time by the database's clock alone, by which
 * what is measured begins and ends.
 */
type Change<T> = (at: number, transaction: Transaction, now: number) => Step<T>;

/** The store's transactions on its database. */
export interface Transactions extends Pick<Driver, 'read'> {
  /** `coming`: the entries that it adds. `ahead`: see `AboutStep`. */
  write<T>(step: Change<T>, coming?: readonly NewEntry[], ahead?: AboutStep['ahead']): Promise<T>;
  /** Runs a step of an operator. Other processes that share the store are told of it. */
  operate<T>(step: Change<T>): Promise<T>;
  /** Runs a step that moves a cursor. */
  moveCursor<T>(step: Change<T>, coming?: readonly NewEntry[]): Promise<T>;
}

export function createTransactions(
  driver: Pick<Driver, 'prepareAll' | 'read' | 'write' | 'shared' | 'tell'>,
): Transactions {
  const dates = createDates(driver.prepareAll, driver.shared);
  const sql = driver.prepareAll({ operate: 'UPDATE intake SET operations = operations + 1' });

  function change<T>(step: Change<T>, coming: readonly NewEntry[], transaction: Transaction, now: number): Step<T> {
    const at = dates.remembered(now, coming, transaction);
    return at === null ? withDate(step, coming, transaction, now) : step(at, transaction, now);
  }

  function* withDate<T>(step: Change<T>, coming: readonly NewEntry[], transaction: Transaction, now: number): Step<T> {
    return yield* step(yield* dates.read(now, coming, transaction), transaction, now);
  }

  function* told<T>(step: Step<T>): Step<T> {
    const done = yield* step;
    yield* sql.operate.send();
    if (driver.tell) yield* driver.tell('operated');
    return done;
  }

  const asksDate: AboutStep = { ahead: [dates.ahead] };
  const write: Transactions['write'] = (step, coming = [], ahead = []) =>
    driver.write(
      (now, transaction) => change(step, coming, transaction, now),
      ahead.length === 0 ? asksDate : { ahead: [dates.ahead, ...ahead] },
    );
  return {
    read: driver.read,
    write,
    operate: driver.shared ? step => write((...at) => told(step(...at))) : write,
    moveCursor: (step, coming = []) =>
      driver.write((now, transaction) => {
        const move: typeof step = (at, ...rest) => {
          dates.forget();
          return step(at, ...rest);
        };
        return change(move, coming, transaction, now);
      }, asksDate),
  };
}
