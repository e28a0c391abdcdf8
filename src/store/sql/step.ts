/**
 * Steps: the store's rules, for whichever database. A step runs inside a transaction. It reads and writes by statements
 * alone, so that it can be undone and run again. It is a generator that hands each statement out (`yield*`): SQLite
 * answers at once, a server after a while, and nothing of the same transaction comes in between.
 *
 * The statements are in words that SQLite and PostgreSQL both know, with `INDEXED BY` and a `+` before a parameter for
 * SQLite alone. Texts are compared byte by byte.
 */

/** What a statement takes. */
export type Value = string | number | null;

/** What a statement gives. Truth is 1 or 0, or true or false: it is good as a condition only. */
export type Row = Record<string, Value | boolean>;

/** A statement that a step wants to have run, as its driver knows it. */
export interface Query {
  readonly text: string;
  readonly parameters: Parameters;
  /** The step goes on without the answer, whatever it is. */
  readonly unanswered?: true;
}

export interface Answer {
  readonly rows: Row[];
  /** The rows that were inserted, updated or deleted. */
  readonly changes: number;
}

/**
 * `const row = yield* step`. Nothing of it is done before that. What a database answers at once may end without handing
 * anything out.
 */
export type Step<T> = Iterable<Query, T, Answer>;

/** A step that has ended before it began. It costs a fifth of a generator, of which a message has many. */
class Answered<T> {
  readonly done = true;
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): this {
    return this;
  }
}

/** Returns a step that asks nothing and gives this. */
export function answered<T>(value: T): Step<T> {
  return new Answered(value);
}

/** By position, or one object of values by name. */
export type Parameters = readonly Value[] | readonly [Readonly<Record<string, Value>>];

export interface Statement {
  /** Returns the number of changed rows. */
  run(...parameters: Parameters): Step<number>;
  /** Returns the first row, which belongs to the caller. */
  get(...parameters: Parameters): Step<Row | undefined>;
  all(...parameters: Parameters): Step<Row[]>;
  /**
   * Has it run in its turn, and does not wait: with a server, that is a way there and back less. Where it fails, the
   * statement after it or the end of the transaction does.
   */
  send(...parameters: Parameters): Step<void>;
}

/** Statements by name. */
export type Statements<Name extends string> = Record<Name, Statement>;

/**
 * Prepares statements for a database, under the same names.
 *
 * A condition or limit with a bare parameter may have SQLite compile the statement again for each value: with another
 * value another index might be better. With `+` before the parameter it does not. A test finds those that need it.
 */
export type PrepareAll = <Name extends string>(statements: Readonly<Record<Name, string>>) => Statements<Name>;
