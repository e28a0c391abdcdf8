/** Runs work in sessions: one piece at a time in each, in the order of arrival, and sessions side by side. */
export interface SessionQueue {
  add(session: string, work: () => Promise<void>): void;
  /** Names what runs in the session. */
  name(session: string, runId: string): void;
  /** The name of what runs in the session, and whether anything runs or waits there. */
  active(session: string): { running: string | null; any: boolean };
  /** Starts nothing more. Resolves when the running runs have ended. */
  drain(): Promise<void>;
  readonly draining: boolean;
}

export function createSessionQueue(stopping: AbortSignal, onDefect: (error: unknown) => void): SessionQueue {
  const queues = new Map<string, (() => Promise<void>)[]>();
  const running = new Map<string, string>();
  let draining: PromiseWithResolvers<void> | null = null;

  const pump = (session: string) => {
    if (running.has(session) || draining || stopping.aborted) return;
    const next = queues.get(session)?.shift();
    if (!next) return void queues.delete(session);
    running.set(session, '');
    next()
      .catch(error => stopping.aborted || onDefect(error))
      .finally(() => {
        running.delete(session);
        if (draining && running.size === 0) draining.resolve();
        pump(session);
      });
  };

  return {
    add: (session, work) => {
      const queue = queues.get(session) ?? [];
      queue.push(work);
      queues.set(session, queue);
      pump(session);
    },
    name: (session, runId) => void running.set(session, runId),
    active: session => ({ running: running.get(session) || null, any: running.has(session) || queues.has(session) }),
    drain: () => {
      draining ??= Promise.withResolvers();
      if (running.size === 0) draining.resolve();
      return draining.promise;
    },
    get draining() {
      return draining !== null;
    },
  };
}
