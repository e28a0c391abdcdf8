import type { Clock } from '../clock.ts';
import type { Media } from '../domain/message.ts';
import { cut, type FoundMessage, saidBy } from '../domain/reference.ts';
import { asId, asLabel, asRecord, asString, asVisible, type WireObject } from '../narrow.ts';
import { type Api, undocumented } from './http/api.ts';
import { KapsoApiError } from './http/errors.ts';
import { within } from './http/transport.ts';
import { readMedia } from './inbound/media.ts';
import { normaliseListRow } from './inbound/normalise.ts';
import { kapsoContent } from './inbound/rendering.ts';
import { firstTimestamp } from './inbound/timestamp.ts';
import { recipientOf } from './outbound/listed.ts';

interface Deps {
  api: Api;
  /** Of the number's messages. */
  path: string;
  clock: Clock;
  phoneNumberId: string;
}

/** Milliseconds that a look for a message may take. A run waits for it. */
const patience = 5_000;

/**
 * Asks Kapso for one message of the number by WhatsApp's id (Kapso API, "Get message"). Null when Kapso has none. Throws
 * `KapsoApiError`, `KapsoNetworkError` or `KapsoResponseError`.
 */
export async function findMessage(id: string, signal: AbortSignal, deps: Deps): Promise<FoundMessage | null> {
  const row = await findRow(id, signal, deps);
  return row && read(row, { phoneNumberId: deps.phoneNumberId, now: deps.clock.now() });
}

/** Asks for the file of one message. `media` is null for a message without. Otherwise it is like `findMessage`. */
export async function findMedia(id: string, signal: AbortSignal, deps: Deps): Promise<{ media: Media | null } | null> {
  const row = await findRow(id, signal, deps);
  return row && { media: readMedia(asLabel(row.type, 64) ?? '', row, asRecord(row.kapso) ?? {}) };
}

async function findRow(id: string, signal: AbortSignal, { api, path }: Deps): Promise<WireObject | null> {
  const action = 'asking for an earlier message';
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
}

function read(row: WireObject, { phoneNumberId, now }: { phoneNumberId: string; now: number }): FoundMessage | null {
  const kapso = asRecord(row.kapso) ?? {};
  if (asString(kapso.direction) === 'outbound') {
    return {
      isOurs: true,
      ...recipientOf(row),
      at: firstTimestamp([row.timestamp], now),
      words: sentWords(row, kapso),
    };
  }
  const item = normaliseListRow(row, { phoneNumberId, now });
  if (item.kind !== 'message' || item.message.groupId !== undefined) return null;
  const { sender, timestamp: at } = item.message;
  const { phone, userId } = sender;
  return { isOurs: false, to: phone, userId, at, words: saidBy(item.message) };
}

/** What a message of the business says. Templates have their words in Kapso's rendering only. */
function sentWords(row: WireObject, kapso: WireObject): string {
  const type = asLabel(row.type, 64) ?? 'text';
  const part = asRecord(row[type]);
  const media = readMedia(type, row, kapso);
  const name = media === null ? asLabel(part?.name ?? part?.type) : media.filename;
  const label = type === 'text' ? '' : `[${type}${name === null ? '' : `: ${name}`}]`;
  const body = part?.body;
  const own = [body, asRecord(body)?.text, part?.caption, part?.emoji].map(asVisible).find(one => one !== null);
  const words = own ?? (media === null ? asVisible(kapsoContent(kapso)) : null);
  return cut([label, words].filter(Boolean).join(' '));
}
