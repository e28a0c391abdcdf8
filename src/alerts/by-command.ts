import { basename } from 'node:path';
import type { Clock } from '../clock.ts';
import { asLabel } from '../narrow.ts';
import { failureOf, startTied } from '../tied-process.ts';

/** Characters of its output to keep: its last words go into the log when it fails. */
const keptOutput = 4000;
/** Milliseconds from SIGTERM to SIGKILL. */
const grace = 2000;

export interface CommandRun {
  /** The program and its arguments, as the configuration has them. */
  words: readonly string[];
  /** What it reads on its standard input. */
  input: string;
  variables: Readonly<Record<string, string>>;
  /** Milliseconds. */
  timeout: number;
  clock: Clock;
  /** Ends it: the poller stops. */
  signal: AbortSignal;
}

/**
 * Runs the operator's program to its end. No shell reads the words. It has the few variables that any program needs and
 * those of the alert, and no secret; it and its children end with this process. Of what it prints only the end is kept.
 *
 * Returns why it failed, as a sentence for the log, or null. Rejects with the signal's reason when that aborts.
 */
export async function runCommand(run: CommandRun): Promise<string | null> {
  const { words, input, variables, timeout, clock, signal } = run;
  signal.throwIfAborted();
  const [command = '', ...args] = words;
  const started = startTied(command, args, { clock, input, env: variables, keep: keptOutput });
  let late = false;
  const cancel = clock.after(timeout, () => {
    late = true;
    void started.stop(grace);
  });
  const stop = () => void started.stop(grace);
  signal.addEventListener('abort', stop, { once: true });
  const exit = await started.exited;
  cancel();
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  const name = basename(command);
  if (late) return `the program ${name} took longer than ${timeout / 1000} s (alerts.timeout), and was ended`;
  const how = failureOf(exit);
  if (how === null) return null;
  const last = lastWords(exit.stderr) ?? lastWords(exit.stdout);
  return `the program ${name} ${how}${last === null ? '' : `; it said: ${last}`}`;
}

function lastWords(output: string): string | null {
  const lines = output.split('\n').map(line => asLabel(line, 200));
  return lines.filter(line => line !== null).at(-1) ?? null;
}
