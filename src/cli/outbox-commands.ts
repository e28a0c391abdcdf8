import type { Argv } from 'yargs';
import { outgoingStates } from '../store/outbox.ts';
import type { CommandArguments } from './command.ts';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

export type OutboxAction = 'list' | 'show' | 'retry' | 'drop';

export const outboxActions: readonly OutboxAction[] = ['list', 'show', 'retry', 'drop'];

/** The commands after `outbox`, for yargs. */
export function outboxCommands(y: Argv, run: (action: OutboxAction, args: CommandArguments) => Promise<void>): Argv {
  const full = { type: 'boolean', describe: 'with whole addresses, ids and texts' } as const;
  const describe = 'an id, or the end of one as the list shows it; that of a message means its answer';
  const ids = { type: 'string', array: true, describe } as const;
  const states = { choices: outgoingStates, array: true, requiresArg: true } as const;
  return y
    .usage(
      flowing(
        '$0 outbox COMMAND\n\n' +
          'What customers get in answer to their messages: the text of a run, which the poller sends (via relay), what\n' +
          'the agent has sent itself (agent), and the sentence after a failure (notice).\n\n' +
          'Addresses and texts are hidden unless --full is given; so are ids, which hold the number. An id is that of\n' +
          'the message, the number of its run and the part: MESSAGE#1/2.',
      ),
    )
    .example('$0 outbox list --state failed', 'what customers did not get')
    .example('$0 outbox retry --all', 'send it again')
    .command(
      'list',
      'list outgoing messages, the newest first',
      c =>
        withOptions(c, stateOptions)
          .option('state', { ...states, describe: 'only those in this state; may be given again' })
          .option('limit', { type: 'string', requiresArg: true, default: '20', describe: 'at most so many' })
          .option('full', full)
          .example('$0 outbox list --state failed', '')
          .example('$0 outbox list --state pending --state sending --limit 100 --json', ''),
      args => run('list', args),
    )
    .command(
      'show <id>',
      'show an outgoing message, or all that answer a message',
      c =>
        withOptions(c, stateOptions)
          .positional('id', { type: 'string', describe })
          .option('full', full)
          .example('$0 outbox show QTdDMkI1RDY4#1/1', '')
          .example('$0 outbox show QTdDMkI1RDY4 --full', 'all that answer this message, with the texts'),
      args => run('show', args),
    )
    .command(
      'retry [id..]',
      'send failed or dropped messages again',
      c =>
        withOptions(c, stateOptions)
          .positional('id', ids)
          .option('all', { type: 'boolean', describe: 'all that failed' })
          .option('force', {
            type: 'boolean',
            describe: 'also what may have been sent; its customer may get it twice',
          })
          .example('$0 outbox retry QTdDMkI1RDY4', 'all parts of the answer that were not sent')
          .example('$0 outbox retry QTdDMkI1RDY4#1/2 --force', ''),
      args => run('retry', args),
    )
    .command(
      'drop [id..]',
      'give up messages that are not sent yet',
      c =>
        withOptions(c, stateOptions)
          .positional('id', ids)
          .option('all', { type: 'boolean', describe: 'all that failed, or are in the state given; needs --yes' })
          .option('state', { ...states, describe: 'with --all: those in this state instead' })
          .option('yes', { type: 'boolean', describe: 'confirms --all' })
          .example('$0 outbox drop QTdDMkI1RDY4', '')
          .example('$0 outbox drop --all --yes', 'every message that failed'),
      args => run('drop', args),
    );
}
