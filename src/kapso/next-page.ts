import { asInteger, asRecord, asString, type WireObject } from '../narrow.ts';

/** What a request for a page of the Platform API's lists asks for: nothing on the first. */
export type PageQuery = { after?: string; page?: string };

/** Returns the next page by cursor, or by number as in the older form of the API; null on the last. */
export function nextPage(body: WireObject, { after: before }: PageQuery): PageQuery | null {
  const after = asString(asRecord(asRecord(body.paging)?.cursors)?.after);
  if (after) return after === before ? null : { after };
  const meta = asRecord(body.meta);
  const page = asInteger(meta?.page);
  const pages = asInteger(meta?.total_pages);
  return page !== null && pages !== null && page < pages ? { page: String(page + 1) } : null;
}
