import { KapsoWhatsappError } from '../errors.ts';
import { inAscii } from '../printable.ts';

/** Whom a message goes to, in the field the API wants it in. */
export type Recipient =
  /** E.164 digits with the `+`. */
  | { kind: 'phone'; to: string; digits: string }
  /** A business-scoped user id, or a parent one. */
  | { kind: 'user'; userId: string };

/**
 * A business-scoped user id: `US.1349…`, `US.ENT.…`, or `user.<hex>` of the first form
 * (Kapso documentation, "Business-scoped user ids").
 */
const userIdForm = /^(?:[A-Z]{2}(?:\.[A-Z]{2,8})?\.[A-Za-z0-9_-]{1,128}|user\.[0-9a-fA-F]{1,128})$/;

export function isUserId(text: string): boolean {
  return userIdForm.test(text);
}

/**
 * Reads an address. Throws `KapsoWhatsappError` with code `SEND_RECIPIENT_INVALID` when it is neither `+` and 7 to 15 digits nor a
 * business-scoped user id.
 */
export function parseRecipient(to: string): Recipient {
  if (/^\+[1-9]\d{6,14}$/.test(to)) return { kind: 'phone', to, digits: to.slice(1) };
  if (isUserId(to)) return { kind: 'user', userId: to };
  throw new KapsoWhatsappError('SEND_RECIPIENT_INVALID', `"${inAscii(to)}" is not a WhatsApp address`, {
    hint: 'Give the number with + and country code (+15550104477), or a business-scoped user id (US.1349…).',
  });
}

/** An area code of Brazil that exists (libphonenumber's metadata). */
const brazilianArea = '55(?:[14689][1-9]|2[12478]|3[1-578]|5[13-5]|7[13-79])';

/** Mobile numbers that Meta knows with or without an extra digit: what stands before it, itself, what stands after it; and the digit. */
const optionalDigits: readonly { form: RegExp; digit: string }[] = [
  // Argentina and Mexico: national numbers of 10 digits; none begins with the extra digit itself, so that no form is ambiguous.
  { form: /^(54)(9?)([1-8]\d{9})$/, digit: '9' },
  { form: /^(52)(1?)([2-9]\d{9})$/, digit: '1' },
  // Brazil: the ninth digit came before old mobile numbers that begin with 6, 8 or 9. With 2 to 5 it is a landline, and 9 with one of them
  // behind it a newer mobile number that never had 8 digits; some with 7 never got the ninth. The other form of those is another person's.
  { form: new RegExp(`^(${brazilianArea})(9?)([689]\\d{7})$`), digit: '9' },
];

/**
 * The other way to write the same mobile number, or null: Argentina's 9 after 54, Mexico's 1 after 52, Brazil's ninth digit. Meta
 * knows some of them only by the form that is not dialled, and refuses the other with 131030 or 131026.
 */
export function alternativeDigits(digits: string): string | null {
  for (const { form, digit } of optionalDigits) {
    const [, before, extra, after] = form.exec(digits) ?? [];
    if (before && after) return `${before}${extra ? '' : digit}${after}`;
  }
  return null;
}

/**
 * One form for all the ways a number appears: digits without Argentina's 9, Mexico's 1, and the ninth digit of Brazil's
 * mobile numbers. For comparing only; never an address.
 */
export function canonicalDigits(digits: string): string {
  const plain =
    /^(54)9([1-8]\d{9})$/.exec(digits) ?? /^(52)1([2-9]\d{9})$/.exec(digits) ?? /^(55\d\d)9([6-9]\d{7})$/.exec(digits);
  return plain ? `${plain[1]}${plain[2]}` : digits;
}

/** What sends to one person have in common, so that they can be put in one row. */
export function recipientKey(recipient: Recipient): string {
  return recipient.kind === 'phone' ? canonicalDigits(recipient.digits) : recipient.userId;
}
