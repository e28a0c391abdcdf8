import { groupAddress, isGroupId } from '../../domain/recipient.ts';
import { asId, asRecord, asString } from '../../narrow.ts';
import { markOf } from './find-sent.ts';

/** A message in the list of those that the number has sent. */
export interface ListedMessage {
  id: string;
  /** The recipient's number, in the spelling of the list, or a group's address (`groupAddress`). */
  to: string | null;
  /** The recipient's business-scoped user id. */
  userId: string | null;
  /** The mark that it left with (`biz_opaque_callback_data`); null where the list shows none. */
  mark: string | null;
  /** The type of the message, e.g. `text`; null where the row has none. */
  type: string | null;
  /** `cloud_api`, or `business_app` for the phone of the business. */
  origin: string | null;
}

/** Reads an outbound row of Kapso's list; null for one without an id. */
export function readListed(row: unknown): ListedMessage | null {
  const record = asRecord(row);
  const kapso = asRecord(record?.kapso);
  const id = asString(record?.id);
  if (id === null) return null;
  return {
    id,
    ...recipientOf(row),
    mark: markOf(row),
    type: asString(record?.type),
    origin: asString(kapso?.origin),
  };
}

/**
 * To whom a row went. What a row to a group says of persons is not read: Kapso's block may name the member who last
 * wrote.
 */
export function recipientOf(row: unknown): Pick<ListedMessage, 'to' | 'userId'> {
  const record = asRecord(row);
  const kapso = asRecord(record?.kapso);
  const to = asString(record?.to);
  const named = [record?.group_id, kapso?.group_id].map(asId).find(id => id !== null) ?? null;
  const group = named ?? (record?.recipient_type === 'group' || (to !== null && isGroupId(to)) ? to : null);
  if (group !== null) return { to: groupAddress(group), userId: null };
  return {
    to: to ?? asString(kapso?.phone_number),
    userId: asString(record?.recipient) ?? asString(kapso?.business_scoped_user_id),
  };
}
