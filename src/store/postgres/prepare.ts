import type { Answer, Parameters, PrepareAll, Statement, Step } from '../sql/step.ts';
import { joinOf } from './joined.ts';
import type { Command } from './session.ts';
import { translate } from './translate.ts';

/** Returns what translates statements at their first use; see `PrepareAll`. Equal ones get the same name. */
export function createPrepareAll(): PrepareAll {
  const names = new Map<string, string>();

  function nameOf(text: string): string {
    const name = names.get(text) ?? `k${names.size + 1}`;
    names.set(text, name);
    return name;
  }

  function prepare(statement: string): Statement {
    let order: ((parameters: Parameters) => Command) | null = null;
    const command = (parameters: Parameters): Command => {
      order ??= orderOf(statement);
      return order(parameters);
    };
    return {
      *run(...parameters) {
        return (yield command(parameters)).changes;
      },
      *get(...parameters) {
        return (yield command(parameters)).rows[0];
      },
      *all(...parameters) {
        return (yield command(parameters)).rows;
      },
      *send(...parameters) {
        yield { ...command(parameters), unanswered: true };
      },
    };
  }

  function orderOf(statement: string): (parameters: Parameters) => Command {
    const { text, order } = translate(statement);
    const name = nameOf(text);
    const join = joinOf({ text, name });
    return parameters => ({ text, name, parameters: order(parameters), ...(join && { join }) });
  }

  return statements => {
    const prepared = Object.entries<string>(statements).map(([name, text]) => [name, prepare(text)]);
    return Object.fromEntries(prepared);
  };
}

const noAnswer: Answer = { rows: [], changes: 0 };

/**
 * Runs a step: each of its statements when the one before is answered, or, with `send`, at once after one whose answer it
 * does not need.
 */
export async function runStep<T>(
  step: Step<T>,
  ask: (command: Command) => Promise<Answer>,
  send?: (command: Command) => void,
): Promise<T> {
  const iterator = step[Symbol.iterator]();
  let next = iterator.next();
  while (!next.done) {
    const command = next.value as Command;
    if (send !== undefined && command.unanswered) {
      send(command);
      next = iterator.next(noAnswer);
      continue;
    }
    let answer: Answer;
    try {
      answer = await ask(command);
    } catch (error) {
      if (iterator.throw === undefined) throw error;
      next = iterator.throw(error);
      continue;
    }
    next = iterator.next(answer);
  }
  return next.value;
}
