import type { Media } from '../domain/message.ts';
import { cut, type FoundMessage, saidBy } from '../domain/reference.ts';
import { asLabel, asRecord, asString, asVisible, type WireObject } from '../narrow.ts';
import { readMedia } from './inbound/media.ts';
import { normaliseListRow } from './inbound/normalise.ts';
import { kapsoContent } from './inbound/rendering.ts';
import { firstTimestamp } from './inbound/timestamp.ts';
import { recipientOf } from './outbound/listed.ts';

/**
 * Reads what a row of Kapso's says, sent or received; null for one that does not show it, and for what was received in a group.
 *
 * @param context.now milliseconds since the epoch
 */
export function readFound(
  row: WireObject,
  { phoneNumberId, now }: { phoneNumberId: string; now: number },
): FoundMessage | null {
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

/** Returns the file of a row; null for a message without. */
export function readAttachment(row: WireObject): Media | null {
  return readMedia(asLabel(row.type, 64) ?? '', row, asRecord(row.kapso) ?? {});
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
