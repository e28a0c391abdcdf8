import type { Clock } from '../../clock.ts';
import type { Emit } from '../../observe/events.ts';
import type { Log } from '../../observe/log.ts';
import type { Store } from '../../store/store.ts';
import type { Intake } from '../accept.ts';
import type { FirstStart } from './first-start.ts';
import type { Patience } from './page-reader.ts';
import type { PageRequests } from './page-requests.ts';
import { type PassBounds, type PassResult, pollPass, type Rest } from './poll-pass.ts';

export interface PassesDeps {
  requests: PageRequests;
  phoneNumberId: string;
  firstStart: FirstStart;
  intake: Intake;
  store: Store;
  clock: Clock;
  log: Log;
  emit: Emit;
  /** `overlap` is in seconds. The function is called before each pass. */
  settings: () => { readonly overlap: number };
  bounds?: PassBounds;
}

/** One pass over Kapso's list after the other. Each knows what the previous one showed and left unread. */
export interface Passes {
  /** Runs one pass, with the waits of `pause`. `begun` is called when the start of the pass is known. */
  next(pause: Patience, begun: () => void): Promise<PassResult>;
  /** Releases what a failed pass has read for delivery. The next pass begins at the top. */
  giveUp(reason: unknown, signal: AbortSignal): Promise<void>;
  /** Makes the next pass begin at the top. What was read is held until then. */
  beginAnew(): void;
}

export function createPasses(deps: PassesDeps): Passes {
  const { phoneNumberId, store, intake, firstStart, emit } = deps;
  // Documented for Kapso's other list. Every pass over rows of different seconds shows the real order.
  let newestFirst = true;
  let clocksDiffer = false;
  let rest: Rest | null = null;

  const compareClocks = (ahead: number | null) => {
    if (ahead !== null && !clocksDiffer) emit({ type: 'clocks differ', ahead });
    if (ahead === null && clocksDiffer) emit({ type: 'clocks agree' });
    clocksDiffer = ahead !== null;
  };

  return {
    next: async (pause, begun) => {
      const cursor = await store.cursor(phoneNumberId);
      const from =
        cursor === null ? await firstStart.begin() : { cursor, first: firstStart.at(cursor), handledBefore: null };
      const proven = await store.proven(phoneNumberId);
      const [kept] = proven === null ? await store.list({ limit: 1 }) : [];
      begun();
      const result = await pollPass(
        { ...from, proven, kept: kept?.occurredAt ?? null, newestFirst, rest },
        { ...deps, fetchPage: deps.requests.fetch, pause, overlap: deps.settings().overlap * 1000 },
      );
      newestFirst = result.newestFirst;
      rest = result.rest;
      compareClocks(result.clocksDiffer);
      const { found, seen, pages } = result;
      emit({ type: 'pass ended', found, seen, pages, complete: rest === null });
      if (rest === null) await firstStart.listed(result.cursor, result.confirmed);
      return result;
    },
    beginAnew: () => {
      rest = null;
    },
    giveUp: async (reason, signal) => {
      rest = null;
      emit({ type: 'pass given up', error: reason });
      try {
        await intake.releaseHeld(newestFirst);
      } catch (error) {
        signal.throwIfAborted();
        emit({ type: 'pass not released', error });
      }
    },
  };
}
