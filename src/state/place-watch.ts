import type { Clock } from '../clock.ts';
import type { Around } from '../coalesce.ts';
import type { Emit } from '../observe/events.ts';
import type { Part } from '../part.ts';
import type { DisplacedError } from './place.ts';

export interface PlaceWatchOptions {
  displaced: () => DisplacedError | null;
  around: Around;
  clock: Clock;
  emit: Emit;
  /** Called when everything is back in its place. */
  onBack: () => void;
  /** Called when only a restart can help, or when nothing came back in time. */
  onLost: (error: DisplacedError) => void;
}

/** Milliseconds between checks while all is well. Nothing is lost in between: every commit checks too. */
const every = 30_000;
/** Milliseconds between checks while the directory is away. */
const everyAway = 10_000;
/** Milliseconds that the directory may be away: time to move it back, or to mount its file system again. */
const patience = 60_000;

export interface PlaceWatch extends Part {
  start(): void;
  stop(): void;
  /** Tells the watch that somebody else found the directory displaced. */
  found(error: DisplacedError): void;
}

/** Notices that the state directory was moved, removed or replaced, also while no message arrives. */
export function createPlaceWatch(options: PlaceWatchOptions): PlaceWatch {
  const { displaced, around, clock, emit } = options;
  let cancel: (() => void) | null = null;
  let watching = false;
  let awaySince: number | null = null;

  function plan(after: Around, ms: number): void {
    cancel?.();
    cancel = watching ? after(ms, check) : null;
  }

  function check(): void {
    const error = displaced();
    if (error === null) {
      plan(around, every);
      if (awaySince === null) return;
      awaySince = null;
      emit({ type: 'store back' });
      options.onBack();
      return;
    }
    const since = found(error);
    if (error.lasting || clock.monotonic() - since >= patience) {
      stop();
      options.onLost(error);
    } else plan(clock.after, everyAway);
  }

  /** Returns since when the directory is away, in milliseconds since the epoch. */
  function found(error: DisplacedError): number {
    if (awaySince !== null) return awaySince;
    emit({ type: 'store displaced', error, hint: error.hint });
    awaySince = clock.monotonic();
    plan(clock.after, everyAway);
    return awaySince;
  }

  function stop(): void {
    watching = false;
    cancel?.();
  }

  return {
    start: () => {
      watching = true;
      plan(around, every);
    },
    stop,
    found,
  };
}
