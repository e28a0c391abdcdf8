import { basename } from 'node:path';
import type { Clock } from '../clock.ts';
import { asLabel } from '../narrow.ts';
import { failureOf, notExecutableStatus, notFoundStatus, startTied, type TiedExit } from '../tied-process.ts';
import { NoTextError } from './text-of.ts';

/** Milliseconds from SIGTERM to SIGKILL. */
const stopGrace = 2000;

export interface ProgramRun {
  /** The program and its arguments, as the configuration has them. */
  words: readonly string[];
  /** The key of the words in the configuration, for the operator. */
  setting: string;
  /** What stands for each `{name}` in the words. Another name stays as it is. */
  values: Readonly<Record<string, string>>;
  /** Characters of output to take. The program is ended when it prints more. */
  maxOutput: number;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Runs a program to its end and returns what it printed to standard output. `cut` says that it printed more.
 *
 * No shell reads the words. The program has the few variables that any program needs, no terminal and no input. It and
 * its children end with this process and with the signal.
 *
 * @throws NoTextError when it cannot be run or fails. Throws the signal's reason when that aborts.
 */
export async function runProgram(run: ProgramRun): Promise<{ output: string; cut: boolean }> {
  const { clock, signal, maxOutput } = run;
  signal.throwIfAborted();
  const [command = '', ...args] = run.words.map(word => filled(word, run.values));
  const name = basename(command);
  let printed = 0;
  const started = startTied(command, args, {
    clock,
    onOutput: output => {
      // Both streams count: a program that only complains without end is ended too.
      if (printed <= maxOutput && output.length > maxOutput) void started.stop(0);
      printed = output.length;
    },
  });
  const stop = () => void started.stop(stopGrace);
  signal.addEventListener('abort', stop, { once: true });
  const exit = await started.exited;
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  const cut = printed > maxOutput;
  if (exit.stdout === '' && cut) throw new NoTextError(`the program ${name} complained without end`, said(exit));
  const how = failureOf(exit);
  if (how !== null && !cut) throw failure(`the program ${name} ${how}`, exit, run.setting);
  return { output: exit.stdout.slice(0, maxOutput), cut };
}

/** Puts the values in one pass: a path with `{type}` in its name stays as it is. */
function filled(word: string, values: Readonly<Record<string, string>>): string {
  const given = new Map(Object.entries(values));
  return word.replace(/\{([a-z]+)\}/g, (whole, name: string) => given.get(name) ?? whole);
}

function failure(says: string, exit: TiedExit, setting: string): NoTextError {
  const cannotRun = exit.status === notFoundStatus || exit.status === notExecutableStatus;
  return new NoTextError(says, cannotRun ? `Check ${setting}, and that this user may run the program.` : said(exit));
}

/**
 * Its last words, for the log alone: they may have words of the file in them, which the agent would take for those of the
 * bridge.
 */
function said({ stderr }: TiedExit): string | undefined {
  const lines = stderr
    .slice(-2000)
    .split('\n')
    .map(line => asLabel(line, 200));
  const last = lines.filter(line => line !== null).at(-1);
  return last === undefined ? undefined : `It said: ${last}`;
}
