import { systemClock } from '../clock.ts';
import { DatabaseUrlError, databasePasswords, parseDatabaseUrl } from '../config/database-url.ts';
import { counted } from '../counted.ts';
import { KapsoWhatsappError, UsageError } from '../errors.ts';
import { exitCode } from '../exit-codes.ts';
import { escapeControls } from '../printable.ts';
import { forgetDatabase } from '../state/forget-database.ts';
import type { Progress } from '../store/move/move.ts';
import type { FormerMove, MovedState, MoveStateOptions, PlannedMove } from '../store/move/part.ts';
import { duration } from '../views/times.ts';
import { loadFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { columns, toJson } from './format.ts';
import { interruptible } from './interruptible.ts';
import type { StoredCommand } from './stored.ts';
import type { Terminal } from './terminal.ts';

/** `state migrate`: moves the inbox to PostgreSQL, or back. */
export const migrateState: StoredCommand = async (args, terminal, context) => {
  const move = await moveFor(args, context);
  const { findFormerMove, moveState, planMove } = await import('#move');
  const former = await findFormerMove(move);
  if (former !== null) {
    if (args['dry-run'] !== true) correctStatus(move, terminal);
    terminal.out(describeFormer(former, { args, to: move.to }));
    return exitCode.ok;
  }
  if (args['dry-run'] === true) {
    terminal.out(describePlan(await planMove(move), args));
    return exitCode.ok;
  }
  const begun = systemClock.monotonic();
  const line = createProgressLine(terminal);
  const moved = await interruptible(terminal, signal =>
    moveState({ ...move, signal, onProgress: line.show }).finally(line.end),
  );
  correctStatus(move, terminal);
  terminal.out(describeMove(moved, { args, to: move.to, took: systemClock.monotonic() - begun }));
  return exitCode.ok;
};

/** Until a poller was started again, its status would send the commands to the database that the inbox has left. */
function correctStatus({ dir, to }: MoveStateOptions, { err }: Terminal): void {
  if (to !== 'sqlite') return;
  try {
    forgetDatabase(dir);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    err(
      `kapso-whatsapp-cli: ${escapeControls(why)}. Remove status.json of the state directory: it names the former database.\n`,
    );
  }
}

/** Reads where the inbox is to be moved. Throws a `UsageError`, and CONFIG_INVALID for a database that is not configured. */
async function moveFor(args: CommandArguments, context: CliContext): Promise<MoveStateOptions> {
  const wanted = textOption(args, 'to');
  if (wanted === undefined) throw new UsageError('state migrate needs --to postgresql, or --to sqlite');
  const named = wanted.includes('://') ? assertWithoutPassword(wanted, context) : null;
  const { dir, database } = (await loadFor(args, context)).config.state;
  const common = { dir, clock: systemClock, random: Math.random };
  if (named !== null) return { ...common, database: named, to: 'postgresql' };
  if (wanted !== 'sqlite' && wanted !== 'postgresql' && wanted !== 'postgres') {
    throw new UsageError('--to takes postgresql, sqlite, or the address of a database without a password');
  }
  if (database === undefined) {
    throw new KapsoWhatsappError('CONFIG_INVALID', 'no database is configured (state.database)', {
      hint:
        'Set state.database, or put the address of the database into a file that only you can read, and name it in ' +
        'KAPSO_STATE_DATABASE_FILE.',
    });
  }
  return { ...common, database, to: wanted === 'sqlite' ? 'sqlite' : 'postgresql' };
}

/** Refuses an address with a password, without a word of it. */
function assertWithoutPassword(address: string, { secrets }: CliContext): string {
  const passwords = databasePasswords(address);
  if (passwords.length > 0) {
    for (const password of passwords) secrets.add(password);
    throw new UsageError(
      'the address after --to has a password: every user of this machine can read the command line',
      {
        hint:
          'Put the address into a file that only you can read, name it in KAPSO_STATE_DATABASE_FILE (or state.databaseFile), ' +
          'and say --to postgresql. Change the password where others use this machine',
      },
    );
  }
  try {
    parseDatabaseUrl(address);
  } catch (error) {
    if (error instanceof DatabaseUrlError) throw new UsageError(`the address after --to ${error.message}`);
    throw error;
  }
  return address;
}

/** A line on the terminal of a person, written anew as it goes on. Without one nothing is shown. */
function createProgressLine({ err, width }: Terminal): { show(progress: Progress): void; end(): void } {
  const every = 200;
  let at = Number.NEGATIVE_INFINITY;
  let shown = 0;
  return {
    show({ doing, rows, of }) {
      const room = width();
      if (room === null || systemClock.monotonic() - at < every) return;
      at = systemClock.monotonic();
      const part = of === 0 ? 100 : Math.floor((100 * rows) / of);
      const line = `${doing === 'copy' ? 'Copying' : 'Comparing'}: ${rows} of ${counted(of, 'row')}, ${part} %`.slice(
        0,
        room - 1,
      );
      err(`\r${line.padEnd(shown)}`);
      shown = line.length;
    },
    end() {
      if (shown > 0) err(`\r${' '.repeat(shown)}\r`);
      shown = 0;
    },
  };
}

/** What is to be done after a move. */
function nextAfter(to: MoveStateOptions['to']): string {
  return to === 'sqlite'
    ? 'Take state.database out of the configuration, and start the poller.'
    : 'Set state.database to it (KAPSO_STATE_DATABASE), on each machine, and start the poller.';
}

function describeFormer(
  { from, to, at }: FormerMove,
  { args, to: kind }: { args: CommandArguments; to: MoveStateOptions['to'] },
): string {
  const when = new Date(at).toISOString();
  if (args.json) return `${toJson({ from, to, movedAt: when })}\n`;
  return `Done before: ${from} was moved to ${to} at ${when}. Nothing was changed.\n${nextAfter(kind)}\n`;
}

const statesOf = (states: Readonly<Record<string, number>>) =>
  Object.entries(states)
    .map(([state, rows]) => `${rows} ${state}`)
    .join(', ');

function describeMove(
  { from, to, tables, sha256, kept }: MovedState,
  { args, to: kind, took }: { args: CommandArguments; to: MoveStateOptions['to']; took: number },
): string {
  const rows = [...tables.values()].reduce((all, table) => all + table.rows, 0);
  if (args.json) {
    const seconds = Math.round(took / 100) / 10;
    return `${toJson({ from, to, tables: Object.fromEntries(tables), sha256, rows, kept, seconds })}\n`;
  }
  const lines = [...tables].map(([name, table]) => [name, String(table.rows), table.sha256, statesOf(table.states)]);
  return (
    `Moved ${counted(rows, 'row')} from ${from} to ${to} in ${duration(took)}` +
    `${kept > 0 ? `; ${kept} of them were there of an attempt before` : ''}. Both have:\n` +
    `${columns([['table', 'rows', 'sha256', ''], ...lines])}` +
    `sha256 of all: ${sha256}\n` +
    `${from} is marked: no poller opens it any more.\n${nextAfter(kind)}\n`
  );
}

function describePlan({ from, to, begun, tables }: PlannedMove, args: CommandArguments): string {
  const counts = [...tables].map(([name, states]) => [name, Object.fromEntries(states)] as const);
  const total = (states: Readonly<Record<string, number>>) => Object.values(states).reduce((all, one) => all + one, 0);
  const rows = counts.reduce((all, [, states]) => all + total(states), 0);
  if (args.json) return `${toJson({ from, to, begun, tables: Object.fromEntries(counts), rows })}\n`;
  const lines = counts.map(([name, states]) => [name, String(total(states)), '' in states ? '' : statesOf(states)]);
  return (
    `Would move ${counted(rows, 'row')} from ${from} to ${to ?? 'a new inbox'}` +
    `${begun ? ', where a part of it is already' : ''}:\n` +
    `${columns([['table', 'rows', ''], ...lines])}Nothing was changed.\n`
  );
}
