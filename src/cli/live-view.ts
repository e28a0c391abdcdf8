/** What the commands that watch look at: the running poller, over its socket, or its files, where no poller answers. */
import { type Clock, sleep } from '../clock.ts';
import { connectLive, type LiveClient } from '../live/client.ts';
import { findSockets } from '../live/place.ts';
import { createSources, type LiveSources } from '../live/sources.ts';
import { onNetwork } from '../state/directory.ts';
import { isLocked } from '../state/lock.ts';
import { openStore, type StorePlace } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { messagesOf } from '../views/life-events.ts';
import { readStatus } from './poller-status.ts';

export interface LiveView extends Omit<LiveSources, 'subscribe'> {
  from: 'poller' | 'files';
  /**
   * Calls back when something may have changed, with the messages that it concerns, or with null for any. Resolves when
   * the signal aborts, or when another view may show more: the poller has stopped, or one has started.
   */
  changes(onChange: (messages: readonly string[] | null) => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds between two looks at the files. */
const beat = 1000;
/** Beats after which a poller that lets nobody else follow is asked again. */
const beatsBetweenTries = 30;
/** Milliseconds after which a view of the poller is looked at anyway: other processes change the inbox too. */
const slowBeat = 10_000;

/** Opens the view of a state directory and its inbox. Throws the `StateError`s of `openStore` and `isLocked`. */
export async function openView(place: StorePlace, clock: Clock): Promise<LiveView> {
  const client = await connectToPoller(place.dir);
  return client === null ? filesView(place, clock) : pollerView(client, clock);
}

function connectToPoller(dir: string): Promise<LiveClient | null> {
  const said = readStatus(dir)?.socket;
  return connectLive(findSockets(dir, typeof said === 'string' ? said : null));
}

function pollerView(client: LiveClient, clock: Clock): LiveView {
  return {
    ...client,
    from: 'poller',
    changes: async (onChange, signal) => {
      let cancel = () => {};
      const again = () => {
        onChange(null);
        cancel = clock.after(slowBeat, again);
      };
      cancel = clock.after(slowBeat, again);
      try {
        await client.follow(one => onChange(one === null ? null : messagesOf(one.event)), signal);
      } catch {
        // Too many others follow: it is looked at now and then, and tried anew.
        for (let beats = 0; beats < beatsBetweenTries && (await pause(clock, signal)); beats += 1) onChange(null);
      } finally {
        cancel();
      }
    },
    close: async () => undefined,
  };
}

async function filesView(place: StorePlace, clock: Clock): Promise<LiveView> {
  const { dir } = place;
  const store = await openStore({ ...place, clock, readOnly: true });
  const sources = createSources({
    ...{ store, clock, stateDir: dir, directory: onNetwork(dir) },
    running: () => isLocked(dir),
    status: () => readStatus(dir),
  });
  return {
    ...sources,
    from: 'files',
    changes: async (onChange, signal) => {
      // What is there at the beginning is known.
      await store.changedElsewhere();
      while (await pause(clock, signal)) {
        if (await isOver(store, dir)) return;
        if (await store.changedElsewhere()) onChange(null);
      }
    },
    close: store.close,
  };
}

/** Whether the files are not the best view any more: a poller answers, or others have taken their place. */
async function isOver(store: Store, dir: string): Promise<boolean> {
  return store.displaced() !== null || (await connectToPoller(dir)) !== null;
}

/** Resolves to false when the signal aborts. */
function pause(clock: Clock, signal: AbortSignal): Promise<boolean> {
  return sleep(clock, beat, signal).then(
    () => true,
    () => false,
  );
}

/** What a command does while it watches. */
export interface Watcher {
  /** A view was opened, the first or another one. */
  opened(view: LiveView): void;
  /** Looks at what may have changed: at these messages, or with null at anything. The first look of each view is one of null. */
  look(view: LiveView, messages: readonly string[] | null): Promise<void>;
  /** Milliseconds in which changes are gathered for the next look. */
  pause: number;
  /** The inbox cannot be read at present, or is not there yet. Throw the error to end the watch. */
  unreadable(error: unknown): Promise<void> | void;
}

/** Watches an inbox until the signal aborts: the poller of this machine while one answers, else the store. */
export async function watch(
  place: StorePlace,
  watcher: Watcher,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
) {
  while (!signal.aborted) {
    try {
      const view = await openView(place, clock);
      try {
        watcher.opened(view);
        await watchView(view, watcher, { clock, signal });
      } finally {
        await view.close();
      }
    } catch (error) {
      await watcher.unreadable(error);
      await pause(clock, signal);
    }
  }
}

/** Watches one view as long as it is the best one. Rejects when the files cannot be read. */
async function watchView(
  view: LiveView,
  { look, pause: gathering }: Watcher,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const over = new AbortController();
  const changed = new Set<string>();
  let isAny = true;
  let failure: unknown;
  let working: Promise<void> | null = null;

  async function work(): Promise<void> {
    try {
      while ((isAny || changed.size > 0) && !signal.aborted) {
        const messages = isAny ? null : [...changed];
        isAny = false;
        changed.clear();
        await look(view, messages);
        await sleep(clock, gathering, signal).catch(() => undefined);
      }
    } catch (error) {
      failure = error;
      over.abort();
    }
    working = null;
  }

  const note = (messages: readonly string[] | null) => {
    if (messages === null) isAny = true;
    else for (const id of messages) changed.add(id);
    working ??= work();
  };
  note(null);
  await view.changes(note, AbortSignal.any([signal, over.signal]));
  await working;
  // A poller that is gone is no failure: the next view is of the files.
  if (failure !== undefined && view.from === 'files') throw failure;
}
