import { spawn } from 'node:child_process';
import { exitCode } from '../exit-codes.ts';

/** Milliseconds that a command has to end after SIGTERM. */
const patience = 10_000;

/**
 * Runs a command as long as this process's standard input is open. So the command cannot outlive the process at the
 * other end, even a killed one. Prints `{"pid"}` of the command when it runs. Resolves to its exit code.
 */
export async function keep(command: readonly string[]): Promise<number> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 2, 2] });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', code => resolve(code ?? exitCode.software));
  });
  child.once('spawn', () => process.stdout.write(`${JSON.stringify({ pid: child.pid })}\n`));
  const end = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), patience).unref();
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  // The other end may be gone while this process still writes.
  process.stdout.on('error', end);
  process.stdin.on('end', end).on('error', end).resume();
  return ended;
}
