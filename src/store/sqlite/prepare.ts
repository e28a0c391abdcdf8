import type { DatabaseSync, SQLOutputValue, StatementResultingChanges } from 'node:sqlite';
import type { Parameters, PrepareAll, Row, Statement, Statements, Step } from '../sql/step.ts';

/** A statement as node:sqlite has it, which gives lists of values. */
interface Compiled {
  names: readonly string[];
  run(...parameters: Parameters): StatementResultingChanges;
  get(...parameters: Parameters): SQLOutputValue[] | undefined;
  all(...parameters: Parameters): SQLOutputValue[][];
}

function compile(db: DatabaseSync, text: string): Compiled {
  const statement = db.prepare(text);
  statement.setReturnArrays(true);
  return {
    names: statement.columns().map(({ name }) => name),
    run: statement.run.bind(statement) as Compiled['run'],
    get: statement.get.bind(statement) as unknown as Compiled['get'],
    all: statement.all.bind(statement) as unknown as Compiled['all'],
  };
}

/**
 * A statement that a step runs when it comes to it. It is its own iterator and its own result, and hands nothing out:
 * `yield*` costs next to nothing.
 */
class Call<T> {
  readonly done = true;
  value: T | undefined;
  private readonly answer: (parameters: Parameters) => T;
  private readonly parameters: Parameters;

  constructor(answer: (parameters: Parameters) => T, parameters: Parameters) {
    this.value = undefined;
    this.answer = answer;
    this.parameters = parameters;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): this {
    this.value = this.answer(this.parameters);
    return this;
  }
}

/** Returns a step that gives an answer when it is its turn. */
export function step<T>(answer: (parameters: Parameters) => T, parameters: Parameters = []): Step<T> {
  return new Call(answer, parameters) as unknown as Step<T>;
}

/**
 * Prepares a statement, at its first use: most are rarely or never used. That use throws what node:sqlite throws when the
 * statement does not fit the database's tables.
 *
 * The rows are made here of lists of values: the objects of node:sqlite are hash tables to V8, and to make and copy one
 * takes three times as long.
 */
function prepare(db: DatabaseSync, text: string): Statement {
  let compiled: Compiled | null = null;
  const use = (): Compiled => {
    compiled ??= compile(db, text);
    return compiled;
  };
  const run = (parameters: Parameters): number => Number(use().run(...parameters).changes);
  const get = (parameters: Parameters): Row | undefined => {
    const { names, get } = use();
    const values = get(...parameters);
    return values && toRow(names, values);
  };
  const all = (parameters: Parameters): Row[] => {
    const { names, all } = use();
    return all(...parameters).map(values => toRow(names, values));
  };
  return {
    run: (...parameters) => step(run, parameters),
    get: (...parameters) => step(get, parameters),
    all: (...parameters) => step(all, parameters),
    send: (...parameters) => step(run, parameters) as Step<unknown> as Step<void>,
  };
}

function toRow(names: readonly string[], values: readonly SQLOutputValue[]): Row {
  const row: Record<string, SQLOutputValue> = {};
  for (let at = 0; at < names.length; at += 1) row[String(names[at])] = values[at] ?? null;
  // No table has anything but texts and whole numbers.
  return row as Row;
}

/** Returns what prepares statements for a database. They answer at once, whose steps `finish` runs. */
export function createPrepareAll(db: DatabaseSync): PrepareAll {
  return <Name extends string>(statements: Readonly<Record<Name, string>>) => {
    const prepared = Object.entries<string>(statements).map(([name, text]) => [name, prepare(db, text)]);
    return Object.fromEntries(prepared) as Statements<Name>;
  };
}

/** Runs a step of statements that answer at once to its end. Throws what it throws. */
export function finish<T>(step: Step<T>): T {
  const { done, value } = step[Symbol.iterator]().next();
  if (done) return value;
  throw new TypeError(`a step waits for what SQLite does not answer: ${value.text}`);
}
