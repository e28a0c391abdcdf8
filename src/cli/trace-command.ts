import type { Argv } from 'yargs';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

/** The command `trace`, for yargs. */
export function traceCommand(y: Argv): Argv {
  return withOptions(y, {
    ...stateOptions,
    full: { type: 'boolean', describe: 'with whole addresses, names, ids and texts' },
  })
    .usage(
      flowing(`$0 trace ID

Shows the life of one message: when it was written, received and by which way,
who may write and why not, each run with its end, what failed and what is tried
next, the answer in its parts, and what WhatsApp says of them.

ID is the message's id or the end of it, as the lists show it; or the id of an
answer, here or at WhatsApp. While the poller runs, it also says what it
remembers of each attempt, and what the gateway's record has.`),
    )
    .positional('id', { type: 'string', describe: 'an id, or the end of one as the lists show it' })
    .example('$0 trace QTdDMkI1RDY4', '')
    .example('$0 trace QTdDMkI1RDY4 --full', 'with the texts');
}
