import type { Argv } from 'yargs';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

/** The command `status`, for yargs. */
export function statusCommand(y: Argv): Argv {
  return withOptions(y, {
    ...stateOptions,
    watch: { type: 'boolean', describe: 'go on, and show what changes, until Ctrl-C' },
    full: { type: 'boolean', describe: 'with --watch: with whole addresses, names, ids and texts' },
  })
    .usage(
      flowing(`$0 status

Exits with 0 when the poller runs and all is well, 69 when it does not run, 75
when something is amiss.

With --watch a terminal shows the status and the messages that came last, and
follows both; elsewhere a line is printed for each change, with --json as an
object. Then it exits with 0.`),
    )
    .example('$0 status', '')
    .example('$0 status --watch', '')
    .example('$0 status --json | jq .queue', 'how many messages are in which state');
}
