import type { Clock } from '../clock.ts';
import type { Around } from '../coalesce.ts';
import type { KnownContact } from '../domain/contact.ts';
import { isOwn, type Role } from '../instances/roles.ts';
import type { Emit } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import type { Part } from '../part.ts';
import type { Store } from '../store/store.ts';
import { waits } from '../waits.ts';
import type { Worker } from './worker.ts';

export interface MaintenanceOptions {
  store: Store;
  /** Where several processes share the store, the right to do there what one of them does for all. */
  role?: Role | undefined;
  /** Removes old marks of what the command line has sent. */
  forgetMarks: () => void;
  /** Removes media whose time is over. Returns how many. */
  tidyMedia: () => Promise<number>;
  around: Around;
  clock: Clock;
  log: Log;
  emit: Emit;
  /**
   * `retention`: days for which settled messages are remembered, so that the same id is recognised. The function is
   * called each time.
   */
  settings: () => { readonly retention: number };
  /** They are told when another process changed the store: an operator's retry or drop. */
  workers: readonly Pick<Worker, 'refresh' | 'wakeAll'>[];
  /** Called then too, where several processes share the store. */
  onOperated?: () => Promise<void>;
  /** Whether the settings admit a contact that waits for an operator's approval. */
  admits: (contact: KnownContact) => boolean;
  /** Other regular work. */
  tick: () => Promise<void>;
  /** The time up to which all messages have surely been seen, by the clock that dates them; null when unknown. */
  seenUpTo: () => Promise<number | null>;
}

export interface Maintenance extends Part {
  /** Says that an operator may have changed something, by another process. */
  operated(): void;
  /** Says that a sender waits for an operator's approval from now on. */
  senderWaits(): void;
}

/** Milliseconds. With the latitude of `around` an operator's retry or drop is noticed within half a minute, as is documented. */
const every = 25_000;
/** Milliseconds, while senders wait for an operator who approves them: a person looks at the telephone meanwhile. */
const whileSendersWait = 2000;
const prunedEvery = 3_600_000;
const day = 86_400_000;

/** Runs regular work: it notices an operator's changes, ends pairings whose time is over, and forgets old entries. */
export function createMaintenance(options: MaintenanceOptions): Maintenance {
  const { store, workers, around, clock, log, emit, tick } = options;
  let cancel: (() => void) | null = null;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let tickedAt = clock.monotonic();
  let pause = every;
  let running = false;
  let operations: number | null = null;

  /** Whether an operator has done something. Where several processes share the store, others change it all the time. */
  const isOperated = async (): Promise<boolean> => {
    if (!store.claims.shared) return store.changedElsewhere();
    const before = operations;
    operations = await store.operations();
    return operations !== before;
  };

  const noticeOperator = async () => {
    if (!(await isOperated())) return;
    for (const worker of workers) {
      await worker.refresh();
      // The message that a conversation waited for may have been dropped.
      worker.wakeAll();
    }
    if (store.claims.shared) await options.onOperated?.();
  };

  /** Ends the wait for a look at what operators did; null without one. */
  let cancelLook: (() => void) | null = null;
  let toldMore = false;

  /** Whoever may use the database can tell it, and as often as they like: one look is for all that was told before it. */
  const lookSoon = () => {
    toldMore = true;
    cancelLook ??= clock.after(waits.claims.soon, () => {
      toldMore = false;
      noticeOperator()
        .catch(error => emit({ type: 'maintenance failed', error }))
        .finally(() => {
          cancelLook = null;
          if (toldMore && cancel !== null) lookSoon();
        });
    });
  };

  const lookAfterPairings = async () => {
    if (!isOwn(options.role)) return;
    for (const { entries } of await store.access.expire()) emit({ type: 'pairing expired', messages: entries });
    const released = [...(await releaseAdmitted(options)), ...(await store.access.reconsider())];
    if (released.length > 0) for (const worker of workers) await worker.refresh();
    pause = (await store.access.pending()) > 0 ? whileSendersWait : every;
  };

  const run = async () => {
    await noticeOperator();
    await lookAfterPairings();
    if (clock.monotonic() - tickedAt < 0.8 * every) return;
    tickedAt = clock.monotonic();
    await tick();
    if (clock.monotonic() - prunedAt < prunedEvery) return;
    prunedAt = clock.monotonic();
    options.forgetMarks();
    // What cannot be removed keeps nothing else: files that are another user's, or an inbox on a full disk.
    for (const done of await Promise.allSettled([forgetMedia(), forgetMessages()])) {
      if (done.status === 'rejected') emit({ type: 'maintenance failed', error: done.reason });
    }
  };
  const forgetMedia = async () => {
    const count = await options.tidyMedia();
    if (count > 0) emit({ type: 'media forgotten', count });
  };
  const forgetMessages = async () => {
    if (!isOwn(options.role)) return;
    // Measured from what was seen. After a long outage polling lists again what was settled before it, and this
    // machine's clock may be wrong. Before anything was seen, nothing is forgotten.
    const seenUpTo = await options.seenUpTo();
    if (seenUpTo === null) return;
    const before = Math.min(clock.now(), seenUpTo) - options.settings().retention * day;
    const forgotten = await store.prune(before);
    log.debug({ before: new Date(before).toISOString(), forgotten }, 'Looked for messages to forget');
    if (forgotten > 0) emit({ type: 'messages forgotten', count: forgotten });
  };
  const next = () => {
    running = false;
    cancel = around(pause, () => {
      running = true;
      run()
        .catch(error => emit({ type: 'maintenance failed', error }))
        .finally(() => cancel && next());
    });
  };

  return {
    start: next,
    operated: () => {
      if (cancel !== null) lookSoon();
    },
    senderWaits: () => {
      if (pause === whileSendersWait) return;
      pause = whileSendersWait;
      if (cancel === null || running) return;
      cancel();
      next();
    },
    stop: () => {
      cancel?.();
      cancel = null;
      cancelLook?.();
    },
  };
}

/** Releases what is kept of contacts that the settings admit by now. Returns the ids. */
async function releaseAdmitted({ store, admits }: MaintenanceOptions): Promise<string[]> {
  if ((await store.access.pending()) === 0) return [];
  const released: string[] = [];
  for (const { account, contact } of await store.access.list(['pending'])) {
    const known = await store.contacts.get(account, contact);
    if (known !== null && admits(known)) released.push(...(await store.access.release(account, contact)));
  }
  return released;
}
