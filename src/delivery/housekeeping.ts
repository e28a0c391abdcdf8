import type { Clock } from '../clock.ts';
import type { Log } from '../observe/log.ts';
import type { Store } from '../store/store.ts';

export interface HousekeepingOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** How long (ms) settled messages are remembered: the time in which the same id is recognised. Asked for again each time. */
  readonly retention: number;
  /** Called with the lanes that have work after another process changed the store (an operator's retry or drop). */
  changed: (lanes: string[]) => void;
  /** What else is to be done now and then. */
  also: () => Promise<void>;
}

const every = 30_000;
const prunedEvery = 3_600_000;

/** What must be done now and then: noticing changes that an operator made, and forgetting what is old enough. */
export function keepHouse(options: HousekeepingOptions): {
  start(): void;
  stop(): void;
} {
  const { store, clock, log, changed, also } = options;
  let cancel: (() => void) | null = null;
  let prunedAt = Number.NEGATIVE_INFINITY;

  const round = async () => {
    if (await store.changedElsewhere()) changed(await store.lanes());
    await also();
    if (clock.now() - prunedAt < prunedEvery) return;
    prunedAt = clock.now();
    // Measured from where polling has come to: after a long outage it lists again what was settled before the outage. Where
    // nothing is polled, from the newest message: this machine's clock alone may be wrong.
    const [newest] = await store.list({ limit: 1 });
    const seenUpTo = Math.min(clock.now(), (await store.cursor()) ?? newest?.occurredAt ?? 0);
    const forgotten = await store.prune(seenUpTo - options.retention);
    if (forgotten > 0) log.info({ messages: forgotten }, 'Settled messages older than the retention were forgotten');
  };
  const next = () => {
    cancel = clock.after(every, () => {
      round()
        .catch(error => log.warn({ error }, 'Housekeeping of the store failed; it is tried again'))
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
