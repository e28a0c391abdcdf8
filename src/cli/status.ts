import { type Clock, systemClock } from '../clock.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import type { Report } from '../views/report.ts';
import { storePlaceFor } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { readReport } from './poller-files.ts';
import { statusText } from './status-view.ts';
import type { Terminal } from './terminal.ts';

/** `status`: reports the lock, the status file and the inbox of the state directory. */
export async function status(
  args: CommandArguments,
  terminal: Terminal,
  context: CliContext,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const report = await readReport(await storePlaceFor(args, context), clock);
  terminal.out(args.json ? `${toJson(report)}\n` : statusText(report, clock.now()));
  return codeOf(report);
}

function codeOf({ running, healthy }: Report): ExitCode {
  if (running) return healthy ? exitCode.ok : exitCode.tryAgain;
  return exitCode.unavailable;
}
