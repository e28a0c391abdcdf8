import type { Clock } from '../clock.ts';
import { backoff, waits } from '../waits.ts';

/**
 * The result of a lane's turn: more may be waiting; nothing is; or wait until a time (milliseconds since the epoch).
 * With `wakes` a new entry ends that wait. With `gathers` nothing else is waited for, so the lane is not quiet.
 */
export type Turn = 'more' | 'empty' | { until: number; wakes?: true; gathers?: true };

export interface LanesOptions {
  /** `parallel`: how many lanes may be worked on at the same time. The function is called before each turn. */
  settings: () => { readonly parallel: number };
  /**
   * Works on the lane's oldest entry. It must not throw. A throw is reported and the lane rests, longer after each
   * throw in a row.
   */
  turn: (lane: string) => Promise<Turn>;
  onError: (lane: string, error: unknown) => void;
  clock: Clock;
}

export interface Lanes {
  /** Says that these lanes may have work. A resting lane keeps resting, unless its turn allowed to wake it. */
  wake(lanes: Iterable<string>): void;
  /** Says that these lanes have work. Of those that are known, none is begun before its time. */
  add(lanes: Iterable<string>): void;
  /** Says that these lanes have work that goes before all others. What is known of how long they rest is over. */
  addFirst(lanes: readonly string[]): void;
  /** Forgets the rests of all lanes but these: how long they rest is not known here any more. */
  keepRests(lanes: Iterable<string>): void;
  /** Ends all rests at once: what was waited for may be there now. */
  wakeAll(): void;
  /** The number of lanes that are worked on, ready or resting. */
  size(): number;
  /** The number of lanes that wait for their turn. */
  ready(): number;
  /** Resolves when no lane is worked on, ready, or waiting for further messages only. The remaining lanes rest until a time. */
  quiet(): Promise<void>;
  /** Starts nothing more. Resolves when the turns under way have ended. */
  stop(): Promise<void>;
}

type State = 'ready' | 'working' | 'working, woken' | { cancel: () => void; wakes: boolean; gathers: boolean };

/**
 * Runs lanes side by side under a limit, one turn at a time within a lane, in fair order. A lane that had its turn goes
 * to the end of the queue, and a resting lane holds up no other one.
 */
export function createLanes(options: LanesOptions): Lanes {
  const { settings, clock } = options;
  const turn = guard(options);
  const states = new Map<string, State>();
  const ready: string[] = [];
  let working = 0;
  let stopping = false;
  let onQuiet: (() => void)[] = [];
  const enqueue = (lane: string) => {
    states.set(lane, 'ready');
    ready.push(lane);
  };

  const endRest = (lane: string, rest: Exclude<State, string>) => {
    rest.cancel();
    enqueue(lane);
  };

  const after = (lane: string, next: Turn) => {
    const woken = states.get(lane) === 'working, woken';
    if (next === 'more' || (next === 'empty' && woken)) return enqueue(lane);
    if (next === 'empty') return void states.delete(lane);
    if (woken && next.wakes) return enqueue(lane);
    const cancel = clock.after(Math.max(0, next.until - clock.now()), () => {
      enqueue(lane);
      pump();
    });
    states.set(lane, { cancel, wakes: next.wakes === true, gathers: next.gathers === true });
  };

  const isQuiet = () =>
    working === 0 && (stopping || ![...states.values()].some(state => typeof state === 'object' && state.gathers));

  const work = async (lane: string) => {
    const next = await turn(lane);
    working -= 1;
    if (!stopping) {
      after(lane, next);
      pump();
    }
    if (onQuiet.length === 0 || !isQuiet()) return;
    for (const resolve of onQuiet) resolve();
    onQuiet = [];
  };

  const pump = () => {
    while (!stopping && working < settings().parallel) {
      const lane = ready.shift();
      if (lane === undefined) return;
      states.set(lane, 'working');
      working += 1;
      void work(lane);
    }
  };

  const quiet = (): Promise<void> => (isQuiet() ? Promise.resolve() : new Promise(resolve => onQuiet.push(resolve)));

  return {
    wake: lanes => {
      for (const lane of lanes) {
        const state = states.get(lane);
        if (state === undefined) enqueue(lane);
        else if (state === 'working') states.set(lane, 'working, woken');
        else if (typeof state === 'object' && state.wakes) endRest(lane, state);
      }
      pump();
    },
    add: lanes => {
      for (const lane of lanes) if (!states.has(lane)) enqueue(lane);
      pump();
    },
    addFirst: lanes => {
      for (const lane of lanes.toReversed()) {
        const state = states.get(lane);
        if (state === 'working' || state === 'working, woken') continue;
        if (state === 'ready') ready.splice(ready.indexOf(lane), 1);
        else state?.cancel();
        states.set(lane, 'ready');
        ready.unshift(lane);
      }
      pump();
    },
    keepRests: lanes => {
      const kept = new Set(lanes);
      for (const [lane, state] of states) {
        if (typeof state === 'string' || kept.has(lane)) continue;
        state.cancel();
        states.delete(lane);
      }
    },
    wakeAll: () => {
      for (const [lane, state] of states) if (typeof state !== 'string') endRest(lane, state);
      pump();
    },
    size: () => states.size,
    ready: () => ready.length,
    quiet,
    stop: () => {
      stopping = true;
      for (const state of states.values()) if (typeof state !== 'string') state.cancel();
      return quiet();
    },
  };
}

/** Turns that never throw. A throw is reported and the lane rests, longer after each throw in a row. */
function guard({ turn, onError, clock }: LanesOptions): LanesOptions['turn'] {
  const rest = backoff(waits.defect, () => 0);
  const thrown = new Map<string, number>();
  return async lane => {
    try {
      const next = await turn(lane);
      thrown.delete(lane);
      return next;
    } catch (error) {
      onError(lane, error);
      const times = (thrown.get(lane) ?? 0) + 1;
      thrown.set(lane, times);
      return { until: clock.now() + rest(times) };
    }
  };
}
