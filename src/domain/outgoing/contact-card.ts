import type { ContactsContent } from '../content.ts';
import { invalid } from './invalid.ts';
import { type Property, partsOf, plain, readVcards } from './vcard.ts';

/** One message takes no more (WhatsApp Cloud API, "Contacts messages"). */
const mostCards = 257;

/**
 * Makes contact cards of vCards. What WhatsApp has no place for is left out: pictures, notes and the like. Throws
 * SEND_CONTENT_INVALID.
 */
export function contactCards(text: string): ContactsContent {
  const cards = readVcards(text);
  if (cards === null || cards.length === 0) {
    throw invalid('the contact is no vCard', 'A vCard begins with BEGIN:VCARD and ends with END:VCARD');
  }
  if (cards.length > mostCards)
    throw invalid(`there are ${cards.length} contacts`, `WhatsApp takes at most ${mostCards}`);
  return { kind: 'contacts', contacts: cards.map((card, at) => contactOf(card, at + 1)) };
}

function contactOf(card: readonly Property[], number: number): object {
  const all = (name: string) => card.filter(property => property.name === name && plain(property.value) !== '');
  const one = (name: string) => all(name)[0]?.value ?? '';
  const list = <T>(name: string, read: (property: Property) => T) => all(name).map(read);
  const [company = '', department = ''] = partsOf(one('ORG'));
  const org = filled({ company, department, title: plain(one('TITLE')) });
  return filled({
    name: nameOf(partsOf(one('N')), plain(one('FN')), number),
    phones: list('TEL', ({ value, types, waId }) => {
      const phone = plain(value).replace(/^tel:/i, '');
      return filled({ phone, type: typeOf(types, phoneTypes), wa_id: waId ?? '' });
    }),
    emails: list('EMAIL', ({ value, types }) => filled({ email: plain(value), type: typeOf(types, placeTypes) })),
    urls: list('URL', ({ value, types }) => filled({ url: plain(value), type: typeOf(types, placeTypes) })),
    addresses: list('ADR', ({ value, types }) => addressOf(partsOf(value), types)),
    ...(Object.keys(org).length > 0 && { org }),
    birthday: birthdayOf(plain(one('BDAY'))),
  });
}

/** WhatsApp wants the whole name and at least one of its parts. */
function nameOf(parts: readonly string[], formatted: string, number: number): object {
  const [last_name = '', first_name = '', middle_name = '', prefix = '', suffix = ''] = parts;
  const whole = formatted || [prefix, first_name, middle_name, last_name, suffix].filter(Boolean).join(' ');
  if (whole === '') throw invalid(`contact ${number} has no name`, 'A vCard has it as FN:Ada Lovelace');
  const known = filled({ first_name, last_name, middle_name, prefix, suffix });
  return { formatted_name: whole, ...(Object.keys(known).length > 0 ? known : { first_name: whole }) };
}

const phoneTypes = ['CELL', 'MAIN', 'IPHONE', 'WORK', 'HOME'] as const;
const placeTypes = ['WORK', 'HOME'] as const;

function typeOf(types: readonly string[], known: readonly string[]): string {
  return known.find(type => types.includes(type)) ?? '';
}

function addressOf(parts: readonly string[], types: readonly string[]): object {
  const [box = '', extended = '', street = '', city = '', state = '', zip = '', country = ''] = parts;
  const lines = [street, extended, box].filter(Boolean).join(', ');
  return filled({ street: lines, city, state, zip, country, type: typeOf(types, placeTypes) });
}

/** WhatsApp takes whole dates only. A vCard may leave the year out, or have a time. */
function birthdayOf(date: string): string {
  const [, year, month, day] = /^(\d{4})-?(\d{2})-?(\d{2})(?:T|$)/.exec(date) ?? [];
  return year === undefined ? '' : `${year}-${month}-${day}`;
}

/** The fields that have a value. */
function filled(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isFilled = (value: unknown) => value !== '' && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isFilled(value)));
}
