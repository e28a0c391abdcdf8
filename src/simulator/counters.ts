import type { Clock } from '../clock.ts';

/** Named counters that others can wait for, so that a test waits for events and not for time. */
export interface Counters {
  add(name: string, by?: number): void;
  get(name: string): number;
  all(): Record<string, number>;
  /** Resolves to the count once it is at least `count`, or to the count reached after `timeout` milliseconds. */
  wait(name: string, count: number, timeout: number): Promise<number>;
}

interface Waiter {
  name: string;
  count: number;
  done: () => void;
}

export function createCounters(clock: Clock): Counters {
  const counts = new Map<string, number>();
  const waiters = new Set<Waiter>();
  const get = (name: string) => counts.get(name) ?? 0;

  return {
    get,
    all: () => Object.fromEntries(counts),
    add: (name, by = 1) => {
      counts.set(name, get(name) + by);
      for (const waiter of waiters) if (waiter.name === name && get(name) >= waiter.count) waiter.done();
    },
    wait: (name, count, timeout) =>
      new Promise(resolve => {
        if (get(name) >= count) return resolve(get(name));
        const waiter: Waiter = {
          name,
          count,
          done: () => {
            cancel();
            waiters.delete(waiter);
            resolve(get(name));
          },
        };
        const cancel = clock.after(timeout, waiter.done);
        waiters.add(waiter);
      }),
  };
}
