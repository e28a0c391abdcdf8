import { setImmediate as nextTurn } from 'node:timers/promises';
import { toStateError } from '../../../src/state/errors.ts';
import { StoreError } from '../../../src/store/errors.ts';
import type { Driver } from '../../../src/store/sql/driver.ts';
import type { Answer, Parameters, Query, Statement, Statements, Step } from '../../../src/store/sql/step.ts';
import { createPrepareAll, finish } from '../../../src/store/sqlite/prepare.ts';
import { createSqliteDriver } from '../../../src/store/sqlite/sqlite-driver.ts';
import type { TransactionsOptions } from '../../../src/store/sqlite/transactions.ts';

/** What runs one after the other, on whichever connection. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

export function createInTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return work => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/**
 * A driver that answers each statement in a later turn of the event loop, as a server does: every statement is handed out.
 * It is made of SQLite, and says that others share the database. All drivers of one file take turns.
 */
export function createLaterDriver(options: TransactionsOptions, inTurn: InTurn): Driver {
  const { db, path, clock } = options;
  const sqlite = createSqliteDriver(options);
  const prepared = new Map<string, Statement>();
  let closed = false;

  function prepare(text: string): Statement {
    const found = prepared.get(text) ?? createPrepareAll(db)({ text }).text;
    prepared.set(text, found);
    return found;
  }

  function statement(text: string): Statement {
    const ask = function* (parameters: Parameters): Step<Answer> {
      return yield { text, parameters };
    };
    return {
      *run(...parameters) {
        return (yield* ask(parameters)).changes;
      },
      *get(...parameters) {
        return (yield* ask(parameters)).rows[0];
      },
      *all(...parameters) {
        return (yield* ask(parameters)).rows;
      },
      *send(...parameters) {
        yield* ask(parameters);
      },
    };
  }

  function answer({ text, parameters }: Query): Answer {
    if (/^(SELECT|WITH|PRAGMA)|RETURNING/.test(text))
      return { rows: finish(prepare(text).all(...parameters)), changes: 0 };
    return { rows: [], changes: finish(prepare(text).run(...parameters)) };
  }

  async function run<T>(step: Step<T>): Promise<T> {
    const turns = step[Symbol.iterator]();
    let turn = turns.next();
    while (!turn.done) {
      await nextTurn();
      let answered: Answer;
      try {
        answered = answer(turn.value);
      } catch (error) {
        if (turns.throw === undefined) throw error;
        turn = turns.throw(error);
        continue;
      }
      turn = turns.next(answered);
    }
    return turn.value;
  }

  async function work<T>(step: () => Step<T>): Promise<T> {
    if (closed) throw new StoreError('STORE_CLOSED', `the inbox ${path} was closed`);
    return inTurn(async () => {
      try {
        return await run(step());
      } catch (error) {
        throw toStateError(error, path);
      }
    });
  }

  const dataVersion = statement('PRAGMA data_version');
  const [begin, commit, rollback] = [statement('BEGIN IMMEDIATE'), statement('COMMIT'), statement('ROLLBACK')];
  return {
    ...sqlite,
    shared: true,
    prepareAll: <Name extends string>(statements: Readonly<Record<Name, string>>) =>
      Object.fromEntries(
        Object.entries<string>(statements).map(([name, text]) => [name, statement(text)]),
      ) as Statements<Name>,
    *version() {
      return Number((yield* dataVersion.get())?.data_version);
    },
    read: step => work(() => step(clock.now())),
    write: step =>
      work(function* () {
        yield* begin.run();
        try {
          const result = yield* step(clock.now(), { group: {} });
          yield* commit.run();
          return result;
        } catch (error) {
          yield* rollback.run();
          throw error;
        }
      }),
    close: () => {
      closed = true;
      return inTurn(sqlite.close);
    },
  };
}
