import { asId, asInteger, asLabel, asList, asRecord, asString, type WireObject } from '../../narrow.ts';
import { idOf } from './read-item.ts';
import { readTimestamp } from './timestamp.ts';

/** What WhatsApp says of a sent message, in the order in which it comes. */
const progress = ['sent', 'delivered', 'read', 'failed'] as const;

/** What WhatsApp reports of a message that was sent. */
export interface SentStatus {
  /** Its WhatsApp message id. */
  id: string;
  /** The mark (`biz_opaque_callback_data`) that it was sent with; null when the report has none. */
  mark: string | null;
  status: (typeof progress)[number];
  /** Milliseconds since the epoch, by WhatsApp's clock; when it was read, where the wire has no time. */
  at: number;
  /** Meta's error code; null without one. */
  code: number | null;
  /** Meta's own title of the error. */
  title: string | null;
  /** The recipient as on the wire; null when the report does not say. */
  recipient: string | null;
}

interface StatusContext {
  /** Reports that are marked for another number are left out. */
  phoneNumberId: string;
  /** Milliseconds since the epoch, for a report without a time of its own. */
  now: number;
  /** Reports that are marked for no number are left out too. */
  mustBeNamed?: boolean;
}

/** Meta puts at most this many into one delivery, and a batch of Kapso's has at most 100. */
const most = 1000;
const event = /^whatsapp\.message\.(sent|delivered|read|failed)$/;

/**
 * Reads what a webhook delivery reports of sent messages: Kapso's events `whatsapp.message.sent`, `delivered`, `read`
 * and `failed` (v2 single and batch, v1; Kapso webhooks, "Event types") and Meta's `statuses`. Each message has one
 * result: the furthest that the delivery says of it. Never throws.
 *
 * @param named the event that the delivery's header names
 */
export function readWebhookStatuses(payload: unknown, named: string | undefined, context: StatusContext): SentStatus[] {
  const root = asRecord(payload);
  if (!root) return [];
  if (root.object !== undefined || Array.isArray(root.entry)) {
    const values = asList(root.entry)
      .flatMap(entry => asList(asRecord(entry)?.changes))
      .map(change => asRecord(asRecord(change)?.value));
    return furthest(
      values.flatMap(value =>
        isOther([asRecord(value?.metadata)?.phone_number_id], context)
          ? []
          : asList(value?.statuses).flatMap(status => readStatus(asRecord(status), null, context)),
      ),
    );
  }
  const fromEvent = event.exec(named ?? asString(root.type) ?? asString(root.event) ?? '')?.[1];
  const deliveries = Array.isArray(root.data) ? root.data : [asRecord(root.data) ?? root];
  return furthest(deliveries.flatMap(delivery => readDelivery(asRecord(delivery), fromEvent, context)));
}

/** Reads what a row of the list of outbound messages says of its message; null when it says nothing. Never throws. */
export function readRowStatus(row: unknown, context: StatusContext): SentStatus | null {
  return furthest(readDelivery({ message: row }, undefined, context))[0] ?? null;
}

function readDelivery(
  envelope: WireObject | null,
  fromEvent: string | undefined,
  context: StatusContext,
): SentStatus[] {
  const message = asRecord(envelope?.message);
  if (!envelope || !message) return [];
  const conversation = asRecord(envelope.conversation);
  const kapso = asRecord(message.kapso);
  const config = asRecord(envelope.whatsapp_config);
  const numbers = [envelope.phone_number_id, conversation?.phone_number_id, config?.phone_number_id];
  if (isOther([...numbers, kapso?.phone_number_id, message.phone_number_id], context)) return [];
  // In version 1, Kapso's fields are beside the message's.
  if ((kapso?.direction ?? message.direction) === 'inbound') return [];
  const whole = {
    id: message.whatsapp_message_id ?? message.id,
    status: kapso?.status ?? message.status,
    errors: message.errors,
    recipient_id: message.to ?? message.recipient ?? conversation?.phone_number ?? kapso?.phone_number,
    biz_opaque_callback_data: message.biz_opaque_callback_data ?? kapso?.biz_opaque_callback_data,
  };
  const statuses = asList(kapso?.statuses ?? message.statuses).flatMap(status =>
    readStatus(asRecord(status), whole, context),
  );
  // Its own status comes last: of two equal ones the first counts, which has a time and the details of a failure.
  const own = readStatus(whole, null, context);
  const named =
    own.length > 0 || fromEvent === undefined ? [] : readStatus({ ...whole, status: fromEvent }, null, context);
  return [...statuses, ...own, ...named];
}

/** Reads one status. What it lacks is taken from the `message` that it belongs to. */
function readStatus(status: WireObject | null, message: WireObject | null, { now }: StatusContext): SentStatus[] {
  const id = idOf({ id: status?.id ?? message?.id });
  const name = progress.find(known => known === status?.status);
  if (!status || id === null || name === undefined) return [];
  const error = asRecord(asList(status.errors)[0]) ?? asRecord(asList(message?.errors)[0]);
  return [
    {
      id,
      mark: asString(status.biz_opaque_callback_data) ?? asString(message?.biz_opaque_callback_data),
      status: name,
      at: readTimestamp(status.timestamp) ?? now,
      code: name === 'failed' ? asInteger(error?.code) : null,
      title: name === 'failed' ? asLabel(error?.title ?? error?.message, 200) : null,
      recipient: asId(status.recipient_id) ?? asString(status.recipient_user_id) ?? asId(message?.recipient_id),
    },
  ];
}

/** Whether one report of a message says more than another. */
export function isFurther(one: SentStatus, other: SentStatus): boolean {
  return progress.indexOf(one.status) > progress.indexOf(other.status);
}

/** Keeps the furthest report of each message, with the mark that any of them has. */
function furthest(reports: readonly SentStatus[]): SentStatus[] {
  const byId = new Map<string, SentStatus>();
  for (const report of reports) {
    const known = byId.get(report.id);
    if (known === undefined && byId.size === most) break;
    const best = known === undefined || isFurther(report, known) ? report : known;
    byId.set(report.id, { ...best, mark: report.mark ?? known?.mark ?? null });
  }
  return [...byId.values()];
}

/** Whether a report that names these numbers is for another one, or is not said to be for this one. */
function isOther(numbers: readonly unknown[], { phoneNumberId, mustBeNamed = false }: StatusContext): boolean {
  const ids = numbers.map(asId).filter(id => id !== null);
  return ids.length === 0 ? mustBeNamed : ids.some(id => id !== phoneNumberId);
}
