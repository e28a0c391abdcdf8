import { groupAddress, groupOf, isGroupId, isUserId, parseRecipient } from '../domain/recipient.ts';
import { KapsoWhatsappError } from '../errors.ts';
import { inAscii } from '../printable.ts';

const separators = /(?<=.)[ \u00a0\u202f().-]/g;
const general = 'Give the number with + and country code (+15550104477), or a business-scoped user id (US.1349…)';

/**
 * Reads a recipient as people and agents write it: `+` with the country code, or a business-scoped user id. Spaces,
 * dashes, dots and parentheses between the digits are removed, and so is a `tel:` or `whatsapp:` before the `+`.
 *
 * Nothing is guessed. An address that could be somebody else's, or that is written in another way, is refused with
 * `SEND_RECIPIENT_INVALID`. The error names the right spelling where only one can be meant.
 */
export function readAddress(text: string): string {
  const address = text.trim().replace(/^(?:tel|whatsapp):(?=\+)/i, '');
  const plain = address.startsWith('+') ? address.replace(separators, '') : address;
  if (isAddress(plain) && !nationalZero.test(address)) return plain;
  throw explain(address);
}

/**
 * Reads the id of a group as it stands in the first line of what was written there. Returns the group's address. What
 * is a person's address is refused with `SEND_RECIPIENT_INVALID`: a text for a group is not for one of its members.
 */
export function readGroup(text: string): string {
  const id = text.trim();
  if (isGroupId(id)) return groupAddress(id);
  const what =
    isAddress(id.startsWith('+') ? id : `+${id}`) || isUserId(id) ? "is a person's address" : 'is no id of a group';
  throw refusal(id, what, {
    hint: 'Give the id from the first line of a message of the group; a person is named with --to',
  });
}

/** Text-direction marks, joiners and other invisible characters that are copied along with a number. */
const unseen = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** Reverses the display of what follows, so that the reader sees another number than is written. */
const override = '\u202e';
const nationalZero = /\(\s*0\s*\)/;
const number = /^(?:tel:|whatsapp:)?\+?\d[\d\s().-]*$/i;

function explain(address: string): KapsoWhatsappError {
  const [hidden] = address.match(unseen) ?? [];
  if (hidden !== undefined) {
    const seen = address.includes(override) ? '' : spellingOf(address.replace(unseen, ''));
    return refusal(address, `has an invisible character (${codePoint(hidden)})`, {
      spelling: seen,
      hint: 'Type it anew',
    });
  }
  if (nationalZero.test(address)) {
    const spelling = spellingOf(address.replace(nationalZero, ''));
    return refusal(address, 'has a (0), which is not part of the number', { spelling, hint: 'Leave it out' });
  }
  const ascii = withAsciiDigits(address);
  if (ascii !== address) {
    const spelling = spellingOf(ascii);
    return refusal(address, 'is not written with the digits 0 to 9', { spelling, hint: general });
  }
  return (
    explainOtherForm(address) ??
    explainNumber(address) ??
    refusal(address, 'is not a WhatsApp address', { hint: general })
  );
}

/** Recognises addresses of another kind: of WhatsApp's apps, links, and user ids that are not quite right. */
function explainOtherForm(address: string): KapsoWhatsappError | null {
  if (groupOf(address) !== null || /@g\.us$/i.test(address)) {
    return refusal(address, 'is a group', {
      hint: 'To write to a group give its id with --group, in the place of --to',
    });
  }
  if (/@(?:lid|broadcast|newsletter)$/i.test(address)) {
    return refusal(address, "is an id of WhatsApp's apps, which the API does not take", { hint: general });
  }
  const chat = /^\+?(\d+)@(?:s\.whatsapp\.net|c\.us)$/i.exec(address)?.[1];
  if (chat !== undefined)
    return refusal(address, "is an id of WhatsApp's apps", { spelling: `+${chat}`, hint: general });
  const link = /^(?:https?:\/\/)?wa\.me\/\+?(\d+)$/i.exec(address)?.[1];
  if (link !== undefined) return refusal(address, 'is a link', { spelling: `+${link}`, hint: general });
  const userId = userIdIn(address);
  return userId === null ? null : refusal(address, 'is not quite a user id', { spelling: userId });
}

function explainNumber(address: string): KapsoWhatsappError | null {
  if (!number.test(address)) return null;
  const digits = address.replace(/\D/g, '');
  if (digits.startsWith('00')) {
    const spelling = digits.replace(/^00/, '+');
    return refusal(address, 'has 00 in the place of +', { spelling, condition: 'if 00 is what you dial for abroad' });
  }
  if (digits.startsWith('0')) {
    const hint = 'Write + and the country code in the place of the first 0';
    return refusal(address, 'has no + and country code', { hint });
  }
  if (address.startsWith('+')) return null;
  const condition = 'if that begins with the country code';
  return refusal(address, 'has no + and country code', { spelling: `+${digits}`, condition, hint: general });
}

/**
 * Recognises a user id in another case, or with a `+`. After the country part the case matters, so that part must be
 * digits only or have the right case already.
 */
function userIdIn(address: string): string | null {
  const [, country = '', id = ''] = /^\+?([a-z]{2}(?:\.[a-z]{2,8})?)\.([\w-]{1,128})$/i.exec(address) ?? [];
  const right = `${country.toUpperCase()}.${id}`;
  const isCertain = /^\d+$/.test(id) || address === `+${right}`;
  return isCertain && isUserId(right) ? right : null;
}

/** The zeros of the scripts in which numbers are written today: Arabic, Persian, Devanagari, Bengali, Thai, full width. */
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50, 0xff10] as const;

function withAsciiDigits(text: string): string {
  return text.replaceAll('\uff0b', '+').replace(/\p{Nd}/gu, digit => {
    const at = digit.codePointAt(0) ?? 0;
    const zero = zeros.find(first => at >= first && at <= first + 9);
    return zero === undefined ? digit : String(at - zero);
  });
}

/** With two faults no spelling is suggested: the second may change the meaning of the first. */
function spellingOf(address: string): string {
  return nationalZero.test(address) ? '' : address.replace(separators, '');
}

function isAddress(text: string): boolean {
  try {
    return parseRecipient(text).kind !== 'group';
  } catch {
    return false;
  }
}

/** Says what is wrong with an address, and the right spelling where it is an address at all. */
function refusal(
  address: string,
  what: string,
  { spelling, condition, hint }: { spelling?: string; condition?: string; hint?: string } = {},
): KapsoWhatsappError {
  const right = spelling !== undefined && isAddress(spelling) ? `Write it as ${spelling}` : undefined;
  return new KapsoWhatsappError('SEND_RECIPIENT_INVALID', `"${inAscii(address)}" ${what}`, {
    hint: right && condition ? `${right} ${condition}` : (right ?? hint),
  });
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
