import type { Argv } from 'yargs';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

/** The arguments of `forget`, for yargs. */
export function forgetCommand(y: Argv): Argv {
  return withOptions(y, stateOptions)
    .usage(
      flowing(`$0 forget CONTACT --yes

Deletes what is kept of a person: messages, answers, files, addresses and name in
all spellings, whether it was let in or kept out, mutes. Of groups it is what the
person wrote there. What is deleted is overwritten, also in the log of the inbox
and its free pages. Of each message a digest of its id stays for as long as
messages do, so that one that comes again is not handed to the agent.

The poller may run. A message that is with the agent is waited for. An inbox of
more than 64 MB is made anew with the poller stopped only: forget --compact.

It names what is out of reach: the gateway's record of the sessions, logs,
backups. Whoever is blocked can write again when it is forgotten.`),
    )
    .positional('contact', { type: 'string', describe: 'a contact by its number, its user id or its name in the list' })
    .option('account', {
      type: 'string',
      requiresArg: true,
      describe: 'a phone number id, or the name of an account: only its contacts',
    })
    .option('dry-run', { type: 'boolean', describe: 'show what would be deleted' })
    .option('yes', { type: 'boolean', describe: 'confirms it' })
    .option('compact', {
      type: 'boolean',
      describe: 'make the inbox anew only: nothing is left of what was deleted before',
    })
    .option('wait', {
      type: 'string',
      requiresArg: true,
      default: '60',
      describe: 'seconds to wait for a run or an answer under way',
    })
    .example('$0 forget +15551234567 --dry-run', '')
    .example('$0 forget +15551234567 --yes', '');
}
