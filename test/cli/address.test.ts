import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAddress, readGroup } from '../../src/cli/address.ts';
import { isOurs } from '../../src/errors.ts';

describe('readAddress', () => {
  test.each([
    ['+15551234567', '+15551234567'],
    [' +49 151 1234-5678 ', '+4915112345678'],
    ['+1 (555) 123.4567', '+15551234567'],
    ['+49\u00a0151\u202f12345678', '+4915112345678'],
    ['tel:+32-470-55-66-77', '+32470556677'],
    ['whatsapp:+32470556677', '+32470556677'],
    ['WhatsApp:+32 470 556677', '+32470556677'],
    ['US.13491208655302741918', 'US.13491208655302741918'],
    ['US.ENT.11815799212886844830', 'US.ENT.11815799212886844830'],
    ['user.1f3c0de5', 'user.1f3c0de5'],
  ])('reads %j as %s', (given, address) => {
    expect(readAddress(given)).toBe(address);
  });

  const refused = (given: string): { message: string; hint: string | undefined } => {
    try {
      return expect.fail(`taken for ${readAddress(given)}`);
    } catch (error) {
      if (isOurs(error)) return error;
      throw error;
    }
  };

  test.each([
    '',
    '+',
    '++15551234567',
    '+1555123456a',
    '+15551234567;+4915112345678',
    '+15551234567 x',
    '+1/5551234567',
    '🇩🇪',
    'Ada (+15551234567)',
    'tel:+32470556677;ext=5',
    '+0',
    '+1234567890123456',
    '᠐᠑᠒᠓᠔᠕᠖᠗',
  ])('refuses %j and names no other', given => {
    const { message, hint } = refused(given);
    expect(message + hint).not.toMatch(/Write it as/);
  });

  test.each([
    ['32470556677', '+32470556677 if that begins with the country code'],
    ['whatsapp:32470556677', '+32470556677 if that begins with the country code'],
    ['0032 470 55 66 77', '+32470556677 if 00 is what you dial for abroad'],
    ['+0032 470 55 66 77', '+32470556677 if 00 is what you dial for abroad'],
    ['+49 (0)151 12345678', '+4915112345678'],
    ['+49 ( 0 ) 151 12345678', '+4915112345678'],
    ['32470556677@s.whatsapp.net', '+32470556677'],
    ['32470556677@c.us', '+32470556677'],
    ['https://wa.me/32470556677', '+32470556677'],
    ['+32470556677\u200f', '+32470556677'],
    ['\u202a+32 470 556677\u202c', '+32470556677'],
    ['+32\u200b470556677', '+32470556677'],
    ['＋３２４７０５５６６７７', '+32470556677'],
    ['+٣٢٤٧٠٥٥٦٦٧٧', '+32470556677'],
    ['+३२४७०५५६६७७', '+32470556677'],
    ['us.7000000000000000009', 'US.7000000000000000009'],
    ['us.ent.500000000000042', 'US.ENT.500000000000042'],
    ['+US.7000000000000000009', 'US.7000000000000000009'],
    ['+US.aBc', 'US.aBc'],
  ])('refuses %j and names the right spelling', (given, spelling) => {
    expect(refused(given).hint).toBe(`Write it as ${spelling}`);
  });

  test.each([
    ['0151 12345678', /no \+ and country code/],
    ['+0151 12345678', /no \+ and country code/],
    ['120363055500000000@g.us', /group/],
    ['12036305550@lid', /id of WhatsApp's apps/],
    ['us.aBc', /not a WhatsApp address/],
    ['+49 (0)151 12345678\u200f', /invisible character/],
    ['+\u202e77665507423', /invisible character \(U\+202E\)/],
    ['+32470556677\u200f', /invisible character \(U\+200F\)/],
  ])('says what is wrong with %j, and guesses nothing', (given, message) => {
    const error = refused(given);
    expect(error.message).toMatch(message);
    if (given !== '+32470556677\u200f') expect(error.hint ?? '').not.toMatch(/Write it as/);
  });
});

test('an address that is taken, or named as the right one, has the digits that were given and no others', () => {
  const pieces = [
    '+',
    '00',
    '0',
    '(0)',
    '32',
    '470556677',
    ' ',
    '-',
    '.',
    '(',
    ')',
    '/',
    '\u200f',
    '\u202e',
    '٣',
    '３',
    'tel:',
    'whatsapp:',
    '@c.us',
    '@g.us',
    'US.',
    'us.',
    'x',
  ];
  const address = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 8 }).map(parts => parts.join(''));
  const digitsOf = (text: string) => text.replaceAll('٣', '3').replaceAll('３', '3').replace(/\D/g, '');
  fc.assert(
    fc.property(address, given => {
      let taken: string | undefined;
      try {
        taken = readAddress(given);
        expect(digitsOf(taken)).toBe(digitsOf(given));
      } catch (error) {
        if (!isOurs(error)) throw error;
        taken = /Write it as (\S+)/.exec(error.hint ?? '')?.[1];
        if (taken?.startsWith('+'))
          expect(digitsOf(given.replaceAll('(0)', '')).replace(/^00/, '')).toBe(digitsOf(taken));
      }
      if (taken !== undefined) expect(readAddress(taken)).toBe(taken);
      if (given.includes('\u202e')) expect(taken).toBeUndefined();
    }),
    { numRuns: 5000 },
  );
});

describe('readGroup', () => {
  test('reads the id of a group, and gives its address', () => {
    expect(readGroup(' Y2FwaV9ncm91cDox== ')).toBe('group:Y2FwaV9ncm91cDox==');
  });

  test.each(['+15551234567', '15551234567', '+1 555 123-4567', 'US.1349', '', 'a b', 'group:G1'])(
    'refuses %j: it is no group’s, or a person’s',
    given => {
      expect(() => readGroup(given)).toThrow(expect.objectContaining({ code: 'SEND_RECIPIENT_INVALID' }));
    },
  );

  test('a group is not written to with --to', () => {
    for (const given of ['group:G1', '120363404694233820@g.us']) {
      expect(() => readAddress(given)).toThrow(expect.objectContaining({ hint: expect.stringContaining('--group') }));
    }
  });
});
