import type { Argv } from 'yargs';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { accountOfMessage } from './account-of-message.ts';
import { textOption } from './arguments.ts';
import { fromOption } from './chosen-account.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { common, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';
import { toJson } from './format.ts';
import { openClient } from './kapso-client.ts';
import type { Terminal } from './terminal.ts';

/** The command `read`, for yargs. */
export function readCommand(y: Argv): Argv {
  return withOptions(y, { ...common, from: fromOption })
    .usage(
      flowing(`$0 read ID

Marks a message as read, and those before it: its sender sees blue ticks. With
--typing the sender also sees that somebody types, until a message comes or for
25 seconds. The poller does both by itself with receipts.read and
receipts.typing.`),
    )
    .positional('id', { type: 'string', describe: 'the id of the message: wamid.HBg…' })
    .option('typing', { type: 'boolean', describe: 'show the typing sign, too' })
    .example('$0 read --typing wamid.HBgLMTU1NTEyMzQ1Njc=', '');
}

/** `read`: marks a message as read. */
export async function read(args: CommandArguments, terminal: Terminal, context: CliContext): Promise<ExitCode> {
  const id = textOption(args, 'id')?.trim() ?? '';
  if (!/^[\x21-\x7e]{1,512}$/.test(id)) {
    throw new UsageError('that is no id of a message', { hint: 'Give the id as the message has it: wamid.HBg…' });
  }
  const typing = args.typing === true;
  const sender = { config: textOption(args, 'config'), from: textOption(args, 'from') };
  const client = await openClient({ ...sender, find: dir => accountOfMessage(id, dir) }, context);
  await client.markRead(id, { typing });
  if (args.json) terminal.out(`${toJson({ id, read: true, typing })}\n`);
  return exitCode.ok;
}
