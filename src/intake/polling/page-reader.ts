import type { MessagePage } from '../../kapso/message-list.ts';
import type { Log } from '../../observe/log.ts';
import { classifyFailure } from './classify-failure.ts';
import type { PageQuery } from './page-requests.ts';

/** Called when a page could not be read. Resolves when another attempt is worthwhile. Rejects to give up the pass. */
export type Patience = (error: unknown, failures: number) => Promise<void>;

/** The usual number of rows in a page, and Kapso's largest. */
const pageRows = 100;

/**
 * Reads the pages of one pass, with the waits of `pause`. A page that is too large or too slow is requested with fewer
 * rows. Later pages get more rows again.
 */
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
