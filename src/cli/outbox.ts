import { exitCode } from '../exit-codes.ts';
import type { AccountNames } from '../observe/account-status.ts';
import { type Outgoing, type OutgoingState, outgoingStates } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import { lastAnswer } from '../views/answer-view.ts';
import { doubtOf, outgoingRefs, outgoingView } from '../views/outgoing-view.ts';
import { readNames } from './account-option.ts';
import { textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { outgoingDetails, outgoingList } from './outbox-view.ts';
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
  const states = statesOption(args, outgoingStates);
  const rows = await withStore(args, context, true, ({ outbox }) =>
    outbox.list({ limit, ...(states.length > 0 ? { states } : {}) }),
  );
  const views = viewsOf(rows, args.full === true, await readNames(args, context));
  terminal.out(args.json ? `${toJson(views)}\n` : outgoingList(views));
  return exitCode.ok;
};

/** `outbox show`: shows one outgoing message, or all that answer a message. */
export const show: StoredCommand = async (args, terminal, context) => {
  const given = textOption(args, 'id') ?? '';
  const rows = await withStore(args, context, true, async store => resolveId(given, await candidates(store), 'outbox'));
  const views = viewsOf(rows, args.full === true, await readNames(args, context));
  terminal.out(args.json ? `${toJson(views)}\n` : outgoingDetails(views));
  return exitCode.ok;
};

function viewsOf(rows: readonly Outgoing[], full: boolean, names: AccountNames) {
  const refs = outgoingRefs(rows);
  return rows.map(row => outgoingView(row, refs.get(row.id) ?? row.id, full, names));
}

/** Returns what an id may name: an outgoing message, or a message with all that answer it, in their order. */
async function candidates({ outbox }: Store): Promise<Map<string, Outgoing[]>> {
  const rows = (await outbox.list({ limit: all })).reverse();
  const named = new Map<string, Outgoing[]>(Map.groupBy(rows, ({ message }) => message));
  for (const row of rows) named.set(row.id, [row]);
  return named;
}

/**
 * `outbox retry`: sends the named messages again, or all that failed. The poller sees the change by itself. One that may
 * have been sent needs `--force`: its customer may get it twice.
 */
export const retry: StoredCommand = (args, terminal, context) =>
  change(args, terminal, context, {
    done: 'retried',
    changeable: ['failed', 'dropped'],
    states: ['failed'],
    // An earlier answer is out of date: the message ran again since.
    chooseAll: async (store, rows) => {
      const messages = [...new Set(rows.map(({ message }) => message))];
      const answers = Map.groupBy(await store.outbox.ofAll(messages), ({ message }) => message);
      const current = new Set([...answers.values()].flatMap(lastAnswer).map(({ id }) => id));
      return rows.filter(({ id }) => current.has(id));
    },
    leave: row => (args.force ? null : doubtOf(row)),
    apply: ({ outbox }, ids) => outbox.retry(ids),
  });

/** `outbox drop`: gives the named messages up, or with `--all --yes` all that failed or are in the given states. */
export const drop: StoredCommand = (args, terminal, context) =>
  change(args, terminal, context, {
    done: 'dropped',
    changeable: ['pending', 'sending', 'failed'],
    states: droppedStates(args, outgoingStates, '--all gives messages up that their customers have not got'),
    chooseAll: async (_, rows) => rows,
    leave: () => null,
    apply: ({ outbox }, ids) => outbox.drop(ids),
  });

interface Change {
  done: 'retried' | 'dropped';
  /** The states in which it can be done. */
  changeable: readonly OutgoingState[];
  /** The states that `--all` means. */
  states: readonly OutgoingState[];
  chooseAll(store: Store, rows: Outgoing[]): Promise<Outgoing[]>;
  /** Returns why a message is to be left as it is, or null. */
  leave(row: Outgoing): string | null;
  apply(store: Store, ids: readonly string[]): Promise<string[]>;
}

async function change(args: CommandArguments, terminal: Terminal, context: CliContext, wanted: Change) {
  const { done, states } = wanted;
  const given = idsOption(args);
  // Opened for reading first: opening it for writing would create an inbox where there is none.
  const chosen = await withStore(args, context, true, async store => {
    if (args.all) return wanted.chooseAll(store, await store.outbox.list({ states, limit: all }));
    const known = await candidates(store);
    return given.flatMap(id => meant(resolveId(id, known, 'outbox'), wanted));
  });
  const rows = [...new Map(chosen.map(row => [row.id, row])).values()];
  const left = new Map(rows.map(row => [row.id, wanted.leave(row)]));
  const ids = rows.map(({ id }) => id).filter(id => left.get(id) === null);
  const changed = new Set(
    ids.length > 0 ? await withStore(args, context, false, store => wanted.apply(store, ids)) : [],
  );
  const refs = outgoingRefs(rows);
  const results = rows.map(({ id, state }) => {
    const why = left.get(id);
    return { ref: refs.get(id) ?? id, done: changed.has(id), was: state, ...(why ? { why } : {}) };
  });
  return reportResults(results, { done, states }, { args, terminal });
}

/** Of what a message's id names, those of its last answer count that can be changed, or all of it when none can. */
function meant(rows: readonly Outgoing[], { changeable }: Change): Outgoing[] {
  const answer = lastAnswer(rows);
  const able = answer.filter(({ state }) => changeable.includes(state));
  return able.length > 0 ? able : answer;
}
