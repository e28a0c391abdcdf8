/** The connection to a database that has the inbox: it is told of, and looked after. */
import type { Clock } from './clock.ts';
import type { Emit } from './observe/events.ts';
import type { Part } from './part.ts';
import type { DatabaseConnection } from './store/shared-database.ts';

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
