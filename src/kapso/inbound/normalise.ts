import { asList, asRecord, asString, type WireObject } from '../../narrow.ts';
import type { Normalised } from './normalised.ts';
import { readOversizeRow } from './oversize.ts';
import { idOf, type NormaliseContext, readItem, safely, unreadable, unreadableAfter } from './read-item.ts';
import { skip } from './skip-reasons.ts';
import { noContacts, readContacts } from './wire-contacts.ts';

/** Headers of a webhook delivery. The body itself shows its form. */
export interface WebhookHeaders {
  /** `X-Webhook-Event`. */
  event?: string | undefined;
}

const received = 'whatsapp.message.received';
/**
 * Reads one row of Kapso's message list. Never throws, whatever the row.
 *
 * In addition to the samples' form it reads the flat rows of the platform list (`message_type`, `content`), and the
 * client's `OversizeRow`.
 */
export function normaliseListRow(row: unknown, context: NormaliseContext): Normalised {
  const oversize = readOversizeRow(row, context.now ?? Date.now());
  if (oversize) return oversize;
  return safely(row, context, () =>
    readItem(
      { message: row, envelope: {}, conversation: {}, contacts: noContacts, phoneNumberId: null, ownNumber: null },
      context,
    ),
  );
}

/**
 * Reads a webhook delivery: v2 single and batch, v1, or Meta's raw form. Never throws, whatever the payload. Every part
 * gives one result. So a delivery without a result contains nothing.
 *
 * All forms of one message give the same `InboundMessage`, except for what a form lacks. Meta's raw form has no
 * `conversationId`, no transcript and no contact name for a `system` message. Of `media` it has only Meta's data: no
 * size, only Meta's url, a file name for documents only. v1 has no Meta objects: no media id, and Kapso's own rendering
 * as the text of everything that is no plain text.
 */
export function normaliseWebhook(payload: unknown, headers: WebhookHeaders, context: NormaliseContext): Normalised[] {
  const body = asRecord(payload);
  if (!body) return [safely(payload, context, () => unreadable(payload, 'the payload is not an object', context))];
  if (isSample(body)) return [{ kind: 'skipped', id: null, reason: skip.sample }];
  try {
    if (body.object !== undefined || Array.isArray(body.entry)) return readMeta(body, context);
    const event = asString(headers.event) ?? asString(body.type) ?? asString(body.event);
    // v1 wraps a single delivery in `data`. In a batch `data` is a list.
    const inner = asRecord(body.data);
    const deliveries = Array.isArray(body.data)
      ? body.data
      : [inner ? { ...inner, test: inner.test ?? body.test } : body];
    return deliveries.map(delivery =>
      safely(delivery, context, () => readDelivery(delivery, event, body.test, context)),
    );
  } catch (error) {
    return [unreadableAfter(error, payload, context)];
  }
}

/**
 * Whether this is a sample: Meta's dashboard sends one change without the structure around it that a real delivery has
 * (WhatsApp Cloud API, "Webhooks", Test). An empty body holds no message either.
 */
function isSample(body: WireObject): boolean {
  if (Object.keys(body).length === 0) return true;
  return typeof body.field === 'string' && Object.hasOwn(body, 'value') && !('object' in body || 'entry' in body);
}

function readDelivery(delivery: unknown, event: string | null, test: unknown, context: NormaliseContext): Normalised {
  const envelope = asRecord(delivery);
  if (!envelope) return unreadable(delivery, 'an entry of the payload is not an object', context);
  const message = asRecord(envelope.message) ?? (envelope.type && envelope.timestamp ? envelope : null);
  if (event !== null && event !== received) return { kind: 'skipped', id: idOf(message ?? {}), reason: skip.event };
  if (!message) {
    if (asRecord(envelope.conversation)) return { kind: 'skipped', id: null, reason: skip.event };
    return unreadable(delivery, 'the payload has no message', context);
  }
  const config = asRecord(envelope.whatsapp_config) ?? {};
  const conversation = asRecord(envelope.conversation) ?? {};
  return readItem(
    {
      message,
      envelope: { test: envelope.test ?? test },
      conversation,
      contacts: readContacts(asList(envelope.contacts)),
      phoneNumberId: envelope.phone_number_id ?? conversation.phone_number_id ?? config.phone_number_id,
      ownNumber: config.display_phone_number,
    },
    context,
  );
}

function readMeta(body: WireObject, context: NormaliseContext): Normalised[] {
  const results: Normalised[] = [];
  for (const entry of asList(body.entry)) {
    for (const change of asList(asRecord(entry)?.changes)) results.push(...readChange(change, context));
  }
  if (results.length === 0) results.push({ kind: 'skipped', id: null, reason: skip.field });
  return results;
}

function readChange(change: unknown, context: NormaliseContext): Normalised[] {
  const record = asRecord(change) ?? {};
  const value = asRecord(record.value) ?? {};
  const field = asString(record.field) ?? 'messages';
  const messages = field === 'messages' ? asList(value.messages) : [];
  const metadata = asRecord(value.metadata) ?? {};
  const contacts = readContacts(asList(value.contacts));
  const results = messages.map(message =>
    safely(message, context, () =>
      readItem(
        {
          message,
          envelope: {},
          conversation: {},
          contacts,
          phoneNumberId: metadata.phone_number_id,
          ownNumber: metadata.display_phone_number,
        },
        context,
      ),
    ),
  );
  const skipped = (list: unknown, reason: string): Normalised[] =>
    asList(list).map(item => ({ kind: 'skipped', id: idOf(asRecord(item) ?? {}), reason }));
  results.push(...skipped(value.statuses, skip.status), ...skipped(value.message_echoes, skip.app));
  return results.length > 0 ? results : [{ kind: 'skipped', id: null, reason: skip.field }];
}
