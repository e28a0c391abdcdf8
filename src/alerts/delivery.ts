/** Gives the alerts that are to be given, one after the other, by each way. */
import { sleep } from '../clock.ts';
import { isOurs } from '../errors.ts';
import type { Emit } from '../observe/events.ts';
import type { AlertsStatus, AlertWay } from '../observe/status.ts';
import { backoff, waits } from '../waits.ts';
import { type AttemptOptions, attempt } from './attempt.ts';
import type { Pending } from './note.ts';
import { createPendingList } from './pending-list.ts';

export interface DeliveryOptions extends AttemptOptions {
  /**
   * Called when what is to be given has changed, or the last failure, before anything is given. Rejects with a `StoreError`
   * where nothing may be given.
   */
  keep: () => Promise<void>;
  /** Called when a program has failed: at another process it may not. */
  onFailed?: ((reason: string) => void) | undefined;
  emit: Emit;
  /** 0 ≤ x < 1. */
  random: () => number;
}

export interface Delivery {
  pending(): readonly Pending[];
  /** The last alert that could not be given; null when the last one was. */
  undelivered(): AlertsStatus['undelivered'];
  /** One that is known already is not added again. */
  add(notes: readonly Pending[]): void;
  /** Forgets those that were added and could not be kept. */
  drop(notes: readonly Pending[]): void;
  /** Gives what there is. */
  work(): void;
  /** Says that one which was handed over did not arrive. Whoever knew it has told it. */
  failed(id: string, way: AlertWay, reason: string): void;
  /** What is being given has a part of the grace to end. */
  stop(grace: number): Promise<void>;
}

/** Milliseconds that ending a program may take. */
const endingProgram = 3000;

export function createDelivery(options: DeliveryOptions): Delivery {
  const { clock, emit } = options;
  const pause = backoff(waits.alert, options.random);
  const stopping = new AbortController();
  const list = createPendingList();
  let undelivered: AlertsStatus['undelivered'] = null;
  let working: Promise<void> | null = null;
  let cancelRetry = () => {};

  const note = (way: AlertWay, code: string, reason: string) => {
    undelivered = { at: clock.now(), code, way, reason };
  };
  /** Notes why one could not be given, and puts it off for `again` milliseconds, or gives it up. */
  const notGiven = async (one: Pending, reason: string, again: number | null) => {
    const { code } = one.note;
    const isNew = undelivered?.reason !== reason || undelivered.code !== code || one.way === 'command';
    note(one.way, code, reason);
    if (isNew) emit({ type: 'alert not given', code, way: one.way, reason, again });
    if (again === null) list.remove(one);
    else list.rest(one, clock.monotonic() + again);
    await isKept();
  };
  const isKept = async (): Promise<boolean> => {
    try {
      await options.keep();
      return true;
    } catch (error) {
      if (!isOurs(error)) throw error;
      return false;
    }
  };

  async function give(one: Pending): Promise<void> {
    if (one.way === 'command') {
      if (one.tries >= waits.alert.attempts) {
        return notGiven(one, 'the poller ended each time while its program ran', null);
      }
      // Noted before it is run: a poller that is killed again and again must not run it again and again.
      one.tries += 1;
      if (!(await isKept())) {
        one.tries -= 1;
        return list.rest(one, clock.monotonic() + waits.alert.first);
      }
    }
    const failure = await attempt(options, one, stopping.signal);
    if (failure !== null) {
      const { reason, again } = failure;
      const isOver = again === null || (again === 'counted' && one.tries >= waits.alert.attempts);
      await notGiven(one, reason, isOver ? null : pause(Math.max(1, one.tries)));
      if (again === 'counted') options.onFailed?.(reason);
      return;
    }
    list.remove(one);
    undelivered = null;
    emit({ type: 'alert given', code: one.note.code, way: one.way });
    await isKept();
  }

  async function workOff(): Promise<void> {
    for (;;) {
      const next = list.next(clock.monotonic());
      if (next === undefined || stopping.signal.aborted) break;
      await give(next);
    }
    cancelRetry();
    const at = list.nextAt();
    if (at !== null && !stopping.signal.aborted) {
      cancelRetry = clock.after(Math.max(0, at - clock.monotonic()), work);
    }
  }

  function work(): void {
    if (stopping.signal.aborted || list.nextAt() === null) return;
    working ??= workOff()
      .catch(error => {
        if (!stopping.signal.aborted) throw error;
      })
      .finally(() => {
        working = null;
      });
  }

  return {
    pending: list.all,
    undelivered: () => undelivered,
    add: list.add,
    drop: notes => {
      for (const one of notes) list.remove(one);
    },
    work,
    failed(id, way, reason) {
      note(way, id.split(':', 2)[1] ?? id, reason);
      void isKept();
    },
    async stop(grace) {
      cancelRetry();
      if (grace > endingProgram) {
        const ended = new AbortController();
        const patience = sleep(clock, grace - endingProgram, ended.signal).catch(() => undefined);
        await Promise.race([working, patience]);
        ended.abort();
      }
      stopping.abort(new Error('the poller is stopping'));
      await working;
    },
  };
}
