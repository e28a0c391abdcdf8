import { StoreError } from '../errors.ts';
import type { AboutStep, Transaction } from '../sql/driver.ts';
import type { Answer, Step } from '../sql/step.ts';
import { createAhead } from './ahead.ts';
import type { Begun } from './change.ts';
import { isTimeout } from './errors.ts';
import { createJoiner } from './joined.ts';
import { runStep } from './prepare.ts';
import { endWriting, tidyChanges } from './scripts.ts';
import { type Command, onlyRow, type Session } from './session.ts';

export interface Writer {
  /**
   * Runs a step in the next transaction, together with what else waits for it. Resolves with its result when that is
   * committed.
   */
  run<T>(step: (now: number, transaction: Transaction) => Step<T>, about?: AboutStep): Promise<T>;
  /** Commits what waits. Resolves when nothing is under way. */
  end(): Promise<void>;
}

interface Waiting {
  step: (now: number, transaction: Transaction) => Step<unknown>;
  about: AboutStep;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

export interface WriterOptions {
  /** The connection for changes, opened again where it broke. */
  session: () => Promise<Session>;
  /** Statements that begin a transaction; see `beginWriting`. */
  begin: (session: Session) => string;
  /** Notes the change; see `changeOf`. */
  change: Command;
  /** What messages call the database. */
  name: string;
  /** What answers a statement in place of the database. */
  answers: (command: Command) => Answer | undefined;
  /** Told of each transaction of this process. */
  onBegin: (begun: Begun) => void;
}

/** What is applied together. It grows until it has its turn among all processes. */
type Group = Waiting[];

/** Operations in one transaction, at most: others wait for it, on all machines. */
const most = 200;

/**
 * Makes one transaction, and so one flush to disk, of all that was requested while the one before ran, by the algorithm of
 * `src/store/sqlite/group-commit.ts`. What throws is undone and rejected alone. When the transaction cannot be committed,
 * everything in it is rejected; where the connection broke at the commit, it may have been kept all the same.
 */
export function createWriter(options: WriterOptions): Writer {
  const queue: Waiting[] = [];
  let working: Promise<void> | null = null;

  function join(group: Group): void {
    const timed = queue.findIndex(({ about }) => about.timed);
    group.push(...queue.splice(0, Math.min(most - group.length, timed === -1 ? most : timed)));
  }

  async function work(): Promise<void> {
    while (queue.length > 0) await commit(queue.splice(0, most), { ...options, join });
    working = null;
  }

  return {
    run<T>(step: (now: number, transaction: Transaction) => Step<T>, about: AboutStep = {}): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      queue.push({ step, about, resolve: result => resolve(result as T), reject });
      // What is requested in the same turn of the event loop is for the same transaction.
      working ??= new Promise<void>(begin => setImmediate(begin)).then(work);
      return promise;
    },
    end: async () => {
      await working;
    },
  };
}

interface TransactionOptions extends WriterOptions {
  /** Adds to a group what was requested since it was formed, to call when it has its turn. */
  join: (group: Group) => void;
}

/** Commits a group, and tells its callers. */
async function commit(group: Group, options: TransactionOptions): Promise<void> {
  let answers: (() => void)[];
  try {
    answers = await applyAgain(group, options);
  } catch (error) {
    for (const { reject } of group) reject(error);
    return;
  }
  for (const answer of answers) answer();
}

/** A connection that has broken since its last use, or before the commit was asked for, has changed nothing. */
async function applyAgain(group: Group, options: TransactionOptions): Promise<(() => void)[]> {
  const first = createTransaction(await options.session(), options);
  try {
    return await first.apply(group);
  } catch (error) {
    if (!first.isUndone()) throw error;
  }
  return createTransaction(await options.session(), options).apply(group);
}

/** One attempt to commit a group on a connection. */
function createTransaction(session: Session, options: TransactionOptions) {
  const { name } = options;
  let committing = false;
  let number = 0;
  /** Statements whose answers no step waits for, since the beginning of the transaction or of an operation that may fail alone. */
  let sent: Promise<Answer>[] = [];

  const ahead = createAhead(session);

  const joiner = createJoiner(command => {
    const answer = session.run(command);
    // It is looked at when the next answer is there.
    answer.catch(() => undefined);
    sent.push(answer);
  });

  async function ask(command: Command): Promise<Answer> {
    const known = options.answers(command) ?? ahead.answer(command);
    if (known !== undefined) return known;
    joiner.flush();
    return session.run(command);
  }

  function send(command: Command): void {
    ahead.changed();
    joiner.send(command);
  }

  /** Throws the error of the first statement that failed among those that no step waited for. All are answered by now. */
  async function assertSent(): Promise<void> {
    for (const answer of sent) await answer;
  }

  /** What has gone wrong: the statements after one that failed only say that one has. */
  function causeOf(error: unknown): Promise<unknown> {
    return assertSent().then(
      () => error,
      cause => cause,
    );
  }

  async function begin(group: readonly Waiting[]): Promise<number> {
    committing = false;
    sent = [];
    joiner.drop();
    const beginning = session.script(options.begin(session));
    const noting = session.run(options.change);
    // Where the beginning fails, it says why.
    noting.catch(() => undefined);
    ahead.ask(group);
    await beginning;
    const begun = onlyRow<Begun>(await noting);
    number = begun.number;
    options.onBegin(begun);
    return begun.now;
  }

  async function end(group: readonly Waiting[]): Promise<void> {
    joiner.flush();
    const tidy = tidyChanges(number);
    if (tidy !== null) await session.script(tidy);
    committing = true;
    const mayBeLost = group.every(({ about }) => about.mayBeLost);
    const result = (await session.script(endWriting(mayBeLost))).at(-1);
    await assertSent();
    // A transaction in which a statement has failed is rolled back at its end, without an error.
    if (result?.command !== 'COMMIT') throw new Error(`a step went on after a statement had failed on ${name}`);
  }

  async function applyTogether(group: Group): Promise<(() => void)[]> {
    const now = await begin(group);
    options.join(group);
    const transaction: Transaction = { group: {} };
    const answers: (() => void)[] = [];
    for (const { step, resolve } of group) {
      const result = await runStep(step(now, transaction), ask, send);
      answers.push(() => resolve(result));
    }
    await end(group);
    return answers;
  }

  /** Applies an operation that may fail alone. */
  async function applyAlone({ step, resolve, reject }: Waiting, now: number, group: object): Promise<() => void> {
    await session.script('SAVEPOINT operation');
    sent = [];
    try {
      // What is undone with the savepoint must not be remembered by the next operation.
      const result = await runStep(step(now, { group }), ask, send);
      joiner.flush();
      await session.script('RELEASE operation');
      return () => resolve(result);
    } catch (error) {
      if (session.broken() !== null) throw error;
      joiner.drop();
      const cause = await causeOf(error);
      await session.script('ROLLBACK TO operation; RELEASE operation');
      return () => reject(cause);
    }
  }

  async function applyEach(group: readonly Waiting[]): Promise<(() => void)[]> {
    const now = await begin(group);
    const together = {};
    const answers: (() => void)[] = [];
    for (const one of group) answers.push(await applyAlone(one, now, together));
    await end(group);
    return answers;
  }

  /** Ends the transaction on a connection that still works. Else the server does. */
  async function rollBack(): Promise<void> {
    if (session.broken() === null) await session.script('ROLLBACK').catch(() => {});
  }

  return {
    /** Whether the connection broke with nothing applied, for sure, and another may be had. */
    isUndone: () => session.broken() !== null && !committing && !isTimeout(session.broken()),
    async apply(group: Group): Promise<(() => void)[]> {
      try {
        return await applyTogether(group);
      } catch (failure) {
        const error = await causeOf(failure);
        await rollBack();
        if (session.broken() !== null) throw committing ? unknownOutcome(error) : error;
        // What failed is the only one, and is undone.
        if (group.length === 1) throw error;
      }
      try {
        return await applyEach(group);
      } catch (error) {
        await rollBack();
        throw session.broken() !== null && committing ? unknownOutcome(error) : error;
      }
    },
  };
}

function unknownOutcome(error: unknown): StoreError {
  const { hint, message } = error as StoreError;
  return new StoreError('STORE_UNREACHABLE', `${message}; whether the change was kept is not known`, {
    hint,
    cause: error,
  });
}
