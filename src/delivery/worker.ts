import type { Clock } from '../clock.ts';
import type { Part } from '../part.ts';
import { createLanes, type Turn } from './lanes.ts';

export interface WorkerOptions {
  queue: { lanes(): Promise<string[]> };
  /** See `LanesOptions`. It ends at once, as empty, on the interruption. */
  turn: (lane: string) => Promise<Turn>;
  /** It interrupts `turn`. */
  interruption: AbortController;
  /** Whether turns under way can end at present. If not, `stop` interrupts them at once. */
  canEnd: () => boolean;
  /** The function is called before each turn. */
  settings: () => { readonly parallel: number };
  onError: (lane: string, error: unknown) => void;
  clock: Clock;
}

/** Works off the queue in lanes. It works on nothing before its start; what is woken before is found in the queue. */
export interface Worker extends Part {
  /** Starts every lane of the queue that has work, and from then on those that are woken. Only the first call has an effect. */
  start(): Promise<void>;
  /** Says that these lanes may have work. */
  wake(lanes: readonly string[]): void;
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
  const { queue, interruption, clock } = options;
  const lanes = createLanes(options);
  let started = false;

  const refresh = async () => {
    if (started) lanes.wake(await queue.lanes());
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
    await lanes.stop();
    cancel();
  };

  return {
    start: async () => {
      if (started) return;
      started = true;
      await refresh();
    },
    wake: woken => {
      if (started) lanes.wake(woken);
    },
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
