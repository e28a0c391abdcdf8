/** What several numbers are called on the command line. */
import { isOurs, UsageError } from '../errors.ts';
import { type AccountNames, namesIn } from '../observe/account-status.ts';
import { storePlaceFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { readStatus } from './poller-status.ts';

/** Returns what the poller calls several numbers; empty with one, and where that cannot be read. */
export async function readNames(args: CommandArguments, context: CliContext): Promise<AccountNames> {
  const { dir } = await storePlaceFor(args, context);
  try {
    return namesIn(readStatus(dir) ?? {});
  } catch (error) {
    // The command itself needs only the inbox.
    if (!isOurs(error)) throw error;
    return new Map();
  }
}

/**
 * Returns the phone number id that `--account` means, which may be a name; undefined without the option. Throws a
 * `UsageError` for a name that no account has.
 */
export async function accountOption(args: CommandArguments, context: CliContext): Promise<string | undefined> {
  const given = textOption(args, 'account');
  if (given === undefined || !/^[a-z]/.test(given)) return given;
  const names = await readNames(args, context);
  const found = [...names].find(([, label]) => label === given);
  if (found !== undefined) return found[0];
  const known =
    names.size === 0 ? 'The poller has said of no accounts yet' : `The accounts are ${[...names.values()].join(', ')}`;
  throw new UsageError(`no account is called "${given.slice(0, 80)}"`, { hint: known });
}
