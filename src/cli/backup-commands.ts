import type { Argv } from 'yargs';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

/** The arguments of `backup`, for yargs. */
export function backupCommand(y: Argv): Argv {
  return withOptions(y, stateOptions)
    .usage(
      flowing(`$0 backup FILE

Writes all that is needed to go on elsewhere into one tar file: the inbox, as it is
at one moment, received files, the identity and token for the gateway, and the
webhook's signing secret. The poller may run and is not held up. The configuration
and files of secrets elsewhere are not in it.

FILE is written for this user alone (0600), whole or not at all, and read again to
see that it is. It is not encrypted. Its directory needs room for the inbox twice.`),
    )
    .positional('file', { type: 'string', describe: 'the file to write' })
    .option('without-media', {
      type: 'boolean',
      describe: 'leave out received files, copies of files to be sent, and transcripts',
    })
    .option('without-secrets', {
      type: 'boolean',
      describe: 'leave out the identity and token for the gateway and the signing secret: they are made anew then',
    })
    .option('force', { type: 'boolean', describe: 'replace a file that is there' })
    .example('$0 backup /var/backups/kapso-whatsapp.tar', '')
    .example('$0 backup "$(date +%F).tar" --without-media', '');
}

/** The arguments of `restore`, for yargs. */
export function restoreCommand(y: Argv): Argv {
  return withOptions(y, stateOptions)
    .usage(
      flowing(`$0 restore FILE

Puts a backup into the state directory, with the poller stopped. FILE is checked
first: nothing is changed when it is damaged, or of a newer version.

Messages that came after the backup were answered, as far as anybody knows. They
come again from Kapso, are kept as dropped, and are not handed to the agent; so is
what waited in the backup. inbox retry hands over what was not answered. When the
old poller ended earlier than now, say when: --since. Messages from then on are
handed to the agent.

TIME is a date (2026-11-29, in UTC), a time with its zone
(2026-11-29T14:30:00Z), or how long ago (30m, 12h, 7d).`),
    )
    .positional('file', { type: 'string', describe: 'a file that backup has written' })
    .option('replace', {
      type: 'boolean',
      describe: 'keep what is in the state directory in a directory beside, replaced-…, and take its place',
    })
    .option('since', {
      type: 'string',
      requiresArg: true,
      describe: 'a TIME: when the poller whose backup it is has ended; by default now',
    })
    .example('$0 restore /var/backups/kapso-whatsapp.tar', 'on a new machine')
    .example('$0 restore /var/backups/kapso-whatsapp.tar --replace --since 2026-11-29T14:30:00Z', '');
}
