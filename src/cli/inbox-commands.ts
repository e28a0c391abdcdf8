import type { Argv } from 'yargs';
import { entryStates } from '../store/new-entry.ts';
import type { CommandArguments } from './command.ts';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

export type InboxAction = 'list' | 'tail' | 'show' | 'retry' | 'drop' | 'export';

export const inboxActions: readonly InboxAction[] = ['list', 'tail', 'show', 'retry', 'drop', 'export'];

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
      'tail',
      'show the messages that came last, and with -f what becomes of them',
      c =>
        withOptions(c, stateOptions)
          .usage(
            flowing(`$0 inbox tail [-n NUMBER] [-f]

Shows the messages that came last, a line each, the newest at the end. With -f it
goes on: each message that comes gets a line, and another one whenever something
has become of it, until Ctrl-C. While the poller runs it tells what happens at
once; without it, the inbox is looked at every second. With --json each line is
an object.`),
          )
          .option('lines', {
            alias: 'n',
            type: 'string',
            requiresArg: true,
            default: '10',
            describe: 'so many messages',
          })
          .option('follow', { alias: 'f', type: 'boolean', describe: 'go on as messages come' })
          .option('full', full)
          .example('$0 inbox tail -f', '')
          .example('$0 inbox tail -n 100 --json | jq -r .outcome', ''),
      args => run('tail', args),
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
    )
    .command('export', 'write messages and their answers to a file, for other programs', exportCommand, args =>
      run('export', args),
    );
}

function exportCommand(c: Argv): Argv {
  const time = { type: 'string', requiresArg: true } as const;
  return withOptions(c, stateOptions)
    .usage(
      flowing(`$0 inbox export [-o FILE]

Writes messages, the oldest first, each with what became of it, its answers and
their delivery, with whole addresses, names and texts. It is what the inbox holds
at one moment, also while the poller runs.

jsonl is one JSON object a line, for programs. csv is for spreadsheets: a line for
each message (in) and each answer (out). What a spreadsheet would take for a
formula gets an apostrophe before it, phone numbers too.

FILE is written for this user alone (0600), whole or not at all.

TIME is a date (2026-11-29, in UTC), a time with its zone
(2026-11-29T14:30:00Z), or how long ago (30m, 12h, 7d).`),
    )
    .option('format', {
      choices: ['jsonl', 'csv'] as const,
      requiresArg: true,
      describe: 'by default what the ending of FILE says, else jsonl',
    })
    .option('since', { ...time, describe: 'a TIME: only what happened from then on' })
    .option('until', { ...time, describe: 'a TIME: only what happened before' })
    .option('contact', { ...time, describe: 'only of this contact: its number, its user id or its name in the list' })
    .option('account', { ...time, describe: 'a phone number id, or the name of an account: only its messages' })
    .option('output', { ...time, alias: 'o', describe: 'the file to write; without it standard output' })
    .option('force', { type: 'boolean', describe: 'replace a file that is there' })
    .example('$0 inbox export -o messages.csv', '')
    .example('$0 inbox export --since 7d | jq -c .text', '')
    .example('$0 inbox export --contact +15551234567 -o ada.jsonl', 'what is kept of one person');
}
