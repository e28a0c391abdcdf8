import type { Clock } from '../clock.ts';
import type { LiveSources, ShownMessage } from '../live/sources.ts';
import type { Feed } from '../page/feed.ts';
import type { Store } from '../store/store.ts';
import { maskedSentenceOf, messagesOf } from '../views/life-events.ts';
import { endOf } from '../views/refs.ts';
import type { Remembered } from '../views/trace.ts';
import { countersOf, isMoving, nameOf, partsOf, rowOf } from './rows.ts';

/** Looks at the running poller for the pages that are open. While none is, it does nothing. */
export interface Look {
  /** Whether a page is open. */
  watched(is: boolean): void;
  /** Looks at these messages again. */
  again(ids: readonly string[]): Promise<void>;
  /** The id of a message that was shown under this name; null for any other. */
  idOf(name: string): string | null;
}

/** Milliseconds between two looks at the whole, and from what happens to a message until it is shown. */
const waits = { whole: 2000, message: 200 };
/** Messages that are shown at the beginning: the newest, and those that failed. */
const most = { newest: 50, failed: 25 };
/** Messages whose names are known. */
const mostNames = 1000;
/** Messages on their way that are looked at again and again: as many as the page keeps. */
const mostOpen = 300;

export interface LookDeps {
  sources: LiveSources;
  store: Pick<Store, 'list' | 'outbox'>;
  feed: Feed;
  clock: Clock;
  onError: (error: unknown) => void;
}

export function createLook({ sources, store, feed, clock, onError }: LookDeps): Look {
  const ids = new Map<string, string>();
  /** Those whose state may change without an event that names them. */
  const open = new Set<string>();
  let changed = new Set<string>();
  let end: (() => void) | null = null;
  let cancelMessages: (() => void) | null = null;

  const show = (shown: readonly ShownMessage[]) => {
    for (const one of shown) {
      const row = rowOf(one);
      ids.delete(row.id);
      ids.set(row.id, one.id);
      // Each is looked at in its turn: what was seen goes to the end.
      open.delete(one.id);
      if (isMoving(one)) open.add(one.id);
      feed.put('messages', row);
    }
    for (const name of ids.keys()) if (ids.size > mostNames) ids.delete(name);
    for (const id of open) if (open.size > mostOpen) open.delete(id);
  };

  const again = async (wanted: readonly string[]) => {
    for (let from = 0; from < wanted.length; from += most.newest) {
      const some = wanted.slice(from, from + most.newest);
      // One that is not found any more was forgotten.
      const found = await sources.messages(some, { full: false });
      for (const id of some) open.delete(id);
      show(found);
    }
  };

  const whole = async () => {
    const report = await sources.report();
    feed.set('counters', countersOf(report));
    feed.set(
      'problems',
      report.problemDetails.map(({ code, says, todo }) => ({ code, says, todo })),
    );
    feed.set('parts', partsOf(report.poller));
  };

  const first = async () => {
    await whole();
    const failed = await store.list({ states: ['failed'], limit: most.failed });
    const unsent = await store.outbox.list({ states: ['failed'], limit: most.failed });
    await again([...new Set([...failed.map(({ id }) => id), ...unsent.map(({ message }) => message)])]);
    show((await sources.arrivals({ after: null, limit: most.newest, full: false })).messages);
  };

  const heard = ({ seq, at, event }: Remembered) => {
    for (const id of messagesOf(event)) {
      changed.add(id);
      const bad = /failed|unreadable|refused/.test(event.type);
      const tone = bad ? 'bad' : event.type === 'reply sent' ? 'good' : 'plain';
      feed.put('log', { id: `${seq} ${nameOf(id)}`, at, tone, text: `…${endOf(id)}: ${maskedSentenceOf(event, id)}` });
    }
    cancelMessages ??= clock.after(waits.message, () => {
      cancelMessages = null;
      const wanted = [...changed];
      changed = new Set();
      void Promise.all([again(wanted), whole()]).catch(onError);
    });
  };

  const begin = (): (() => void) => {
    let going = true;
    let cancel = () => {};
    const next = () => {
      if (!going) return;
      cancel = clock.after(waits.whole, () => {
        void Promise.all([whole(), again([...open].slice(0, most.newest))])
          .catch(onError)
          .finally(next);
      });
    };
    const unsubscribe = sources.subscribe?.(heard);
    void first().catch(onError).finally(next);
    return () => {
      going = false;
      cancel();
      unsubscribe?.();
      cancelMessages?.();
      cancelMessages = null;
    };
  };

  return {
    watched: is => {
      if (is) end ??= begin();
      else {
        end?.();
        end = null;
      }
    },
    again,
    idOf: name => ids.get(name) ?? null,
  };
}
