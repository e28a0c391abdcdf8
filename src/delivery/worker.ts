import type { Clock } from '../clock.ts';
import { type Hold, ownHold } from '../instances/hold.ts';
import type { Leases } from '../instances/leases.ts';
import type { Part } from '../part.ts';
import { createClaimedTurns } from './claimed-turns.ts';
import { createFreeLanes } from './free-lanes.ts';
import { createLanes, type Turn } from './lanes.ts';

export interface WorkerOptions {
  queue: Queue;
  /** Set where other processes work on the queue too: each lane is claimed for its turns. */
  shared?: SharedQueue | null;
  /** See `LanesOptions`. It ends at once, as empty, when the signal of its hold aborts. */
  turn: (lane: string, hold: Hold) => Promise<Turn>;
  /** It interrupts `turn`. */
  interruption: AbortController;
  /** Whether turns under way can end at present. If not, `stop` interrupts them at once, and shared lanes are left to others. */
  canEnd: () => boolean;
  /** The function is called before each turn. */
  settings: () => { readonly parallel: number };
  onError: (lane: string, error: unknown) => void;
  clock: Clock;
}

interface Queue {
  /** The lanes that have work, and that no other process has. */
  lanes(): Promise<string[]>;
}

export interface SharedQueue {
  leases: Pick<Leases, 'take' | 'giveBack'>;
  /** The name under which a lane is claimed. */
  claimOf: (lane: string) => string;
  /** The lanes that have work, and that a process has left without giving them back. */
  abandoned: () => Promise<string[]>;
  /** Whether nothing waits in a lane. */
  isEmpty: (lane: string) => Promise<boolean>;
  /** Called when the lanes that have work cannot be read. */
  onUnreadable: (error: unknown) => void;
  /** 0 ≤ x < 1. */
  random: () => number;
}

/** Works off the queue in lanes. It works on nothing before its start; what is woken before is found in the queue. */
export interface Worker extends Part {
  /**
   * Starts every lane of the queue that has work, and from then on those that are woken. Only the first call has an effect.
   * Where others share the queue, it takes some at a time, unless it is to take `all`.
   */
  start(how?: { all: boolean }): Promise<void>;
  /** Says that these lanes may have work. */
  wake(lanes: readonly string[]): void;
  /** Says that lanes may have work, or are free, by what another process has done. */
  look(): void;
  /** Ends the rests of all lanes. */
  wakeAll(): void;
  /** Starts lanes of the queue that have work and were not woken. */
  refresh(): Promise<void>;
  /** Whether it has not been started, or any lane is worked on, ready or resting. */
  busy(): boolean;
  /** Resolves when no lane is worked on, ready, or waiting for further messages only. The remaining lanes rest until a time. */
  quiet(): Promise<void>;
  /** Ends all turns for good, in whatever state. The error is the reason. Returns whether this was the first call. */
  interrupt(reason: Error): boolean;
  /** Works on until no lane is worked on or ready, or `grace` milliseconds are over. Then it stops. */
  finish(grace: number): Promise<void>;
  /** Resolves when the turns under way have ended. After `grace` milliseconds they are interrupted. */
  stop(grace: number): Promise<void>;
}

export function createWorker(options: WorkerOptions): Worker {
  const { interruption, clock } = options;
  const { lanes, read, look, begin, end } = options.shared ? shareLanes(options, options.shared) : keepLanes(options);
  let started = false;

  const refresh = async () => {
    if (started) await read();
  };
  const interrupt = (reason: Error) => {
    const isFirst = !interruption.signal.aborted;
    interruption.abort(reason);
    return isFirst;
  };

  const stop = async (grace: number) => {
    const stopping = new Error('the poller is stopping');
    const cancel = clock.after(grace, () => interrupt(stopping));
    if (!options.canEnd()) interrupt(stopping);
    end();
    await lanes.stop();
    cancel();
  };

  return {
    start: async ({ all } = { all: false }) => {
      if (started) return;
      started = true;
      await begin(all);
    },
    wake: woken => {
      if (started) lanes.wake(woken);
    },
    look,
    wakeAll: lanes.wakeAll,
    refresh,
    busy: () => !started || lanes.size() > 0,
    quiet: lanes.quiet,
    interrupt,
    finish: async grace => {
      const endsAt = clock.monotonic() + grace;
      const over = Promise.withResolvers<void>();
      const cancel = clock.after(grace, over.resolve);
      await Promise.race([lanes.quiet(), over.promise]);
      cancel();
      await stop(Math.max(0, endsAt - clock.monotonic()));
    },
    stop,
  };
}

const nothing = () => {};

/** The lanes of a process that has the queue alone. */
function keepLanes(options: WorkerOptions) {
  const hold = ownHold(options.interruption.signal);
  const lanes = createLanes({ ...options, turn: lane => options.turn(lane, hold) });
  const read = async () => lanes.wake(await options.queue.lanes());
  return { lanes, read, look: nothing, begin: read, end: nothing };
}

/** The lanes of a process that shares the queue. */
function shareLanes(options: WorkerOptions, shared: SharedQueue) {
  const { canEnd: canWork, interruption, settings } = options;
  const turns = createClaimedTurns({ ...options, ...shared, canWork, signal: interruption.signal });
  const turn = (lane: string) => turns.turn(lane).finally(() => free.turnEnded());
  const lanes = createLanes({ ...options, turn });
  const free = createFreeLanes({
    ...options,
    ...shared,
    ...{ lanes, canWork },
    read: options.queue.lanes,
    parallel: () => settings().parallel,
    onError: shared.onUnreadable,
  });
  const begin = async (all: boolean) => {
    await free.start();
    if (all) await free.all();
  };
  const end = () => {
    free.stop();
    turns.stop();
  };
  return { lanes, read: free.now, look: free.soon, begin, end };
}
