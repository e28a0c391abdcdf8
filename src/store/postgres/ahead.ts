import type { AboutStep } from '../sql/driver.ts';
import type { Answer } from '../sql/step.ts';
import type { Command, Session } from './session.ts';

/** What is read when a transaction begins, before the steps ask for it; see `AboutStep`. */
export interface Ahead {
  /** Asks for all that these steps have said. Call it when the beginning of the transaction was sent. */
  ask(group: readonly { readonly about: AboutStep }[]): void;
  /** Returns the answer to a statement that was asked for, unless something has changed since. */
  answer(command: Command): Promise<Answer> | undefined;
  /** Call it when a statement that may change something is sent. */
  changed(): void;
}

export function createAhead(session: Pick<Session, 'run'>): Ahead {
  const answers = new Map<string, Promise<Answer>>();
  const nameOf = ({ name, parameters }: Command) => `${name} ${JSON.stringify(parameters)}`;
  return {
    ask(group) {
      answers.clear();
      const asked = new Set(group.flatMap(({ about }) => about.ahead ?? []));
      for (const statement of asked) {
        const command = statement()[Symbol.iterator]().next().value as Command;
        const answer = session.run(command);
        // Who asks for it gets the error.
        answer.catch(() => undefined);
        answers.set(nameOf(command), answer);
      }
    },
    answer(command) {
      if (answers.size === 0) return;
      if (command.text.startsWith('SELECT')) return answers.get(nameOf(command));
      answers.clear();
    },
    changed: () => answers.clear(),
  };
}
