import { exitCode } from '../exit-codes.ts';
import { type EntryState, entryStates } from '../store/new-entry.ts';
import type { Entry, Store } from '../store/store.ts';
import { lookAround, viewsOf } from '../views/messages.ts';
import { refsOf } from '../views/refs.ts';
import { readNames } from './account-option.ts';
import { textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { detailText, listText } from './inbox-view.ts';
import {
  all,
  droppedStates,
  idsOption,
  limitOption,
  reportResults,
  resolveId,
  type StoredCommand,
  statesOption,
  withStore,
} from './stored.ts';
import type { Terminal } from './terminal.ts';

export const list: StoredCommand = async (args, terminal, context) => {
  const limit = limitOption(args);
  const states = statesOption(args, entryStates);
  const found = await withStore(args, context, true, async store =>
    lookAround(await store.list({ limit, ...(states.length > 0 ? { states } : {}) }), store),
  );
  const views = viewsOf(found, args.full === true, await readNames(args, context));
  terminal.out(args.json ? `${toJson(views)}\n` : listText(views));
  return exitCode.ok;
};

export const show: StoredCommand = async (args, terminal, context) => {
  const given = textOption(args, 'id') ?? '';
  const found = await withStore(args, context, true, async store =>
    lookAround([resolveId(given, await candidates(store), 'inbox')], store),
  );
  const [view] = viewsOf(found, args.full === true, await readNames(args, context));
  if (view) terminal.out(args.json ? `${toJson(view)}\n` : detailText(view));
  return exitCode.ok;
};

/** `inbox retry`: retries the named messages, or all that failed. The poller sees the change by itself. */
export const retry: StoredCommand = (args, terminal, context) =>
  change(args, terminal, context, {
    done: 'retried',
    states: ['failed'],
    apply: (store, ids) => store.retry(ids),
  });

/** `inbox drop`: drops the named messages, or with `--all --yes` all that failed or are in the given states. */
export const drop: StoredCommand = (args, terminal, context) =>
  change(args, terminal, context, {
    done: 'dropped',
    states: droppedStates(args, entryStates, '--all gives messages up that nobody has answered'),
    apply: (store, ids) => store.drop(ids),
  });

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
) {
  const given = idsOption(args);
  // Opened for reading first: opening it for writing would create an inbox where there is none.
  const chosen = await withStore(args, context, true, async store => {
    if (args.all) return store.list({ states, limit: all });
    const known = await candidates(store);
    return given.map(id => resolveId(id, known, 'inbox'));
  });
  const ids = [...new Set(chosen.map(({ id }) => id))];
  const changed = new Set(ids.length > 0 ? await withStore(args, context, false, store => apply(store, ids)) : []);
  const refs = refsOf(ids);
  const results = chosen.map(({ id, state }) => ({ ref: refs.get(id) ?? id, done: changed.has(id), was: state }));
  return reportResults(results, { done, states }, { args, terminal });
}

async function candidates(store: Store): Promise<Map<string, Entry>> {
  return new Map((await store.list({ limit: all })).map(entry => [entry.id, entry]));
}
