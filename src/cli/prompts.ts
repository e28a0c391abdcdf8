import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { escapeControls } from '../printable.ts';

/** Asks a person on a terminal. Each method rejects with `Interrupted` when the person gives up: Ctrl-C, or Ctrl-D. */
export interface Prompts {
  /** Returns a line, without blanks around it. Asks again until `wrong` returns null. An empty line means the proposal. */
  ask(question: string, how?: { proposal?: string; wrong?: Wrong }): Promise<string>;
  /** Returns a line that the terminal does not show. */
  secret(question: string, how?: { wrong?: Wrong }): Promise<string>;
  yes(question: string, proposal: boolean): Promise<boolean>;
  /** Returns the value of one of the choices, which are shown with their numbers. */
  choose<T extends string>(question: string, choices: readonly Choice<T>[], proposal: T): Promise<T>;
  /** Says something between two questions. */
  say(text: string): void;
  close(): void;
}

export interface Choice<T extends string> {
  value: T;
  text: string;
}

/** Says what is wrong with an answer; null when it is right. */
type Wrong = (answer: string) => string | null;

const alwaysRight: Wrong = () => null;

/** The person has given up. */
export class Interrupted extends Error {}

/** Asks on standard error, so that standard output has the result alone. Close it to end the program. */
export function createPrompts({ stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>): Prompts {
  // What is typed before it is asked for is not shown: it may be the key.
  let isHidden = true;
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      if (!isHidden) stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  const typed: string[] = [];
  let waiting: PromiseWithResolvers<string> | null = null;
  let isOver = false;
  lines.on('line', line => {
    if (waiting === null) typed.push(line);
    else waiting.resolve(line);
    waiting = null;
  });
  const giveUp = () => {
    isOver = true;
    waiting?.reject(new Interrupted());
  };
  lines.on('SIGINT', giveUp).on('close', giveUp);

  const line = async (question: string, hidden: boolean): Promise<string> => {
    if (isOver) throw new Interrupted();
    stderr.write(question);
    isHidden = hidden;
    // So that the cursor is moved behind the question, and not to the line's beginning.
    lines.setPrompt(hidden ? '' : question);
    const next = typed.shift();
    if (next !== undefined) return next;
    waiting = Promise.withResolvers();
    try {
      return await waiting.promise;
    } finally {
      isHidden = true;
      if (hidden) stderr.write('\n');
    }
  };

  const say = (text: string) => void stderr.write(`${text.split('\n').map(escapeControls).join('\n')}\n`);

  const untilRight = async (
    question: string,
    { hidden = false, proposal = '', wrong = alwaysRight }: { hidden?: boolean; proposal?: string; wrong?: Wrong },
  ): Promise<string> => {
    for (;;) {
      const answer = (await line(question, hidden)).trim() || proposal;
      const problem = wrong(answer);
      if (problem === null) return answer;
      say(`  ${problem}`);
    }
  };

  return {
    say,
    ask: (question, { proposal = '', wrong } = {}) =>
      untilRight(`${question}${proposal === '' ? '' : ` [${proposal}]`}: `, { proposal, ...(wrong && { wrong }) }),
    secret: (question, { wrong } = {}) =>
      untilRight(`${question} (not shown): `, { hidden: true, ...(wrong && { wrong }) }),
    yes: async (question, proposal) => {
      const wrong = (text: string) => (/^(y|yes|n|no)$/i.test(text) ? null : 'Answer y or n.');
      const answer = await untilRight(`${question} ${proposal ? '[Y/n]' : '[y/N]'} `, {
        proposal: proposal ? 'y' : 'n',
        wrong,
      });
      return /^y/i.test(answer);
    },
    choose: async (question, choices, proposal) => {
      say(question);
      for (const [at, { text }] of choices.entries()) say(`  ${at + 1}  ${text}`);
      const at = choices.findIndex(({ value }) => value === proposal);
      const find = (answer: string) => choices[Number(answer) - 1] ?? choices.find(({ value }) => value === answer);
      const wrong = (answer: string) => (find(answer) ? null : `Answer with a number from 1 to ${choices.length}.`);
      return find(await untilRight(`Choice [${at + 1}]: `, { proposal: String(at + 1), wrong }))?.value ?? proposal;
    },
    close: () => lines.close(),
  };
}
