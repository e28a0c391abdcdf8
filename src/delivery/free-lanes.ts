/**
 * Looks for lanes that have work and that no other process has, as long as this one has the time for more; and always for
 * those that another one has left, which go first.
 */
import type { Clock } from '../clock.ts';
import { waits } from '../waits.ts';
import type { Lanes } from './lanes.ts';

export interface FreeLanesOptions {
  /** The lanes that have work and no valid claim of another process, in no particular order. */
  read: () => Promise<string[]>;
  /** Those of them that a process had and has not given back: what it had begun stands still. */
  abandoned: () => Promise<string[]>;
  lanes: Pick<Lanes, 'add' | 'addFirst' | 'keepRests' | 'ready'>;
  /** How many lanes may be worked on at the same time. The function is called each time. */
  parallel: () => number;
  /** Whether turns could do anything at present. */
  canWork: () => boolean;
  /** Called when they cannot be read, once until they can. */
  onError: (error: unknown) => void;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
}

export interface FreeLanes {
  /** Looks now, and from now on regularly. Resolves when it has looked for the first time, also where it could not. */
  start(): Promise<void>;
  /** Looks at once. Resolves when the lanes are known; rejects when they cannot be read. */
  now(): Promise<void>;
  /** The same, and takes all of them. */
  all(): Promise<void>;
  /** Looks soon: something has happened elsewhere. */
  soon(): void;
  /** Says that a turn has ended: there may be time for more. */
  turnEnded(): void;
  stop(): void;
}

/** What one look takes, as a multiple of what can be worked on. Others take of the rest, so that it would soon be wrong. */
const portion = 4;

export function createFreeLanes(options: FreeLanesOptions): FreeLanes {
  const { read, abandoned, lanes, parallel, canWork, onError, clock, random } = options;
  let cancel = () => {};
  let dueAt = Number.POSITIVE_INFINITY;
  let started = false;
  let looking = false;
  let again = false;
  /** The last look found more than it took. */
  let leftSome = false;
  let failing = false;

  const hasTime = () => lanes.ready() < parallel();

  async function now(most = portion * parallel()): Promise<void> {
    if (!canWork()) return;
    const found = await read();
    // Another process has the others. When it is gone, they wait for nothing that is known here.
    lanes.keepRests(found);
    // Processes that began at the same place would all want the same lanes.
    const first = Math.floor(random() * found.length);
    leftSome = found.length > most;
    lanes.add([...found.slice(first), ...found.slice(0, first)].slice(0, most));
  }

  async function look(): Promise<void> {
    dueAt = Number.POSITIVE_INFINITY;
    looking = true;
    again = false;
    try {
      if (canWork()) lanes.addFirst(await abandoned());
      if (hasTime()) await now();
      failing = false;
    } catch (error) {
      if (!failing) onError(error);
      failing = true;
    } finally {
      looking = false;
      within(again ? waits.claims.soon : waits.claims.looked);
    }
  }

  function within(ms: number): void {
    const at = clock.monotonic() + ms;
    if (!started || dueAt <= at) return;
    cancel();
    dueAt = at;
    cancel = clock.after(ms, look);
  }

  const soon = () => {
    again = looking;
    if (!looking) within(waits.claims.soon);
  };

  return {
    start: () => {
      started = true;
      return look();
    },
    now: () => now(),
    all: () => now(Number.POSITIVE_INFINITY),
    soon,
    turnEnded: () => {
      if (leftSome && hasTime()) soon();
    },
    stop: () => {
      started = false;
      cancel();
    },
  };
}
