import { systemClock } from '../clock.ts';
import { counted } from '../counted.ts';
import { UsageError } from '../errors.ts';
import { exitCode } from '../exit-codes.ts';
import { iso } from '../views/times.ts';
import { storePlaceFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { interruptible } from './interruptible.ts';
import type { StoredCommand } from './stored.ts';
import { fillTarget, openTargetFile } from './target-file.ts';
import { timeOption } from './time-option.ts';

/** Returns the directory of the inbox. Throws a `UsageError` for one in a database, which has backups of its own. */
async function ownDirectory(args: CommandArguments, context: CliContext): Promise<string> {
  const { dir, database } = await storePlaceFor(args, context);
  if (database === undefined) return dir;
  throw new UsageError('the inbox is in PostgreSQL, and a backup of the state directory would be without it', {
    hint:
      'Use pg_dump --schema=kapso_whatsapp and pg_restore, or the backup of the server; the guide on PostgreSQL says what ' +
      'else to copy.',
  });
}

/** `backup`: writes the state directory into one file. */
export const backup: StoredCommand = async (args, terminal, context) => {
  const output = textOption(args, 'file') ?? '';
  const dir = await ownDirectory(args, context);
  const choice = { media: args['without-media'] !== true, secrets: args['without-secrets'] !== true };
  const { makeBackup } = await import('#backup');
  const target = openTargetFile(output, { force: args.force === true });
  const made = await fillTarget(target, terminal, async (path, signal) => {
    const now = new Date(systemClock.now());
    return makeBackup({ dir, path, output, choice, now, signal });
  });
  const { takenAt, files, size, sha256 } = made;
  terminal.out(
    args.json
      ? `${toJson({ file: output, takenAt, files, size, sha256, ...made.with })}\n`
      : `${output}: ${counted(files, 'file')}, ${size} bytes, taken at ${takenAt}\n` +
          `sha256 ${sha256}\n` +
          `It holds messages and addresses${choice.secrets ? ', and secrets of this poller' : ''}: keep it private.\n`,
  );
  return exitCode.ok;
};

/** `restore`: puts a backup into the state directory. */
export const restore: StoredCommand = async (args, terminal, context) => {
  const path = textOption(args, 'file') ?? '';
  const dir = await ownDirectory(args, context);
  const now = systemClock.now();
  const since = timeOption(args, 'since', now);
  if (since !== null && since > now) throw new UsageError('--since is in the future');
  const { restoreBackup } = await import('#backup');
  const { takenAt, files, aside, dropped, ...restored } = await interruptible(terminal, signal =>
    restoreBackup({ path, dir, replace: args.replace === true, since, clock: systemClock, signal }),
  );
  const until = iso(restored.since);
  if (args.json) {
    terminal.out(`${toJson({ dir, takenAt, files, aside, since: until, dropped })}\n`);
    return exitCode.ok;
  }
  terminal.out(
    `${dir}: restored ${counted(files, 'file')} from the backup of ${takenAt}\n` +
      (aside === null ? '' : `What was there before is in ${aside}\n`) +
      'Not handed to the agent, since it may have been answered after the backup: what waited in it ' +
      `(${counted(dropped.entries, 'message')}, ${counted(dropped.outgoing, 'answer')}), and what was written before ${until}. ` +
      'It is kept as dropped: inbox list --state dropped, inbox retry.\n' +
      'Start the poller.\n',
  );
  return exitCode.ok;
};
