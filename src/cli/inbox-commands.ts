import type { Argv } from 'yargs';
import { entryStates } from '../store/new-entry.ts';
import type { CommandArguments } from './command.ts';
import { stateOptions, withOptions } from './common-options.ts';

export type InboxAction = 'list' | 'show' | 'retry' | 'drop';

export const inboxActions: readonly InboxAction[] = ['list', 'show', 'retry', 'drop'];

/** The commands after `inbox`, for yargs. */
export function inboxCommands(y: Argv, run: (action: InboxAction, args: CommandArguments) => Promise<void>): Argv {
  const full = { type: 'boolean', describe: 'with whole addresses, names, ids and texts' } as const;
  const ids = { type: 'string', array: true, describe: 'an id, or the end of one as the list shows it' } as const;
  const states = { choices: entryStates, array: true, requiresArg: true } as const;
  return y
    .usage(
      '$0 inbox COMMAND\n\n' +
        'Addresses, names and texts are hidden unless --full is given; so are ids, which hold the number.\n\n' +
        'ATTEMPTS counts the runs that ended without an outcome and were tried again.',
    )
    .example('$0 inbox list --state failed', 'what could not be delivered')
    .example('$0 inbox retry --all', 'deliver it again')
    .command(
      'list',
      'list messages, the newest first',
      c =>
        withOptions(c, stateOptions)
          .option('state', { ...states, describe: 'only those in this state; may be given again' })
          .option('limit', { type: 'string', requiresArg: true, default: '20', describe: 'at most so many' })
          .option('full', full)
          .example('$0 inbox list --state failed', '')
          .example('$0 inbox list --state pending --state sending --limit 100 --json', ''),
      args => run('list', args),
    )
    .command(
      'show <id>',
      'show one message',
      c =>
        withOptions(c, stateOptions)
          .positional('id', { type: 'string', describe: ids.describe })
          .option('full', full)
          .example('$0 inbox show QTdDMkI1RDY4', '')
          .example('$0 inbox show QTdDMkI1RDY4 --full', 'with the text'),
      args => run('show', args),
    )
    .command(
      'retry [id..]',
      'deliver failed or dropped messages again',
      c =>
        withOptions(c, stateOptions)
          .positional('id', ids)
          .option('all', { type: 'boolean', describe: 'all that failed' })
          .example('$0 inbox retry QTdDMkI1RDY4', '')
          .example('$0 inbox retry --all', ''),
      args => run('retry', args),
    )
    .command(
      'drop [id..]',
      'give messages up that are not handled yet',
      c =>
        withOptions(c, stateOptions)
          .positional('id', ids)
          .option('all', { type: 'boolean', describe: 'all that failed, or are in the state given; needs --yes' })
          .option('state', { ...states, describe: 'with --all: those in this state instead' })
          .option('yes', { type: 'boolean', describe: 'confirms --all' })
          .example('$0 inbox drop QTdDMkI1RDY4', '')
          .example('$0 inbox drop --all --yes', 'every message that failed'),
      args => run('drop', args),
    );
}
