import type { Argv } from 'yargs';
import { flowing } from './flowing.ts';

export type UnitsAction = 'install';

export const unitsActions: readonly UnitsAction[] = ['install'];

/** The commands after `units`, for yargs. */
export function unitsCommands(
  y: Argv,
  run: (action: UnitsAction, args: Readonly<Record<string, unknown>>) => Promise<void>,
): Argv {
  return y
    .usage('$0 units COMMAND\n\nThe units that run the poller under systemd.')
    .example('$0 units install --user --dry-run', '')
    .command(
      'install',
      'write the systemd units, with the paths of this installation',
      c =>
        c
          .usage(
            flowing(`$0 units install --system
$0 units install --user

Writes the units and starts nothing; it prints what to do next. A unit that was
edited is left alone and named, and the exit code is 69. Better than to edit one
is a drop-in: systemctl edit kapso-whatsapp-poller.service

With --json it prints {"files": [{"path", "change", "content"}], "next"}; change
is written, updated, unchanged, edited (left alone) or replaced.`),
          )
          .option('system', { type: 'boolean', describe: 'for the whole machine, in /etc/systemd/system' })
          .option('user', { type: 'boolean', describe: 'for this user, in ~/.config/systemd/user' })
          .option('dir', { type: 'string', requiresArg: true, describe: 'write them to this directory instead' })
          .option('dry-run', { type: 'boolean', describe: 'print the units and write nothing' })
          .option('force', { type: 'boolean', describe: 'replace edited units too; the old ones get the ending .old' })
          .option('json', { type: 'boolean', describe: 'print JSON on standard output, errors too' })
          .example('$0 units install --system --dry-run', 'what would be written')
          .example('sudo $0 units install --system', ''),
      args => run('install', args),
    );
}
