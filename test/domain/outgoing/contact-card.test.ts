import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contactCards } from '../../../src/domain/outgoing/contact-card.ts';
import { isOurs } from '../../../src/errors.ts';

const card = (...lines: string[]) => ['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n');

test.each<[string, string[], object]>([
  [
    'version 4.0',
    [
      'VERSION:4.0',
      'FN:Ada Lovelace',
      'N:Lovelace;Ada;Augusta;Lady;',
      'TEL;VALUE=uri;TYPE="voice,home":tel:+1-555-1234',
    ],
    {
      name: {
        formatted_name: 'Ada Lovelace',
        first_name: 'Ada',
        last_name: 'Lovelace',
        middle_name: 'Augusta',
        prefix: 'Lady',
      },
      phones: [{ phone: '+1-555-1234', type: 'HOME' }],
    },
  ],
  [
    'version 2.1, quoted-printable over two lines',
    ['VERSION:2.1', 'N;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:M=C3=BC=', 'ller;J=C3=B6rg', 'TEL;WORK;VOICE:1234567'],
    {
      name: { formatted_name: 'Jörg Müller', first_name: 'Jörg', last_name: 'Müller' },
      phones: [{ phone: '1234567', type: 'WORK' }],
    },
  ],
  [
    'a name alone, of which a part is wanted',
    ['FN:Hotel\\, Ltd'],
    { name: { formatted_name: 'Hotel, Ltd', first_name: 'Hotel, Ltd' } },
  ],
  [
    "WhatsApp's own, with groups and labels",
    ['FN:Ada', 'item1.TEL;waid=15551234567:+1 555 123 4567', 'item1.X-ABLabel:Mobile', 'X-WA-BIZ-NAME:Engines'],
    {
      name: { formatted_name: 'Ada', first_name: 'Ada' },
      phones: [{ phone: '+1 555 123 4567', wa_id: '15551234567' }],
    },
  ],
  [
    'an address of several lines, folded, with a birthday in basic form',
    ['FN:Ada', 'ADR;TYPE=WORK:;Floor 2;1\\, Main St;Spring', ' field;IL;62701;USA', 'BDAY:18151210T000000Z', 'EMAIL:'],
    {
      name: { formatted_name: 'Ada', first_name: 'Ada' },
      addresses: [
        { street: '1, Main St, Floor 2', city: 'Springfield', state: 'IL', zip: '62701', country: 'USA', type: 'WORK' },
      ],
      birthday: '1815-12-10',
    },
  ],
  ['a birthday without its year', ['FN:Ada', 'BDAY:--1210'], { name: { formatted_name: 'Ada', first_name: 'Ada' } }],
])('reads a vCard: %s', (_, lines, contact) => {
  expect(contactCards(card(...lines))).toEqual({ kind: 'contacts', contacts: [contact] });
});

test('takes several cards, and at most as many as WhatsApp', () => {
  const cards = (count: number) => card('FN:Ada').repeat(count);
  expect(contactCards(cards(257)).contacts).toHaveLength(257);
  expect(() => contactCards(cards(258))).toThrow('there are 258 contacts');
});

test.each([
  ['a card in a card', `BEGIN:VCARD\n${card('FN:Ada')}END:VCARD`],
  ['words beside it', `Dear Sir\n${card('FN:Ada')}`],
  ['another kind of object', 'BEGIN:VCALENDAR\nEND:VCALENDAR\n'],
  ['nothing', ''],
])('refuses %s', (_, text) => {
  expect(() => contactCards(text)).toThrow('the contact is no vCard');
});

test('no text takes long, or fails in another way than by a sentence', () => {
  const piece = fc.constantFrom(
    'BEGIN:VCARD\n',
    'END:VCARD\n',
    'FN:',
    'TEL;',
    'QUOTED-PRINTABLE:',
    '=',
    '\\',
    ';',
    ' ',
    '\n',
    '"',
    ':',
    'a.',
  );
  const read = (text: string) => {
    try {
      contactCards(text);
    } catch (error) {
      expect(isOurs(error)).toBe(true);
    }
  };
  fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), pieces => read(card(pieces.join('')))));
  for (const part of ['\\', ';', '=\n', ' \n', '"', 'a', ';"', '\n ;']) {
    for (const head of ['FN:', 'N;QUOTED-PRINTABLE:', '', 'TEL;']) {
      const begun = performance.now();
      read(card(`${head}${part.repeat(65_536 / part.length)}`));
      expect([head, part, performance.now() - begun > 500]).toEqual([head, part, false]);
    }
  }
});
