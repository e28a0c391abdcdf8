/** What the commands of the inbox and of the outbox share. */
import { systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { listOption, storePlaceFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import type { Terminal } from './terminal.ts';

export type StoredCommand = (args: CommandArguments, terminal: Terminal, context: CliContext) => Promise<ExitCode>;

/** More than any store holds. SQLite and the store need a limit, and some commands want all. */
export const all = 1_000_000_000;
/** Characters of an id's end that are enough to name it. */
const shortestEnd = 6;

export async function withStore<T>(
  args: CommandArguments,
  context: CliContext,
  readOnly: boolean,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const place = await storePlaceFor(args, context);
  const store = await openStore({ ...place, clock: systemClock, readOnly });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/**
 * Returns what an operator means by an id, or by the end of one that only one id has.
 *
 * @param known by their ids
 * @param command whose `list` shows the ids
 * @throws UsageError
 */
export function resolveId<T>(given: string, known: ReadonlyMap<string, T>, command: 'inbox' | 'outbox'): T {
  const wanted = given.replace(/^\u2026/, '');
  const exact = known.get(wanted);
  if (exact) return exact;
  if (wanted.length < shortestEnd)
    throw new UsageError(`"${wanted}" is too short`, {
      hint: `Give at least ${shortestEnd} characters of the end of the id; kapso-whatsapp-cli ${command} list shows them`,
    });
  const found = [...known].filter(([id]) => id.endsWith(wanted)).map(([, item]) => item);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (only)
    throw new UsageError(`${found.length} messages have ids that end with "${wanted}"`, { hint: 'Give more of it' });
  throw new UsageError(`no message has an id that ends with "${wanted}"`, {
    hint: `See kapso-whatsapp-cli ${command} list`,
  });
}

/** Returns the states that were given, in the order of `known`. */
export function statesOption<S extends string>(args: CommandArguments, known: readonly S[]): S[] {
  const given = new Set(listOption(args, 'state'));
  return known.filter(state => given.has(state));
}

/** @throws UsageError */
export function limitOption(args: CommandArguments): number {
  const text = textOption(args, 'limit') ?? '20';
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--limit takes a whole number from 1, not "${text}"`);
  return Number(text);
}

/** Returns the ids that were given; none with `--all`. Throws a `UsageError` unless it is one of the two. */
export function idsOption(args: CommandArguments): string[] {
  const given = listOption(args, 'id');
  if (given.length > 0 === (args.all === true)) throw new UsageError('give ids, or --all');
  return given;
}

/** Returns the states that `drop --all` means. Throws a `UsageError` when `--all` stands without `--yes`. */
export function droppedStates<S extends string>(args: CommandArguments, known: readonly S[], why: string): S[] {
  const states = statesOption(args, known);
  if (states.length > 0 && !args.all) throw new UsageError('--state goes with --all');
  if (args.all && !args.yes) throw new UsageError(why, { hint: 'Add --yes to confirm' });
  return states.length > 0 ? states : known.filter(state => state === 'failed');
}

/** What became of one message that an operator wanted changed. */
export interface Result {
  ref: string;
  done: boolean;
  /** The state that it had. */
  was: string;
  /** Why it was left as it is, where that is not because of its state. */
  why?: string;
}

/** Prints the results. Returns the exit code: something that was left as it is makes it 69. */
export function reportResults(
  results: readonly Result[],
  { done, states }: { done: 'retried' | 'dropped'; states: readonly string[] },
  { args, terminal }: { args: CommandArguments; terminal: Terminal },
): ExitCode {
  const changed = results.filter(result => result.done).length;
  if (args.json) terminal.out(`${toJson({ [done]: changed, results })}\n`);
  else if (results.length === 0) terminal.out(`Nothing to do: no message is ${states.join(' or ')}.\n`);
  else for (const result of results) terminal.out(describe(result, done));
  return changed === results.length ? exitCode.ok : exitCode.unavailable;
}

function describe({ ref, done, was, why }: Result, change: string): string {
  return done ? `${ref}  ${change}\n` : `${ref}  not ${change}: ${why ?? `it is ${was}`}\n`;
}
