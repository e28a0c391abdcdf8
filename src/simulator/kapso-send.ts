import type { Answer } from './http.ts';
import { asObject, asText, isObject, type JsonObject } from './json.ts';
import { graphError } from './kapso-errors.ts';
import type { Mailbox, NewMessage } from './kapso-mailbox.ts';
import type { MediaStore } from './kapso-media-store.ts';
import { newMessageId, outboundRow } from './kapso-rows.ts';
import type { Templates } from './kapso-templates.ts';
import { checkMessage, fileProblem, invalid } from './send-checks.ts';

export interface ReadMark {
  messageId: string;
  typing: boolean;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface Reaction {
  messageId: string;
  /** Empty when it took an earlier reaction off. */
  emoji: string;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface SendDeps {
  mailbox: Mailbox;
  mediaStore: Pick<MediaStore, 'find'>;
  templates: Pick<Templates, 'check'>;
  /** Milliseconds since the epoch. */
  now: number;
  phoneNumberId: string;
  /** Refuses free-form messages more than 24 hours after the customer's last message (131047). */
  enforceWindow: boolean;
  /** Resolves when the message is on disk. */
  store(message: NewMessage): Promise<void>;
  /** Says that a message was taken, and failed. Resolves when that is on disk. */
  fail(id: string, error: { code: number; title: string; details: string }): Promise<void>;
  /** Resolves when the mark is on disk. */
  markRead(mark: ReadMark): Promise<void>;
  /** Resolves when the reaction is on disk. */
  react(reaction: Reaction): Promise<void>;
}

const day = 24 * 60 * 60 * 1000;

/** `POST /{phone_number_id}/messages`: a message of any type, or a read mark. */
export async function postMessage(body: unknown, deps: SendDeps): Promise<Answer> {
  if (!isObject(body)) return invalid('The body must be a JSON object.');
  if (body.messaging_product !== 'whatsapp') return invalid("Param messaging_product must be 'whatsapp'.");
  if (body.status !== undefined) return markRead(body, deps);
  return body.type === 'reaction' ? react(body, deps) : sendMessage(body, deps);
}

async function markRead(body: JsonObject, { mailbox, now, markRead: mark }: SendDeps): Promise<Answer> {
  if (body.status !== 'read') return invalid("Param status must be 'read'.");
  const messageId = asText(body.message_id);
  if (messageId === null) return invalid('Param message_id is required.');
  if (mailbox.find(messageId)?.direction !== 'inbound') return invalid('Param message_id is not an inbound message.');
  const typing = body.typing_indicator;
  if (typing !== undefined && asObject(typing).type !== 'text') {
    return invalid("Param typing_indicator['type'] must be 'text'.");
  }
  await mark({ messageId, typing: typing !== undefined, at: now });
  return { status: 200, body: { success: true } };
}

/** Sends a reaction. Lists and webhooks do not show it. */
async function react(body: JsonObject, { mailbox, now, react: keep }: SendDeps): Promise<Answer> {
  const { message_id: messageId, emoji } = asObject(body.reaction);
  if (typeof messageId !== 'string' || typeof emoji !== 'string')
    return invalid("Param reaction['emoji'] is required.");
  if (emoji !== '' && !/^\p{RGI_Emoji}$/v.test(emoji)) return invalid("Param reaction['emoji'] must be one emoji.");
  const address = parseAddress(body);
  if ('refusal' in address) return address.refusal;
  if (mailbox.find(messageId)?.direction !== 'inbound') return invalid('Param message_id is not an inbound message.');
  await keep({ messageId, emoji, at: now });
  return accepted(body, address, newMessageId());
}

async function sendMessage(body: JsonObject, deps: SendDeps): Promise<Answer> {
  const { mailbox, mediaStore, templates, now } = deps;
  const check = body.type === 'template' ? templates.check : checkMessage;
  const checked = check(body, mediaStore.find);
  if ('refusal' in checked) return checked.refusal;
  const address = parseAddress(body);
  if ('refusal' in address) return address.refusal;
  const callbackData = asText(body.biz_opaque_callback_data);
  if (callbackData !== null && callbackData.length > 512) {
    return invalid('Param biz_opaque_callback_data must be at most 512 characters long.');
  }
  const { message_id: contextId } = asObject(body.context);
  if (contextId !== undefined && asText(contextId) === null) return invalid("Param context['message_id'] is required.");
  if (deps.enforceWindow && body.type !== 'template') {
    const last = mailbox.lastInbound(address.group ?? address.to ?? address.recipient ?? '');
    if (last === null || now - last > day) {
      const details =
        'Message failed to send because more than 24 hours have passed since the customer last replied to this number.';
      return graphError(131047, 'Re-engagement message', details);
    }
  }

  const id = newMessageId();
  const timestamp = Math.floor(now / 1000);
  const row = outboundRow({ id, ...address, ...checked, timestamp, contextId: asText(contextId), callbackData });
  await deps.store({ id, direction: 'outbound', createdAt: null, visibleAt: 0, row });
  const problem = fileProblem(checked);
  if (problem !== null) await deps.fail(id, { code: 131053, title: 'Media upload error', details: problem });
  return accepted(body, address, id);
}
/** One of them is given. */
type Address = { to: string | null; recipient: string | null; group: string | null };

function accepted(body: JsonObject, { to, recipient, group }: Address, id: string): Answer {
  const input = String(body.to ?? body.recipient);
  if (group !== null) {
    return { status: 200, body: { messaging_product: 'whatsapp', contacts: [{ input }], messages: [{ id }] } };
  }
  const contact = to === null ? { input, wa_id: '', user_id: recipient } : { input, wa_id: to };
  return { status: 200, body: { messaging_product: 'whatsapp', contacts: [contact], messages: [{ id }] } };
}

function parseAddress(body: JsonObject): Address | { refusal: Answer } {
  const to = asText(body.to);
  const recipient = asText(body.recipient);
  const type = body.recipient_type ?? 'individual';
  if (type === 'group') {
    if (to === null || recipient !== null) return { refusal: invalid('The parameter to must be the id of a group.') };
    if (/^\+?\d{1,15}$/.test(to)) return { refusal: invalid('Param to is a phone number, not the id of a group.') };
    return { to: null, recipient: null, group: to };
  }
  if (type !== 'individual') return { refusal: invalid("Param recipient_type must be 'individual' or 'group'.") };
  if (to !== null && recipient !== null) return { refusal: invalid('Give either to or recipient, not both.') };
  if (recipient !== null) {
    if (!/^([A-Z]{2}\.|user\.)[\w.]+$/.test(recipient)) {
      return { refusal: invalid('Param recipient is not a business-scoped user id.') };
    }
    return { to: null, recipient, group: null };
  }
  if (to === null) return { refusal: invalid('The parameter to is required.') };
  const digits = /^\+?([1-9]\d{6,14})$/.exec(to)?.[1];
  if (digits === undefined) return { refusal: invalid('Param to must be a phone number with country code.') };
  return { to: digits, recipient: null, group: null };
}
