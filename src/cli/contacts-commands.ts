import type { Argv } from 'yargs';
import type { CommandArguments } from './command.ts';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

export type ContactsAction = 'list' | 'show' | 'link' | 'unlink';

export const contactsActions: readonly ContactsAction[] = ['list', 'show', 'link', 'unlink'];

/** The commands after `contacts`, for yargs. */
export function contactsCommands(
  y: Argv,
  run: (action: ContactsAction, args: CommandArguments) => Promise<void>,
): Argv {
  const who = 'a contact by its number, its user id or its name in the list';
  const of = (c: Argv) =>
    withOptions(c, stateOptions)
      .option('account', {
        type: 'string',
        requiresArg: true,
        describe: 'a phone number id, or the name of an account: only its contacts',
      })
      .option('full', { type: 'boolean', describe: 'with whole addresses and names' });
  const change = (c: Argv) =>
    of(c).option('wait', {
      type: 'string',
      requiresArg: true,
      default: '60',
      describe: 'seconds to wait for a run or an answer under way',
    });
  return y
    .usage(
      flowing(
        '$0 contacts COMMAND\n\n' +
          'A contact is one person: over the number, in all its spellings, and the user ids, as far as WhatsApp\n' +
          'vouches for it. What would join two known persons is not joined. It is listed as a conflict: link the\n' +
          'two when they are one person.',
      ),
    )
    .example('$0 contacts list', 'who has written')
    .example('$0 contacts link +15550107001 US.1349', 'they are one person')
    .command('list', 'list who has written, and links that were not made', of, args => run('list', args))
    .command(
      'show <who>',
      'show what is known of one contact',
      c => of(c).positional('who', { type: 'string', describe: who }),
      args => run('show', args),
    )
    .command(
      'link [keep] [other]',
      'say that two contacts are one person',
      c =>
        change(c)
          .positional('keep', { type: 'string', describe: 'the contact whose conversation and session go on' })
          .positional('other', { type: 'string', describe: 'the contact that becomes a part of it' })
          .usage(
            flowing(
              '$0 contacts link KEEP OTHER\n\n' +
                'What waits of OTHER moves into the conversation of KEEP. A block of either holds for both, and so\n' +
                'does an approval. A running poller notices within half a minute. While a message of either is with\n' +
                'the agent, the link waits.',
            ),
          )
          .example('$0 contacts link +15550107001 US.1349', ''),
      args => run('link', args),
    )
    .command(
      'unlink [who]',
      'say that a number or user id is another person’s',
      c =>
        change(c)
          .positional('who', { type: 'string', describe: 'the number or user id that becomes a contact of its own' })
          .usage(
            flowing(
              '$0 contacts unlink ADDRESS\n\n' +
                'It becomes a contact of its own, with a conversation and a session of its own, and neither approved\n' +
                'nor blocked.',
            ),
          )
          .example('$0 contacts unlink US.1349', ''),
      args => run('unlink', args),
    );
}
