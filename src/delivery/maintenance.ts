import type { Clock } from '../clock.ts';
import type { Log } from '../observe/log.ts';
import type { Store } from '../store/store.ts';

export interface MaintenanceOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** How long (ms) settled messages are remembered: the time in which the same id is recognised. Asked for again each time. */
  readonly retention: number;
  /** Called with the lanes that have work after another process changed the store (an operator's retry or drop). */
  changed: (lanes: string[]) => void;
  /** What else is to be done now and then. */
  tick: () => Promise<void>;
  /** Up to when messages have surely been seen, by the clock that dates them; null where nothing tells. */
  seenUpTo: () => Promise<number | null>;
}

const every = 30_000;
const prunedEvery = 3_600_000;

/** What must be done now and then: noticing changes that an operator made, and forgetting what is old enough. */
export function createMaintenance(options: MaintenanceOptions): {
  start(): void;
  stop(): void;
} {
  const { store, clock, log, changed, tick } = options;
  let cancel: (() => void) | null = null;
  let prunedAt = Number.NEGATIVE_INFINITY;

  const run = async () => {
    if (await store.changedElsewhere()) changed(await store.lanes());
    await tick();
    if (clock.monotonic() - prunedAt < prunedEvery) return;
    prunedAt = clock.monotonic();
    // Measured from what was seen: after a long outage polling lists again what was settled before the outage, and this machine's
    // clock may be wrong. Where nothing was seen yet, nothing is forgotten.
    const seenUpTo = await options.seenUpTo();
    if (seenUpTo === null) return;
    const before = Math.min(clock.now(), seenUpTo) - options.retention;
    const forgotten = await store.prune(before);
    log.debug({ before: new Date(before).toISOString(), forgotten }, 'Looked for messages to forget');
    if (forgotten > 0) log.info({ messages: forgotten }, 'Settled messages older than the retention were forgotten');
  };
  const next = () => {
    cancel = clock.after(every, () => {
      run()
        .catch(error => log.warn({ error }, 'Maintenance of the store failed; it is tried again'))
        .finally(() => cancel && next());
    });
  };

  return {
    start: next,
    stop: () => {
      cancel?.();
      cancel = null;
    },
  };
}
