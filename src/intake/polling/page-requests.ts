import type { Clock } from '../../clock.ts';
import type { KapsoClient } from '../../kapso/client.ts';
import { type MessagePage, pageTimeouts } from '../../kapso/message-list.ts';
import type { KapsoTime } from '../kapso-time.ts';
import { createRequestRate, type RateLimits } from './request-rate.ts';

export interface PageQuery {
  /** Created at or after, ms since the epoch. */
  since: number;
  /** The cursor of the page before. */
  after?: string;
  /** Rows, at most. */
  limit: number;
}

export interface PageRequestDeps {
  kapso: Pick<KapsoClient, 'listMessages'>;
  /** Milliseconds that a request may wait for an answer, and again for its end. */
  timeout: number;
  /** How often Kapso may be asked; by default a thousand times at once and fifty times a second. */
  rate?: RateLimits;
  kapsoTime: KapsoTime;
  /** Called when an answer has told of the time. */
  checkClock: () => void;
  clock: Clock;
}

export interface PageRequests {
  /** One page of inbound messages. Rejects when it cannot be had; a page of one row is never too large to be read. */
  fetch(query: PageQuery): Promise<MessagePage>;
  /** When the last request began, by the monotonic clock, and how long it may take, ms. */
  last(): { askedAt: number; longest: number };
}

/** No backlog is held up by this, and no list without end is a storm: Kapso's largest plan has some 33 requests a second. */
const requestRate: RateLimits = { burst: 1000, perSecond: 50 };

/** Asks Kapso for pages of its list, and notes what its answers tell of the time. `signal` ends the wait for the rate. */
export function createPageRequests(deps: PageRequestDeps, signal: AbortSignal): PageRequests {
  const { kapso, kapsoTime, clock } = deps;
  const mayAsk = createRequestRate(deps.rate ?? requestRate, clock, signal);
  let last = { askedAt: 0, longest: 0 };
  return {
    fetch: async query => {
      await mayAsk();
      const { headers, body } = pageTimeouts(deps.timeout, query.limit);
      last = { askedAt: clock.monotonic(), longest: headers + body };
      const page = await kapso.listMessages({ direction: 'inbound', ...query });
      kapsoTime.observe(page.serverTime);
      deps.checkClock();
      return page;
    },
    last: () => last,
  };
}
