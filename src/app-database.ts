/** The inbox of the process: how it is opened; and the connection to a database that has it, which is told of and looked after. */
import type { Clock } from './clock.ts';
import type { Emit } from './observe/events.ts';
import type { Log } from './observe/log.ts';
import type { Part } from './part.ts';
import type { Lock } from './state/lock.ts';
import { noteInstance, readPredecessor } from './state/predecessor.ts';
import { openStore, type StoreOptions } from './store/open.ts';
import type { DatabaseConnection } from './store/shared-database.ts';
import type { Store } from './store/store.ts';
import type { WhenThere } from './when-there.ts';

export interface InboxOptions extends StoreOptions {
  lock: Lock;
  log: Log;
  whenThere: WhenThere;
}

/**
 * Opens the inbox to deliver from it. Where others share it, the claims of the process that worked from this state directory
 * before are over at once: a poller that starts again after a crash goes on with what it had, and nobody waits for its leases.
 */
export async function openInbox({ log, whenThere, ...options }: InboxOptions): Promise<Store> {
  const { dir, lock } = options;
  const store = await whenThere(() => openStore({ ...options, delivers: true }));
  const { claims } = store;
  if (!claims.shared) return store;
  const former = readPredecessor(dir, lock);
  const ended = former === null ? 0 : await whenThere(() => claims.end(former));
  if (ended > 0)
    log.info({ former, claims: ended }, 'The poller that worked here before has ended; what it had claimed is free');
  // Before this process claims anything.
  try {
    noteInstance(dir, lock, claims.owner);
  } catch (error) {
    log.warn({ error }, 'The next start cannot know what this process has claimed, and waits for its leases');
  }
  return store;
}

/** Milliseconds between two looks at a database that is away. The connection itself is tried at its own pace. */
const every = 1000;

export interface DatabaseWatch extends Part {
  heard(connection: DatabaseConnection): void;
  stop(): void;
}

/**
 * Tells of the connection to a database. While it is away it is asked for, since nothing else may ask; `onBack` is called
 * when it is there again.
 */
export function createDatabaseWatch(deps: {
  clock: Clock;
  emit: Emit;
  /** Asks the store for anything. */
  look: () => Promise<unknown>;
  onBack: () => void;
}): DatabaseWatch {
  const { clock, emit, look, onBack } = deps;
  let cancel: (() => void) | null = null;
  let stopped = false;

  function plan(): void {
    // The error says nothing new: the connection has told it.
    const again = () =>
      void look()
        .catch(() => {})
        .finally(() => cancel !== null && plan());
    cancel = stopped ? null : clock.after(every, again);
  }

  return {
    heard(connection) {
      if (!connection.works) {
        emit({ type: 'database lost', name: connection.name, error: connection.error });
        if (cancel === null) plan();
        return;
      }
      const { name, server, weaknesses } = connection;
      const sentences = weaknesses.map(({ says, todo }) => `${says}; ${todo}`);
      emit({ type: 'database connected', name, server, weaknesses: sentences });
      if (cancel === null) return;
      cancel();
      cancel = null;
      onBack();
    },
    start: () => {},
    stop: () => {
      stopped = true;
      cancel?.();
      cancel = null;
    },
  };
}
