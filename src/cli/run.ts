import type { CliContext } from './command.ts';
import { reportFailure } from './failure.ts';
import { send } from './send.ts';
import { parseSend } from './send-options.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs a command line and returns the exit code. An agent runs `send` for every answer, so `send` loads only what it
 * needs. Help and all other commands load yargs and what the command needs.
 */
export async function run(argv: readonly string[], terminal: Terminal, context: CliContext): Promise<number> {
  try {
    const args = argv[0] === 'send' ? parseSend(argv.slice(1)) : null;
    if (args) return await send(args, terminal, context);
  } catch (error) {
    return reportFailure(error, { terminal, json: argv.includes('--json'), secrets: context.secrets });
  }
  // It reports its own failures. In the bundles it is a separate file with its own error classes.
  const { runProgram } = await import('#commands');
  return runProgram(argv, terminal, context);
}
