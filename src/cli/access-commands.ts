import type { Argv } from 'yargs';
import { shownStates } from './access-view.ts';
import type { CommandArguments } from './command.ts';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

export type AccessAction = 'list' | 'approve' | 'deny' | 'revoke';

export const accessActions: readonly AccessAction[] = ['list', 'approve', 'deny', 'revoke'];

/** The commands after `access`, for yargs. */
export function accessCommands(y: Argv, run: (action: AccessAction, args: CommandArguments) => Promise<void>): Argv {
  const codeOrContact = 'a code, or a contact by its number, its user id or its name in the list';
  const who = (c: Argv, describe: string) =>
    withOptions(c, stateOptions)
      .positional('who', { type: 'string', array: true, describe })
      .option('account', {
        type: 'string',
        requiresArg: true,
        describe: 'a phone number id, or the name of an account, for a contact of several of your numbers',
      })
      .option('full', { type: 'boolean', describe: 'with whole addresses' });
  return y
    .usage(
      flowing(
        '$0 access COMMAND\n\n' +
          'With access.policy: pairing, a sender whom you do not know gets a code by WhatsApp, and what it\n' +
          'writes is kept. Have the code told to you in another way, and approve it: then what was kept is\n' +
          'delivered. A running poller notices within half a minute, mostly within seconds.',
      ),
    )
    .example('$0 access list', 'who waits, and who may write')
    .example('$0 access approve ABCD2345', 'let the sender in who got this code')
    .command(
      'list',
      'list who waits, who is approved and who is blocked',
      c =>
        withOptions(c, stateOptions)
          .option('state', {
            choices: shownStates,
            array: true,
            requiresArg: true,
            describe: 'only those in this state; may be given again',
          })
          .option('full', { type: 'boolean', describe: 'with whole addresses and names' })
          .example('$0 access list --state unpaired --full', ''),
      args => run('list', args),
    )
    .command(
      'approve [who..]',
      'let senders in, and have delivered what they wrote',
      c =>
        who(c, codeOrContact)
          .usage(
            '$0 access approve CODE|CONTACT\n\nAfter ten wrong codes within an hour no code is taken until the hour is over.',
          )
          .example('$0 access approve ABCD2345', '')
          .example('$0 access approve +15551234567', ''),
      args => run('approve', args),
    )
    .command(
      'deny [who..]',
      'keep senders out, and drop what they wrote',
      c => who(c, codeOrContact).example('$0 access deny ABCD2345', '').example('$0 access deny +15551234567', ''),
      args => run('deny', args),
    )
    .command(
      'revoke [who..]',
      'forget that senders were approved or blocked',
      c =>
        who(c, 'a contact by its number, its user id or its name in the list').example(
          '$0 access revoke +15551234567',
          'the next message gets a new code',
        ),
      args => run('revoke', args),
    );
}
