import { systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { openStore } from '../store/open.ts';
import { type Entry, type EntryState, entryStates, type Store } from '../store/store.ts';
import { listOption, stateDirFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { detailText, listText, refsOf, type View, viewOf } from './inbox-view.ts';
import type { Terminal } from './terminal.ts';

type Command = (args: CommandArguments, terminal: Terminal, context: CliContext) => Promise<ExitCode>;

/** More than any inbox holds. SQLite and the store need a limit, and this command wants all. */
const all = 1_000_000_000;
/** Characters of an id's end that are enough to name it. */
const shortestEnd = 6;

export const list: Command = async (args, terminal, context) => {
  const limit = readLimit(textOption(args, 'limit') ?? '20');
  const states = statesOption(args);
  const { entries, first } = await withStore(args, context, true, async store => {
    const found = await store.list({ limit, ...(states.length > 0 ? { states } : {}) });
    return { entries: found, first: await firstOf(found, store) };
  });
  const views = viewsOf(entries, first, args.full === true);
  terminal.out(args.json ? `${toJson(views)}\n` : listText(views));
  return exitCode.ok;
};

export const show: Command = async (args, terminal, context) => {
  const given = textOption(args, 'id') ?? '';
  const { entry, first } = await withStore(args, context, true, async store => {
    const found = resolve(given, await candidates(store));
    return { entry: found, first: await firstOf([found], store) };
  });
  const [view] = viewsOf([entry], first, args.full === true);
  if (view) terminal.out(args.json ? `${toJson(view)}\n` : detailText(view));
  return exitCode.ok;
};

/** Finds the oldest message of each conversation in which one of these waits, by lane. */
async function firstOf(entries: readonly Entry[], store: Store): Promise<Map<string, Entry>> {
  const first = new Map<string, Entry>();
  for (const lane of new Set(entries.filter(({ state }) => state === 'pending').map(({ lane }) => lane))) {
    const head = await store.head(lane);
    if (head) first.set(lane, head);
  }
  return first;
}

function viewsOf(entries: readonly Entry[], first: ReadonlyMap<string, Entry>, full: boolean): View[] {
  const refs = refsOf([...entries, ...first.values()].map(({ id }) => id));
  const refOf = (id: string) => refs.get(id) ?? id;
  return entries.map(entry => {
    const head = entry.state === 'pending' ? first.get(entry.lane) : undefined;
    const waitsFor =
      head && head.id !== entry.id && (head.attempts > 0 || head.reason !== null)
        ? { ref: refOf(head.id), attempts: head.attempts, reason: head.reason }
        : null;
    return viewOf(entry, refOf(entry.id), full, waitsFor);
  });
}

/** `inbox retry`: retries the named messages, or all that failed. The poller sees the change by itself. */
export const retry: Command = (args, terminal, context) =>
  change(args, terminal, context, {
    done: 'retried',
    states: ['failed'],
    apply: (store, ids) => store.retry(ids),
  });

/** `inbox drop`: drops the named messages, or with `--all --yes` all that failed or are in the given states. */
export const drop: Command = (args, terminal, context) => {
  const states = statesOption(args);
  if (states.length > 0 && !args.all) throw new UsageError('--state goes with --all');
  if (args.all && !args.yes) {
    throw new UsageError('--all gives messages up that nobody has answered', { hint: 'Add --yes to confirm' });
  }
  return change(args, terminal, context, {
    done: 'dropped',
    states: states.length > 0 ? states : ['failed'],
    apply: (store, ids) => store.drop(ids),
  });
};

interface Change {
  done: 'retried' | 'dropped';
  /** The states that `--all` means. */
  states: readonly EntryState[];
  apply(store: Store, ids: readonly string[]): Promise<string[]>;
}

async function change(
  args: CommandArguments,
  terminal: Terminal,
  context: CliContext,
  { done, states, apply }: Change,
): Promise<ExitCode> {
  const given = listOption(args, 'id');
  if (given.length > 0 === (args.all === true)) throw new UsageError('give ids, or --all');
  // Opened for reading first: opening it for writing would create an inbox where there is none.
  const chosen = await withStore(args, context, true, async store => {
    if (args.all) return store.list({ states, limit: all });
    const known = await candidates(store);
    return given.map(id => resolve(id, known));
  });
  const ids = [...new Set(chosen.map(({ id }) => id))];
  const changed = new Set(ids.length > 0 ? await withStore(args, context, false, store => apply(store, ids)) : []);
  const refs = refsOf(ids);
  const results = chosen.map(({ id, state }) => ({ ref: refs.get(id) ?? id, done: changed.has(id), was: state }));
  if (args.json) terminal.out(`${toJson({ [done]: changed.size, results })}\n`);
  else if (results.length === 0) terminal.out(`Nothing to do: no message is ${states.join(' or ')}.\n`);
  else for (const result of results) terminal.out(describe(result, done));
  return changed.size === ids.length ? exitCode.ok : exitCode.unavailable;
}

function describe(result: { ref: string; done: boolean; was: EntryState }, done: string): string {
  return result.done ? `${result.ref}  ${done}\n` : `${result.ref}  not ${done}: it is ${result.was}\n`;
}

async function withStore<T>(
  args: CommandArguments,
  context: CliContext,
  readOnly: boolean,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const dir = await stateDirFor(args, context);
  const store = await openStore({ dir, clock: systemClock, readOnly });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function candidates(store: Store): Promise<Entry[]> {
  return store.list({ limit: all });
}

function resolve(given: string, known: readonly Entry[]): Entry {
  const wanted = given.replace(/^…/, '');
  const exact = known.find(({ id }) => id === wanted);
  if (exact) return exact;
  if (wanted.length < shortestEnd)
    throw new UsageError(`"${wanted}" is too short`, {
      hint: `Give at least ${shortestEnd} characters of the end of the id; kapso-whatsapp-cli inbox list shows them`,
    });
  const found = known.filter(({ id }) => id.endsWith(wanted));
  const [only] = found;
  if (only && found.length === 1) return only;
  if (only)
    throw new UsageError(`${found.length} messages have ids that end with "${wanted}"`, { hint: 'Give more of it' });
  throw new UsageError(`no message has an id that ends with "${wanted}"`, {
    hint: 'See kapso-whatsapp-cli inbox list',
  });
}

function statesOption(args: CommandArguments): EntryState[] {
  const given = new Set(listOption(args, 'state'));
  return entryStates.filter(state => given.has(state));
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--limit takes a whole number from 1, not "${text}"`);
  return Number(text);
}
