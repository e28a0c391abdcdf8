import { asId, asRecord, type WireObject } from '../narrow.ts';
import { type Api, undocumented } from './http/api.ts';
import { KapsoApiError } from './http/errors.ts';
import { within } from './http/transport.ts';

/** Milliseconds that a look for a message may take. A run waits for it. */
const patience = 5_000;

/**
 * Returns what asks Kapso for one message of the number by WhatsApp's id (Kapso API, "Get message"): its row in the form of the
 * list's, or null when Kapso has none. It throws `KapsoApiError`, `KapsoNetworkError` or `KapsoResponseError`.
 *
 * @param deps.path of the number's messages
 */
export function createOneMessage({ api, path }: { api: Api; path: string }) {
  const action = 'asking for an earlier message';
  return async (id: string, signal: AbortSignal): Promise<WireObject | null> => {
    try {
      const { json, status } = await api({
        ...{ method: 'GET', path: `${path}/${encodeURIComponent(id)}`, query: { fields: 'kapso(default)' } },
        ...{ action, signal, timeouts: within(patience) },
      });
      const row = asRecord(asRecord(json)?.data) ?? asRecord(json);
      if (row === null || asId(row.id) !== id) throw undocumented(action, status, 'without that message');
      return row;
    } catch (error) {
      // Meta's form of an unknown object is a bad request.
      if (error instanceof KapsoApiError && (error.httpStatus === 404 || error.metaCode === 100)) return null;
      throw error;
    }
  };
}
