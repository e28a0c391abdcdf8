import type { Clock } from '../../clock.ts';
import type { ServerClock } from '../http/server-clock.ts';

/** One page of the number's outbound messages. */
export type ListOutbound = (query: {
  since: number;
  after?: string | undefined;
  limit?: number;
  signal: AbortSignal;
}) => Promise<{ rows: readonly unknown[]; after: string | null }>;

/** Pages of 100 sent messages that one look-up reads: what a number sends in two minutes at Meta's 80 messages a second. */
const maxPages = 100;

/** Returns all outbound rows created since then (monotonic clock); null when there are too many to read. */
export async function sentRowsSince(
  begun: number,
  signal: AbortSignal,
  { list, serverClock, clock }: { list: ListOutbound; serverClock: ServerClock; clock: Clock },
): Promise<readonly unknown[] | null> {
  // The first contact may be the one that failed. Learn the server's time before asking for rows by it.
  if (!serverClock.known) await list({ since: clock.now(), limit: 1, signal });
  // By elapsed time, not by the local time of then: somebody may have set the clock.
  const since = serverClock.earliest(clock.now() - (clock.monotonic() - begun));
  return rowsSince(since, signal, list);
}

/** Returns all outbound rows created since a time by the server's clock; null when there are too many to read. */
export async function rowsSince(
  since: number,
  signal: AbortSignal,
  list: ListOutbound,
): Promise<readonly unknown[] | null> {
  const found: unknown[] = [];
  let after: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const answer = await list({ since, after, signal });
    found.push(...answer.rows);
    if (answer.after === null) return found;
    after = answer.after;
  }
  return null;
}
