import type { Argv } from 'yargs';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

export type StateAction = 'migrate';

export const stateActions: readonly StateAction[] = ['migrate'];

/** The commands after `state`, for yargs. */
export function stateCommands(
  y: Argv,
  run: (action: StateAction, args: Readonly<Record<string, unknown>>) => Promise<void>,
): Argv {
  return y
    .usage('$0 state COMMAND\n\nWhere the inbox is: in a file of the state directory, or in PostgreSQL.')
    .example('$0 state migrate --to postgresql --dry-run', '')
    .command('migrate', 'move the inbox to PostgreSQL, or back to the state directory', migrateCommand, args =>
      run('migrate', args),
    );
}

function migrateCommand(y: Argv): Argv {
  return withOptions(y, stateOptions)
    .usage(
      flowing(`$0 state migrate --to postgresql
$0 state migrate --to sqlite

Moves the inbox with all messages, answers, contacts and cursors from the state
directory to a PostgreSQL database, or from there to the state directory. Stop the
poller first, on all machines. The database is the one of state.database; an address
after --to names another one. An address with a password must not stand there, since
every user of the machine can read it: put it into a file for you alone, and name that
in KAPSO_STATE_DATABASE_FILE.

What was moved is compared, by the number of rows and a SHA-256 of each table. Then
the former inbox is marked: no poller opens it from then on. Ended before that, by
whatever, it is as it was, and the same command goes on. Run again after the end, it
says that it is done. A target that has another inbox is refused. Files of the state
directory stay where they are. The way back is the same, in the other direction.

Codes: 0 moved, also before; 69 something else is there, or it does not work; 75 a poller runs or
the database does not answer: try again; 78 the configuration, or it was moved elsewhere.

With --json it prints {"from", "to", "tables": {"entries": {"rows", "states",
"sha256"}, …}, "sha256", "rows", "kept", "seconds"}; with --dry-run {"from", "to",
"begun", "tables": {"entries": {"settled": 2}, …}, "rows"}; after the end {"from", "to",
"movedAt"}.`),
    )
    .option('to', {
      type: 'string',
      requiresArg: true,
      describe: 'postgresql, sqlite, or the address of a database without a password',
    })
    .option('dry-run', { type: 'boolean', describe: 'say what would be moved, and what stands in its way' })
    .example('$0 state migrate --to postgresql --dry-run', '')
    .example('$0 state migrate --to postgresql', 'to the database of state.database')
    .example('$0 state migrate --to postgresql://kapso@/kapso', 'by the socket of this machine')
    .example('$0 state migrate --to sqlite', 'and back');
}
