import { KapsoWhatsappError } from '../errors.ts';
import { inAscii } from '../printable.ts';

/** The recipient of a message, in the field that the API expects. */
export type Recipient =
  /** E.164 digits with the `+`. */
  | { kind: 'phone'; to: string; digits: string }
  /** A business-scoped user id, or a parent one. */
  | { kind: 'user'; userId: string }
  | { kind: 'group'; groupId: string };

/**
 * A business-scoped user id: `US.1349…`, `US.ENT.…`, or `user.<hex>` of the first form
 * (Kapso documentation, "Business-scoped user ids").
 */
const userIdForm = /^(?:[A-Z]{2}(?:\.[A-Z]{2,8})?\.[A-Za-z0-9_-]{1,128}|user\.[0-9a-fA-F]{1,128})$/;

export function isUserId(text: string): boolean {
  return userIdForm.test(text);
}

/** What stands before a group's id where addresses of people may stand too. No such address has a colon. */
const groupPrefix = 'group:';

/**
 * Whether a text can be the id of a group: a word of the characters that Meta's ids have, which is neither a phone
 * number nor a user id. What is for a group never goes to a person, nor the other way round.
 */
export function isGroupId(text: string): boolean {
  const mayBeNumber = /^[\d.-]+$/.test(text) && text.replace(/\D/g, '').length <= 15;
  return /^[A-Za-z0-9][\w.+/=@~-]{0,127}$/.test(text) && !mayBeNumber && !isUserId(text);
}

/** The address of a group, which no person's is like. */
export function groupAddress(groupId: string): string {
  return `${groupPrefix}${groupId}`;
}

/** Returns the group's id when the address is a group's; else null. */
export function groupOf(address: string): string | null {
  const id = address.startsWith(groupPrefix) ? address.slice(groupPrefix.length) : '';
  return isGroupId(id) ? id : null;
}

/**
 * Parses an address. Throws `KapsoWhatsappError` with code `SEND_RECIPIENT_INVALID` when it is neither `+` and 7 to 15
 * digits nor a business-scoped user id nor a group's (`groupAddress`).
 */
export function parseRecipient(to: string): Recipient {
  if (/^\+[1-9]\d{6,14}$/.test(to)) return { kind: 'phone', to, digits: to.slice(1) };
  if (isUserId(to)) return { kind: 'user', userId: to };
  const groupId = groupOf(to);
  if (groupId !== null) return { kind: 'group', groupId };
  throw new KapsoWhatsappError('SEND_RECIPIENT_INVALID', `"${inAscii(to)}" is not a WhatsApp address`, {
    hint: 'Give the number with + and country code (+15550104477), or a business-scoped user id (US.1349…).',
  });
}

/** The existing area codes of Brazil (libphonenumber's metadata). */
const brazilianArea = '55(?:[14689][1-9]|2[12478]|3[1-578]|5[13-5]|7[13-79])';

/** Mobile numbers that Meta knows with or without an extra digit: the part before it, the digit, the part after it. */
const optionalDigits: readonly { form: RegExp; digit: string }[] = [
  // Argentina and Mexico: national numbers have 10 digits. None begins with the extra digit itself, so no form is ambiguous.
  { form: /^(54)(9?)([1-8]\d{9})$/, digit: '9' },
  { form: /^(52)(1?)([2-9]\d{9})$/, digit: '1' },
  // Brazil: old mobile numbers that begin with 6, 8 or 9 got a ninth digit before them. A number with 2 to 5 is a
  // landline, and 9 with one of those after it is a newer mobile number that never had 8 digits. Some numbers with 7
  // never got the ninth digit. The other form of those is another person's number.
  { form: new RegExp(`^(${brazilianArea})(9?)([689]\\d{7})$`), digit: '9' },
];

/**
 * Returns the other spelling of the same mobile number, or null: Argentina's 9 after 54, Mexico's 1 after 52, Brazil's
 * ninth digit. Meta knows some numbers only by the form that is not dialled, and refuses the other one with 131030 or
 * 131026.
 */
export function alternativeDigits(digits: string): string | null {
  for (const { form, digit } of optionalDigits) {
    const [, before, extra, after] = form.exec(digits) ?? [];
    if (before && after) return `${before}${extra ? '' : digit}${after}`;
  }
  return null;
}

/**
 * Returns one form for all spellings of a number: digits without Argentina's 9, Mexico's 1, and the ninth digit of
 * Brazil's mobile numbers. Only for comparison; never an address.
 */
export function canonicalDigits(digits: string): string {
  const plain =
    /^(54)9([1-8]\d{9})$/.exec(digits) ??
    /^(52)1([2-9]\d{9})$/.exec(digits) ??
    /^(55\d\d)9([016-9]\d{7})$/.exec(digits);
  return plain ? `${plain[1]}${plain[2]}` : digits;
}

/** Whether the other form of a Brazilian number, with or without the ninth digit, may be another person's number. */
export function isAmbiguous(digits: string): boolean {
  return /^55\d\d9?7\d{7}$/.test(digits);
}

/** Returns a key that all sends to one person share, so that they can be put in order. */
export function recipientKey(recipient: Recipient): string {
  return recipient.kind === 'phone' ? canonicalDigits(recipient.digits) : addressOf(recipient);
}

/** The address as it is written. */
export function addressOf(recipient: Recipient): string {
  switch (recipient.kind) {
    case 'phone':
      return recipient.to;
    case 'user':
      return recipient.userId;
    case 'group':
      return groupAddress(recipient.groupId);
  }
}
