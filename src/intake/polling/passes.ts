import type { Clock } from '../../clock.ts';
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
  const { phoneNumberId, store, intake, firstStart, log } = deps;
  // Documented for Kapso's other list. Every pass over rows of different seconds shows the real order.
  let newestFirst = true;
  let clocksDiffer = false;
  let rest: Rest | null = null;

  const compareClocks = (differ: number | null) => {
    if (differ !== null && !clocksDiffer) {
      const fields = { kapso: `${Math.round(Math.abs(differ) / 1000)} s ${differ > 0 ? 'ahead' : 'behind'}` };
      log.warn(
        fields,
        "Kapso's clock and this machine's differ: until they agree, polling's position only follows the messages",
      );
    } else if (differ === null && clocksDiffer) log.info({}, "Kapso's clock and this machine's agree again");
    clocksDiffer = differ !== null;
  };

  return {
    next: async (pause, begun) => {
      const cursor = await store.cursor(phoneNumberId);
      const from = cursor === null ? await firstStart.begin() : { cursor, first: firstStart.at(cursor) };
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
      if (result.found > 0) log.info({ new: result.found, seen: result.seen }, 'Messages received by polling');
      if (rest === null) await firstStart.listed(result.cursor, result.confirmed);
      return result;
    },
    beginAnew: () => {
      rest = null;
    },
    giveUp: async (reason, signal) => {
      rest = null;
      log.error(
        { error: reason },
        'A polling pass was given up; what it had read is delivered, and the pass is repeated',
      );
      try {
        await intake.releaseHeld(newestFirst);
      } catch (error) {
        signal.throwIfAborted();
        log.error({ error }, 'What the pass had read waits for the next one to be complete');
      }
    },
  };
}
