import type { Argv } from 'yargs';
import { fromOption } from './chosen-account.ts';
import type { CommandArguments } from './command.ts';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

export type MediaAction = 'get' | 'text';

export const mediaActions: readonly MediaAction[] = ['get', 'text'];

/** The commands after `media`, for yargs. */
export function mediaCommands(y: Argv, run: (action: MediaAction, args: CommandArguments) => Promise<void>): Argv {
  return y
    .usage('$0 media COMMAND\n\nThe files that customers have sent.')
    .example('$0 media get QTdDMkI1RDY4 -o photo.jpg', 'the file of a message')
    .command(
      'get <id>',
      'write the file of a message, or of a media id, to a file',
      c =>
        withOptions(c, { ...stateOptions, from: fromOption })
          .usage(
            flowing(`$0 media get ID -o FILE

ID is that of a message (wamid.…), an end of one as inbox list shows it, or a
media id of WhatsApp, which has digits only. A file that the poller still keeps
is taken from the state directory; any other from Kapso, as long as WhatsApp
has it: 7 days.

FILE is written for this user alone (0600), whole or not at all. It is what a
stranger has sent: its type is told by its content, and not by its name.

With --json it prints {"file", "bytes", "mimeType", "sha256", "from"}; from is
state or kapso.`),
          )
          .positional('id', { type: 'string', describe: 'a message, the end of its id, or a media id' })
          .option('output', {
            type: 'string',
            alias: 'o',
            requiresArg: true,
            demandOption: 'where the file is to be: -o FILE, or -o - for standard output',
            describe: 'the file to write; - for standard output',
          })
          .option('force', { type: 'boolean', describe: 'replace a file that is there' })
          .example('$0 media get QTdDMkI1RDY4 -o photo.jpg', '')
          .example('$0 media get 1003383421387256 -o - | file -', ''),
      args => run('get', args),
    )
    .command(
      'text <file>',
      'print the words in a file, to try the settings that find them',
      c =>
        withOptions(c, { ...stateOptions, from: fromOption })
          .usage(
            flowing(`$0 media text FILE

Prints what the agent would get: of audio the words by transcribe.provider, of a
document the text by media.documentCommand. The poller need not run. A service
is really asked.

With --json it prints {"text", "mimeType"}, and "cut" where there is more.`),
          )
          .positional('file', { type: 'string', describe: 'a file on this machine' })
          .example('$0 media text note.ogg', ''),
      args => run('text', args),
    );
}
