import type { Clock } from '../clock.ts';
import { namesIn, numberIn } from '../observe/account-status.ts';
import type { Known } from '../problems/assess.ts';
import type { Entry, Store } from '../store/store.ts';
import type { MessageView } from '../views/message-view.ts';
import { lookAround, viewsOf } from '../views/messages.ts';
import { type Report, readKept, reportOf } from '../views/report.ts';
import { type Remembered, type Trace, traceOf } from '../views/trace.ts';
import type { History } from './history.ts';

/** Without `full` numbers, names and ids are shortened as `inbox list` does it, and there are no texts. */
export interface Shown {
  full: boolean;
}

/** A message and its whole id, by which it can be asked for again. */
export interface ShownMessage {
  id: string;
  message: MessageView;
}

/** `found` names one message. `several` messages have ids that end so. */
export type Traced = { kind: 'found'; trace: Trace } | { kind: 'none' } | { kind: 'several' };

/**
 * What there is to see of a poller and its messages, for whoever shows it: the command line, over the socket or from the
 * files, and a page. It only reads. Each method rejects with a `StateError` when the store cannot be read.
 */
export interface LiveSources {
  /** How the poller fares, as `status --json` prints it. */
  report(): Promise<Report>;
  /**
   * Messages in the order of their arrival: the first ones after a number, or without it the newest; at most `limit`,
   * which is cut to 50. `last` is where the next call goes on.
   */
  arrivals(query: { after: number | null; limit: number } & Shown): Promise<{ messages: ShownMessage[]; last: number }>;
  /** The messages of these ids as they are now, at most 50. Those that were forgotten are left out. */
  messages(ids: readonly string[], how: Shown): Promise<ShownMessage[]>;
  /** The life of one message: by its id, the end of it, or the same of one of its answers, here or at WhatsApp. */
  trace(id: string, how: Shown): Promise<Traced>;
  /**
   * Calls back with whatever happens to messages from now on, while it happens: the listener must not do work there. Ids
   * and numbers stand in the events whole. Returns a function that ends this. Null where no poller tells anything.
   */
  subscribe: ((listener: (one: Remembered) => void) => () => void) | null;
}

/** Messages of one answer. Each may have a body of a megabyte. */
const mostMessages = 50;
/** The shortest end of an id that names one. */
const shortestEnd = 6;

export interface SourcesDeps {
  store: Store;
  /** Whether a poller works on the store, and what it last said of itself. The functions are called each time. */
  running: () => boolean;
  status: () => Known | null;
  stateDir: string;
  /** What is odd about the state directory, as a sentence; null when nothing is. */
  directory: string | null;
  /** What the running poller remembers. */
  history?: History;
  /** Asks the agent gateway for its record of a message's run. Resolves to null where it cannot be asked. */
  recordOf?: (entry: Entry) => Promise<Trace['record']>;
  clock: Pick<Clock, 'now'>;
}

export function createSources(deps: SourcesDeps): LiveSources {
  const { store, history, clock } = deps;

  const show = async (entries: readonly Entry[], full: boolean): Promise<ShownMessage[]> => {
    const views = viewsOf(await lookAround(entries, store), full, namesIn(deps.status() ?? {}));
    return views.flatMap((message, at) => {
      const id = entries[at]?.id;
      return id === undefined ? [] : [{ id, message }];
    });
  };

  return {
    report: async () => {
      const { stateDir, directory } = deps;
      const now = clock.now();
      const known = { running: deps.running(), poller: deps.status(), kept: await readKept(store, now) };
      return reportOf({ ...known, stateDir, directory }, now);
    },
    arrivals: async ({ after, limit, full }) => {
      const { entries, last } = await store.arrivals({ after, limit: Math.min(limit, mostMessages) });
      return { messages: await show(entries, full), last };
    },
    messages: async (ids, { full }) => {
      const entries = await Promise.all(ids.slice(0, mostMessages).map(id => store.get(id)));
      return show(
        entries.filter(entry => entry !== null),
        full,
      );
    },
    trace: async (given, { full }) => {
      const found = await findMessage(store, given);
      if (typeof found === 'string') return { kind: found };
      const record = (await deps.recordOf?.(found)) ?? null;
      const obstacle = deps.running()
        ? waitsFor(deps.status(), found.account)
        : 'it waits for the poller, which does not run';
      const names = namesIn(deps.status() ?? {});
      const trace = await traceOf(found, { store, record, obstacle, names, ...(history && { memory: history }) }, full);
      return { kind: 'found', trace };
    },
    subscribe: history === undefined ? null : history.subscribe,
  };
}

/** Says for what a message waits at present that nothing else holds up; null when it is only for its turn. */
function waitsFor(status: Known | null, account: string | null): string | null {
  const { gateway } = status ?? {};
  const { delivery } = numberIn(status ?? {}, account);
  if (gateway?.phase !== undefined && gateway.phase !== 'connected') {
    const how = gateway.phase === 'connecting' ? 'away' : gateway.phase;
    return `it waits for the gateway, which is ${how}${gateway.reason ? `: ${gateway.reason}` : ''}`;
  }
  // What holds up one agent's messages may not be about this one.
  if (!delivery?.reason || delivery.agent !== undefined) return null;
  return `it waits for the gateway, which takes no messages: ${delivery.reason}`;
}

/** Finds the message that an id, or the end of one, means: its own id, or that of an answer to it. */
async function findMessage(store: Store, given: string): Promise<Entry | 'none' | 'several'> {
  const wanted = given.trim().replace(/^\u2026/, '');
  const exact = (await store.get(wanted)) ?? (await answeredBy(store, wanted));
  if (exact !== null) return exact;
  if (wanted.length < shortestEnd) return 'none';
  const { entries, outgoing } = await store.endingWith(wanted, 50);
  const answered = await Promise.all(outgoing.map(id => store.outbox.get(id)));
  const ids = new Set([...entries, ...answered.flatMap(row => row?.message ?? [])]);
  const [only, another] = ids;
  if (another !== undefined) return 'several';
  return (only === undefined ? null : await store.get(only)) ?? 'none';
}

async function answeredBy({ outbox, get }: Store, id: string): Promise<Entry | null> {
  const row = (await outbox.get(id)) ?? (await outbox.find({ sentId: id, mark: null }));
  return row && get(row.message);
}
