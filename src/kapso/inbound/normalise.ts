import { asId, asLabel, asList, asRecord, asString, phoneDigits, type WireObject } from '../../narrow.ts';
import { contentHash, jsonSafe } from './content-hash.ts';
import { readMedia } from './media.ts';
import type { Normalised } from './normalised.ts';
import { readOversizeRow } from './oversize.ts';
import { readGroupMember, readSender } from './sender.ts';
import { readContent } from './text.ts';
import { firstTimestamp } from './timestamp.ts';

export interface NormaliseContext {
  /** What is marked as meant for another number is skipped. */
  phoneNumberId: string;
  /** Milliseconds since the epoch, for a message without a time of its own; default the system's time. */
  now?: number;
}

/** Headers of a webhook delivery; the form itself is told from the body. */
export interface WebhookHeaders {
  /** `X-Webhook-Event`. */
  event?: string;
  /** `X-Webhook-Batch`. */
  batch?: boolean;
  /** `X-Webhook-Payload-Version`. */
  version?: string;
}

/** One message on the wire, and what its surroundings say of it. */
interface Item {
  message: unknown;
  /** The object the message lies in. */
  envelope: WireObject;
  conversation: WireObject;
  /** Meta's `value.contacts`. */
  contacts: readonly unknown[];
  phoneNumberId: unknown;
  ownNumber: unknown;
}

const received = 'whatsapp.message.received';
const maxIdLength = 512;
/** Why an item is skipped that may show a wrong configuration: nothing else tells that its messages are not handed on. */
export const forAnotherNumber = 'for another phone number id';
/** What a dashboard sends on a click, or nothing at all: answered, and not kept. */
export const testSample = 'test sample';
/** Reasons for skipping are few and fixed: they serve as labels in statistics. */
const skip = {
  event: 'not a received message',
  test: 'test delivery',
  sample: testSample,
  outbound: 'outbound',
  app: 'sent from the business app',
  history: 'imported history',
  otherNumber: forAnotherNumber,
  status: 'delivery status',
  field: 'not a message field',
} as const;

/**
 * Reads one row of Kapso's message list. Never throws, whatever the row.
 *
 * Beside the samples' form it takes the flat rows of the platform list (`message_type`, `content`), and the client's `OversizeRow`.
 */
export function normaliseListRow(row: unknown, context: NormaliseContext): Normalised {
  const oversize = readOversizeRow(row, context.now ?? Date.now());
  if (oversize) return oversize;
  return safely(row, context, () =>
    readItem(
      { message: row, envelope: {}, conversation: {}, contacts: [], phoneNumberId: null, ownNumber: null },
      context,
    ),
  );
}

/**
 * Reads a webhook delivery: v2 single and batch, v1, or Meta's raw form. Never throws, whatever the payload. Every part of
 * it gives one result, so that a delivery without any holds nothing at all.
 *
 * The forms of one message give the same `InboundMessage`, but for what a form does not carry. Meta's raw form has no
 * `conversationId`, no transcript, no contact name for a `system` message, and of `media` only what Meta says (no size,
 * no url but Meta's own, a file name for documents only). v1 has no Meta objects: no media id, and the text of whatever
 * is not plain text is Kapso's own rendering.
 */
export function normaliseWebhook(payload: unknown, headers: WebhookHeaders, context: NormaliseContext): Normalised[] {
  const body = asRecord(payload);
  if (!body) return [safely(payload, context, () => unreadable(payload, 'the payload is not an object', context))];
  if (isSample(body)) return [{ kind: 'skipped', id: null, reason: skip.sample }];
  try {
    if (body.object !== undefined || Array.isArray(body.entry)) return readMeta(body, context);
    const event = asString(headers.event) ?? asString(body.type) ?? asString(body.event);
    // v1 wraps the one delivery into `data`; a batch is a list there.
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
 * Meta's dashboard sends its samples as one change without what lies around it in a real delivery (WhatsApp Cloud API, "Webhooks",
 * Test); a body with nothing in it holds no message either.
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
      contacts: asList(envelope.contacts),
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
  const results = messages.map(message =>
    safely(message, context, () =>
      readItem(
        {
          message,
          envelope: {},
          conversation: {},
          contacts: asList(value.contacts),
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

function readItem(item: Item, context: NormaliseContext): Normalised {
  const wire = asRecord(item.message);
  if (!wire) return unreadable(item.message, 'the message is not an object', context);
  const message = fromFlat(wire);
  const kapso = asRecord(message.kapso) ?? {};
  const id = idOf(message);
  const numbers = [item.phoneNumberId, kapso.phone_number_id, message.phone_number_id].map(asId);
  const otherNumber = numbers.find(number => number !== null && number !== context.phoneNumberId) ?? null;
  const reason = skipReason(item, message, kapso, id, otherNumber);
  if (reason)
    return {
      kind: 'skipped',
      id,
      reason,
      ...(reason === skip.otherNumber && otherNumber && { phoneNumberId: otherNumber }),
    };
  if (id === null) return unreadable(item.message, 'the message has no WhatsApp id', context);

  const { conversation, contacts, ownNumber } = item;
  const groupId = [message, kapso, conversation].map(part => asLabel(asId(part.group_id), 128)).find(Boolean) ?? null;
  const parts = { message, kapso, conversation, contacts, ownNumber };
  const sender = groupId === null ? readSender(parts) : readGroupMember(parts);
  if (!sender) {
    const what = groupId === null ? 'the message' : 'the group message';
    return unreadable(item.message, `${what} names no sender`, context);
  }

  const now = context.now ?? Date.now();
  const at = timeOf(message, kapso, now);
  const type = asLabel(message.type, 64) ?? (asRecord(message.text) ? 'text' : 'unknown');
  const media = readMedia(type, message, kapso);
  return {
    kind: 'message',
    ...(at === null && { undated: true }),
    message: {
      id,
      sender,
      conversationId:
        asLabel(conversation.id, 128) ??
        asLabel(kapso.whatsapp_conversation_id, 128) ??
        asLabel(message.whatsapp_conversation_id, 128),
      timestamp: at ?? now,
      type,
      ...readContent({ message, kapso, type, media, sender }),
      media,
      ...(groupId === null ? {} : { groupId }),
    },
  };
}

/** v1 and the platform list put Kapso's fields beside the message's, and have Kapso's own id under `id`. */
function fromFlat(message: WireObject): WireObject {
  if (message.message_type === undefined && message.whatsapp_message_id === undefined) return message;
  return {
    ...message,
    id: message.whatsapp_message_id ?? (String(message.id).startsWith('wamid.') ? message.id : null),
    type: message.type ?? message.message_type,
    kapso: { ...message, ...asRecord(message.kapso) },
  };
}

function skipReason(
  item: Item,
  message: WireObject,
  kapso: WireObject,
  id: string | null,
  otherNumber: string | null,
): string | null {
  if (item.envelope.test === true || id?.startsWith('wamid.TEST_')) return skip.test;
  if (otherNumber !== null) return skip.otherNumber;
  const direction = asString(kapso.direction) ?? asString(message.direction);
  const origin = asString(kapso.origin) ?? asString(message.origin);
  if (origin === 'history_sync') return skip.history;
  // What the owner types on the phone comes back as outbound; only an explicit "inbound" says that it is none of that.
  if (origin === 'business_app' && direction !== 'inbound') return skip.app;
  if (direction !== null && direction !== 'inbound') return skip.outbound;
  const from = phoneDigits(message.from);
  if (from !== null && direction === null && from === phoneDigits(item.ownNumber)) return skip.outbound;
  if (direction === null && asString(message.to) && !asString(message.from) && !asString(message.from_user_id)) {
    return skip.outbound;
  }
  return null;
}

/** Of the characters of WhatsApp's ids only: they go into run keys, where `:` is ours, and into commands that a log advises. */
function idOf(message: WireObject): string | null {
  const id = asId(message.id);
  return id && id.length <= maxIdLength && /^[\w.+/=@~-]+$/.test(id) ? id : null;
}

function timeOf(message: WireObject, kapso: WireObject, now: number): number | null {
  return firstTimestamp([message.timestamp, message.created_at, kapso.timestamp, kapso.created_at], now);
}

function unreadable(raw: unknown, reason: string, context: NormaliseContext): Normalised {
  const record = asRecord(raw) ?? {};
  const now = context.now ?? Date.now();
  return {
    kind: 'unreadable',
    // Not the message's own: a form of it that can be read may come later.
    id: `unreadable:${idOf(fromFlat(record)) ?? contentHash(raw)}`,
    timestamp: timeOf(record, asRecord(record.kapso) ?? {}, now) ?? now,
    reason,
    raw: jsonSafe(raw),
  };
}

function safely(raw: unknown, context: NormaliseContext, read: () => Normalised): Normalised {
  try {
    return read();
  } catch (error) {
    return unreadableAfter(error, raw, context);
  }
}

/** A defect of ours, or a thing that is not even data: it is kept, as far as it can be, and nobody else's message is lost. */
function unreadableAfter(error: unknown, raw: unknown, context: NormaliseContext): Normalised {
  const reason = `reading it failed: ${error instanceof Error ? (asLabel(error.message) ?? error.name) : 'unknown'}`;
  try {
    return unreadable(raw, reason, context);
  } catch {
    return {
      kind: 'unreadable',
      id: `unreadable:${contentHash(reason)}`,
      timestamp: context.now ?? Date.now(),
      reason,
      raw: null,
    };
  }
}
