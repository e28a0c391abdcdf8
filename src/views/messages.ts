import type { AccountNames } from '../observe/account-status.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry, Store } from '../store/store.ts';
import { type MessageView, viewOf } from './message-view.ts';
import { refsOf } from './refs.ts';

/** Entries, and what is said of them that is not in them. */
interface Found {
  entries: readonly Entry[];
  /** The oldest message of each conversation in which one of these waits, by lane. */
  first: ReadonlyMap<string, Entry>;
  /** What was sent, or is to be, in answer to each, by its id. */
  answers: ReadonlyMap<string, readonly Outgoing[]>;
}

/** Reads what is said of entries that is not in them. */
export async function lookAround(entries: readonly Entry[], store: Pick<Store, 'head' | 'outbox'>): Promise<Found> {
  const first = new Map<string, Entry>();
  for (const lane of new Set(entries.filter(({ state }) => state === 'pending').map(({ lane }) => lane))) {
    const head = await store.head(lane);
    if (head) first.set(lane, head);
  }
  const rows = await store.outbox.ofAll(entries.map(({ id }) => id));
  return { entries, first, answers: Map.groupBy(rows, ({ message }) => message) };
}

/** Returns the entries as they are shown, in their order. `names`: what several numbers are called. */
export function viewsOf({ entries, first, answers }: Found, full: boolean, names: AccountNames): MessageView[] {
  const refs = refsOf([...entries, ...first.values()].map(({ id }) => id));
  const refOf = (id: string) => refs.get(id) ?? id;
  return entries.map(entry => {
    const head = entry.state === 'pending' ? first.get(entry.lane) : undefined;
    const waitsFor =
      head && head.id !== entry.id && (head.attempts > 0 || head.reason !== null)
        ? { ref: refOf(head.id), attempts: head.attempts, reason: head.reason }
        : null;
    return viewOf(entry, { ref: refOf(entry.id), full, names, waitsFor, outgoing: answers.get(entry.id) ?? [] });
  });
}
