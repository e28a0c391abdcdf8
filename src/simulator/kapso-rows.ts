import { createHash, randomBytes } from 'node:crypto';
import { asObject, asText, type JsonObject } from './json.ts';
import { isMediaType } from './media-kinds.ts';

/** A customer who writes. `phone` is digits, `userId` a business-scoped id. At least one is given. */
export interface Customer {
  phone: string | null;
  userId: string | null;
  username: string | null;
  name: string | null;
  /** The group that it is written in; absent or null for a chat of its own. */
  group?: string | null;
}

/** How the business appears to its customers. */
export const ownNumber = {
  display_phone_number: '+15550100200',
  verified_name: 'Simulated Workshop',
  business_account_id: '102000000000001',
};

/** A message id as WhatsApp makes them: base64, so with `+`, `/` and `=`, which a URL must escape. */
export function newMessageId(): string {
  return `wamid.${randomBytes(28).toString('base64')}`;
}

/** Kapso's conversation id of a customer: a UUID, always the same for one customer. */
export function conversationId(customer: string): string {
  const hex = createHash('sha256').update(customer).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** A row of the list API for a text from a customer. `timestamp` is in whole seconds since the epoch. */
export function inboundRow(message: { id: string; customer: Customer; text: string; timestamp: number }): JsonObject {
  const { text, ...rest } = message;
  return inboundRowOf({ ...rest, message: { type: 'text', text: { body: text } }, content: text });
}

/**
 * A row for a message of any type. `message` is Meta's object without id, time and sender. `content` is Kapso's
 * rendering of it, where it has one, and `kapso` what else its block has.
 */
export function inboundRowOf(row: {
  id: string;
  customer: Customer;
  timestamp: number;
  message: JsonObject;
  content: string | null;
  kapso?: JsonObject;
}): JsonObject {
  const { customer, content } = row;
  return {
    id: row.id,
    timestamp: String(row.timestamp),
    from: customer.phone ?? '',
    ...(customer.userId === null ? {} : { from_user_id: customer.userId }),
    ...(customer.group ? { group_id: customer.group } : {}),
    ...row.message,
    kapso: {
      direction: 'inbound',
      status: 'delivered',
      processing_status: 'completed',
      origin: 'cloud_api',
      has_media: false,
      phone_number: customer.phone === null ? null : `+${customer.phone}`,
      whatsapp_conversation_id: conversationId(customer.group ?? customer.userId ?? customer.phone ?? ''),
      contact_name: customer.name,
      ...(content === null ? {} : { content }),
      ...(customer.userId === null ? {} : { business_scoped_user_id: customer.userId }),
      ...(customer.username === null ? {} : { username: customer.username }),
      ...row.kapso,
    },
  };
}

/**
 * A row of the list API for a message that the business sent: to a phone number, a user id or a group. `object` is Meta's of
 * the type, and `content` Kapso's rendering of it.
 */
export function outboundRow(message: {
  id: string;
  to: string | null;
  recipient: string | null;
  group: string | null;
  type: string;
  object: unknown;
  content: string;
  timestamp: number;
  contextId: string | null;
  callbackData: string | null;
}): JsonObject {
  return {
    id: message.id,
    timestamp: String(message.timestamp),
    type: message.type,
    [message.type]: message.object,
    ...recipientFields(message),
    ...(message.contextId === null ? {} : { context: { id: message.contextId } }),
    ...(message.callbackData === null ? {} : { biz_opaque_callback_data: message.callbackData }),
    kapso: {
      direction: 'outbound',
      status: 'sent',
      processing_status: 'completed',
      origin: 'cloud_api',
      has_media: isMediaType(message.type),
      phone_number: message.to === null ? null : `+${message.to}`,
      whatsapp_conversation_id: conversationId(message.group ?? message.recipient ?? message.to ?? ''),
      content: message.content,
    },
  };
}

function recipientFields({
  to,
  recipient,
  group,
}: {
  to: string | null;
  recipient: string | null;
  group: string | null;
}) {
  if (group !== null) return { to: group, recipient_type: 'group' };
  return to === null ? { recipient } : { to };
}

/** A `whatsapp.message.*` payload, version 2, as on Kapso's event-types page. */
export function webhookV2(row: JsonObject, phoneNumberId: string): JsonObject {
  const kapso = asObject(row.kapso);
  const inbound = kapso.direction !== 'outbound';
  const at = new Date(Number(row.timestamp) * 1000).toISOString();
  const { phone_number, whatsapp_conversation_id, contact_name, business_scoped_user_id, username, ...block } = kapso;
  const { from, ...message } = row;
  return {
    message: {
      ...message,
      ...(asText(from) === null ? {} : { from }),
      ...(username === undefined ? {} : { username }),
      kapso: inbound ? { ...block, status: 'received', processing_status: 'pending' } : block,
    },
    conversation: {
      id: whatsapp_conversation_id ?? null,
      phone_number: phone_number ?? null,
      status: 'active',
      last_active_at: at,
      created_at: at,
      updated_at: at,
      metadata: {},
      phone_number_id: phoneNumberId,
      kapso: { contact_name: contact_name ?? null, last_message_id: row.id, last_message_type: row.type },
      ...(business_scoped_user_id === undefined ? {} : { business_scoped_user_id }),
      ...(username === undefined ? {} : { username }),
    },
    is_new_conversation: false,
    phone_number_id: phoneNumberId,
  };
}

/** Several version 2 payloads in one delivery, as Kapso buffers them. */
export function webhookV2Batch(event: string, rows: readonly JsonObject[], phoneNumberId: string): JsonObject {
  return { type: event, batch: true, data: rows.map(row => webhookV2(row, phoneNumberId)) };
}

/** The legacy form, version 1. */
export function webhookV1(event: string, row: JsonObject, phoneNumberId: string): JsonObject {
  const kapso = asObject(row.kapso);
  const conversation = asText(kapso.whatsapp_conversation_id);
  return {
    event,
    data: {
      message: {
        id: conversationId(String(row.id)),
        message_type: row.type,
        content: kapso.content ?? null,
        direction: kapso.direction ?? 'inbound',
        status: kapso.direction === 'outbound' ? kapso.status : 'received',
        ...(kapso.statuses === undefined ? {} : { statuses: kapso.statuses }),
        origin: kapso.origin ?? 'cloud_api',
        whatsapp_message_id: row.id,
        phone_number: kapso.phone_number ?? null,
        created_at: new Date(Number(row.timestamp) * 1000).toISOString(),
      },
      conversation: { id: conversation, phone_number: kapso.phone_number ?? null },
      whatsapp_config: { phone_number_id: phoneNumberId, display_phone_number: ownNumber.display_phone_number },
      is_new_conversation: false,
    },
  };
}

/** Meta's own form, which Kapso forwards to a webhook of kind `meta`. */
export function webhookMeta(rows: readonly JsonObject[], phoneNumberId: string): JsonObject {
  const sent = rows.filter(row => asObject(row.kapso).direction === 'outbound');
  const received = rows.filter(row => !sent.includes(row));
  // Meta sends no contacts with a message of WhatsApp itself.
  const contacts = received
    .filter(({ type }) => type !== 'system')
    .map(row => {
      const kapso = asObject(row.kapso);
      const userId = asText(row.from_user_id) ?? asText(kapso.business_scoped_user_id);
      const username = asText(kapso.username);
      return {
        profile: { name: kapso.contact_name ?? '', ...(username === null ? {} : { username }) },
        wa_id: row.from ?? '',
        ...(userId === null ? {} : { user_id: userId }),
      };
    });
  const messages = received.map(({ kapso: _, ...message }) => message);
  return {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: ownNumber.business_account_id,
        changes: [
          {
            value: {
              messaging_product: 'whatsapp',
              metadata: { display_phone_number: '15550100200', phone_number_id: phoneNumberId },
              ...(contacts.length === 0 ? {} : { contacts }),
              ...(messages.length === 0 ? {} : { messages }),
              ...(sent.length === 0 ? {} : { statuses: sent.map(lastStatus) }),
            },
            field: 'messages',
          },
        ],
      },
    ],
  };
}

/** The last status of a sent message, in Meta's form. */
function lastStatus({ id, timestamp, to, recipient_type, kapso, biz_opaque_callback_data: mark }: JsonObject): unknown {
  const { statuses, status } = asObject(kapso);
  if (Array.isArray(statuses)) return statuses.at(-1);
  return {
    id,
    status,
    timestamp,
    recipient_id: to ?? '',
    ...(recipient_type === undefined ? {} : { recipient_type }),
    ...(mark === undefined ? {} : { biz_opaque_callback_data: mark }),
  };
}
