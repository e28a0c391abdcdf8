import type { Clock } from '../../clock.ts';
import type { KapsoClient } from '../../kapso/client.ts';
import { type MessagePage, pageTimeouts } from '../../kapso/message-list.ts';
import type { KapsoTime } from '../kapso-time.ts';
import { createRequestRate, type RateLimits } from './request-rate.ts';

export interface PageQuery {
  /** Rows created at or after this time, in milliseconds since the epoch. */
  since: number;
  /** The cursor of the previous page. */
  after?: string;
  /** The largest number of rows. */
  limit: number;
}

export interface PageRequestDeps {
  kapso: Pick<KapsoClient, 'listMessages'>;
  /** Milliseconds that a request may wait for an answer, and again for its end. */
  timeout: number;
  /** How often Kapso may be asked. The default is a thousand times at once and fifty times a second. */
  rate?: RateLimits;
  kapsoTime: KapsoTime;
  /** Called when an answer has shown the time. */
  checkClock: () => void;
  clock: Clock;
}

export interface PageRequests {
  /** Fetches one page of inbound messages. Rejects when it cannot be had. A page of one row is never too large to read. */
  fetch(query: PageQuery): Promise<MessagePage>;
  /** When the last request began, by the monotonic clock, and how many milliseconds it may take. */
  last(): { askedAt: number; longest: number };
}

/**
 * High enough for any backlog, low enough that an endless list is no storm: Kapso's largest plan has about 33 requests
 * a second.
 */
const requestRate: RateLimits = { burst: 1000, perSecond: 50 };

/** Requests pages of Kapso's list, and notes the time that its answers show. `signal` ends the wait for the rate. */
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
