import type { Identities, IdentityChange } from '../../domain/identity.ts';
import type { NoticeKind } from '../../domain/message.ts';
import { isUserId } from '../../domain/recipient.ts';
import { asId, asLabel, asRecord, asString, phoneDigits, type WireObject } from '../../narrow.ts';
import { kapsoContent, note } from './rendering.ts';

/** A message of WhatsApp itself: its subject, and the contact before and after. */
export interface SystemNotice {
  kind: Extract<NoticeKind, 'identity-change' | 'number-change' | 'user-id-change' | 'system-notice'>;
  /** As the notice tells it, the sentence included: for the agent alone. It begins with a name that the contact chose. */
  before: Identities;
  after: Identities;
  /** By the fields alone. Nothing else says whose the notice is. */
  named: { before: Identities; after: Identities };
  /** WhatsApp's own words. */
  body: string | null;
  /** What becomes of the contact's identities, by the fields alone: a sentence may contain the contact's name. */
  change: IdentityChange | null;
}

const userIdLimit = 160;

/**
 * Reads a message of type `system`. The new number is in `wa_id` (older: `new_wa_id`, sometimes a JSON number, with the
 * old one in `customer`). A changed user id is in `user_id` and `previous_user_id`. Kapso's v1 has only the sentence
 * (WhatsApp Cloud API, "System messages").
 */
export function readSystemNotice(message: WireObject, kapso: WireObject): SystemNotice {
  const system = asRecord(message.system) ?? asRecord(kapso.message_type_data) ?? {};
  const body = asLabel(system.body, 1024) ?? asLabel(kapsoContent(kapso), 1024);
  const type = asString(system.type) ?? '';
  const said = numbersIn(body ?? '');
  const named = firstNumber(system.previous_wa_id, system.previous_phone_number, system.customer);
  const writer = named ?? firstNumber(message.from, kapso.phone_number);
  const next = firstNumber(system.wa_id, system.new_wa_id, system.phone_number);
  const ids = {
    before: { userId: firstId(system.previous_user_id), parentId: firstId(system.previous_parent_user_id) },
    after: { userId: firstId(system.user_id, system.new_user_id), parentId: firstId(system.parent_user_id) },
  };
  const kind = kindOf();
  const change = changeOf(kind, { phone: writer, ...ids.before }, { phone: next, ...ids.after });
  const fields = { before: { phone: named, ...ids.before }, after: { phone: next, ...ids.after } };
  if (kind !== 'number-change') return { kind, body, change, named: fields, ...fields };
  const before = writer ?? said.find(number => number !== next) ?? null;
  const after = next ?? said.findLast(number => number !== before) ?? null;
  const told = { before: { phone: before, ...ids.before }, after: { phone: after, ...ids.after } };
  return { kind, body, change, named: fields, ...told };

  function kindOf(): SystemNotice['kind'] {
    if (/changed_number$/.test(type)) return 'number-change';
    if (/user_id/.test(type)) return 'user-id-change';
    if (/identity/.test(type)) return 'identity-change';
    if (type !== '') return 'system-notice';
    if (next !== null && writer !== null && next !== writer) return 'number-change';
    if (hasId(ids.before) && hasId(ids.after)) return 'user-id-change';
    return said.length > 1 && writer !== null && said.includes(writer) ? 'number-change' : 'system-notice';
  }
}

function hasId({ userId, parentId }: Pick<Identities, 'userId' | 'parentId'>): boolean {
  return userId !== null || parentId !== null;
}

function changeOf(kind: SystemNotice['kind'], before: Identities, after: Identities): IdentityChange | null {
  if (kind !== 'number-change' && kind !== 'user-id-change') return null;
  const isNamed = (one: Identities) => one.phone !== null || hasId(one);
  return isNamed(before) && isNamed(after) ? { before: vouched(before), after: vouched(after) } : null;
}

/** Ids of another form are nobody's. */
function vouched({ phone, userId, parentId }: Identities): Identities {
  const valid = (id: string | null) => (id !== null && isUserId(id) ? id : null);
  return { phone, userId: valid(userId), parentId: valid(parentId) };
}

/**
 * Returns the notice as one annotation.
 *
 * @param writer the number that the message belongs to; some forms name it outside the message
 */
export function systemText(notice: SystemNotice, message: WireObject, writer: string | null): string {
  const { kind, before, after, body } = notice;
  const words = body === null ? '' : `: ${body}`;
  const [oldId, newId] = [before.userId ?? before.parentId, after.userId ?? after.parentId];
  const ids = `user id changed${fromTo(oldId, newId)}`;
  if (kind === 'number-change') {
    const old = before.phone ?? (writer === after.phone ? null : writer);
    const numbers = fromTo(old && `+${old}`, after.phone && `+${after.phone}`);
    return `[number changed${numbers}${oldId && newId ? `, ${ids}` : ''}${words}]`;
  }
  if (kind === 'user-id-change') return `[${ids}${words}]`;
  const what = body ?? asLabel(asRecord(message.system)?.type, 64);
  return what ? `[system: ${what}]` : note('system message', message);
}

function fromTo(before: string | null, after: string | null): string {
  return `${before ? ` from ${before}` : ''}${after ? ` to ${after}` : '; the new one is not given'}`;
}

function firstNumber(...candidates: unknown[]): string | null {
  return candidates.map(phoneDigits).find(digits => digits !== null) ?? null;
}

function firstId(...candidates: unknown[]): string | null {
  return candidates.map(id => asLabel(asId(id), userIdLimit)).find(id => id !== null) ?? null;
}

/** Returns the different phone numbers that a sentence names, in its order. */
function numbersIn(sentence: string): string[] {
  const found = sentence.match(/\+?\d[\d\s().-]{5,18}\d/g) ?? [];
  return [...new Set(found.map(phoneDigits).filter(digits => digits !== null))];
}
