import type { MessagePage } from '../../kapso/message-list.ts';
import type { Log } from '../../observe/log.ts';
import { classifyFailure } from './classify-failure.ts';
import type { PageQuery } from './page-requests.ts';

/** Called when a page could not be had; resolves when it is worth trying again, rejects to give up the pass. */
export type Patience = (error: unknown, failures: number) => Promise<void>;

/** Rows in a page, as a rule: what Kapso gives at most. */
const pageRows = 100;

/** Pages of one pass, as patient as `pause`. One that is too large, or too slow, is asked for with fewer rows, and the next ones with more again. */
export function createPageReader(deps: {
  fetchPage: (query: PageQuery) => Promise<MessagePage>;
  pause: Patience;
  log: Log;
}): (query: Omit<PageQuery, 'limit'>) => Promise<MessagePage> {
  const { fetchPage, pause, log } = deps;
  let limit = pageRows;
  return async query => {
    for (let failures = 1; ; ) {
      try {
        const page = await fetchPage({ ...query, limit });
        limit = Math.min(pageRows, limit * 2);
        return page;
      } catch (error) {
        if (classifyFailure(error).tooLarge && limit > 1) {
          limit = Math.floor(limit / 2);
          log.debug({ error, limit }, 'A page of messages is too large, or too slow; fewer rows are asked for');
        } else {
          await pause(error, failures++);
        }
      }
    }
  };
}
