/** Forms in which a sender may stand on the wire, and whether the person is meant whom the lists of the tests name. */

export const listed = '15551234567';
export const listedId = 'US.1000000000000000042';

export interface Form {
  name: string;
  /** Fields of Meta's message. */
  fields: object;
  known: boolean;
}

/** Fills a template, whose `%` stands for the number, or for what the wire has in its place. */
const inFrom = (values: readonly unknown[], known: boolean): Form[] =>
  values.map(value => ({ name: `from ${String(JSON.stringify(value)).slice(0, 60)}`, fields: { from: value }, known }));

const inId = (values: readonly string[]): Form[] =>
  values.map(id => ({
    name: `id ${JSON.stringify(id).slice(0, 60)}`,
    fields: { from: '', from_user_id: id },
    known: false,
  }));

/** The number in digits of another script, named by its zero. */
const inScript = (zero: string, digits: string) =>
  [...digits].map(digit => String.fromCodePoint(Number(zero.codePointAt(0)) + Number(digit))).join('');

const zeros = [
  '\uff10',
  '\u0660',
  '\u06f0',
  '\u0966',
  '\u09e6',
  '\u0e50',
  '\u17e0',
  '\u{1d7ce}',
  '\u{1d7d8}',
  '\u{1d7ec}',
];
const invisible = [
  '\u200b',
  '\u200c',
  '\u200e',
  '\u202e',
  '\u2066',
  '\u00ad',
  '\u0000',
  '\u001b',
  '\u007f',
  '\ufe0f',
  '\u{e0031}',
];
const blanks = [' ', '  ', '-', '.', '(', ')', '\u00a0', '\u2009', '\u3000', '\t'];
const wrappings = [
  'tel:%',
  'whatsapp:%',
  'wa:%',
  'sms:%',
  'sip:%',
  'https://wa.me/%',
  'user.%',
  'US.%',
  '+user.%',
  '"%"',
  "'%'",
];
const prefixes = ['0%', '00%', '011%', '+0%', '*%', '#%', '++%', '+-%+', '%+', '&%', '=%', 'a%'];
const suffixes = [
  '@s.whatsapp.net',
  '@c.us',
  '@lid',
  '@g.us',
  ':1@s.whatsapp.net',
  '@broadcast',
  ';ext=1',
  ',15550000000',
];
const endings = [
  'x',
  '%00',
  '?',
  '/',
  '\\',
  '/15550000000',
  '|15550000000',
  ';15550000000',
  '\n15550000000',
  '\r\n15550000000',
];
const likeOne = ['l', 'I', '|', '\u0131', '\u2460', '\u00b9', '\u2081', '\u0406', '\u4e00'];
const likeFive = ['S', '\u0455', '\u2464', '\u2075', '\u2085', '\u01bd'];

const numbers: Form[] = [
  // The same digits, as Meta, Kapso or a JSON number write them. Only digits count.
  ...inFrom(
    [listed, `+${listed}`, Number(listed), -Number(listed), '1 555 123 4567', '+1 (555) 123-4567', '1.555.123.4567'],
    true,
  ),
  ...inFrom(
    blanks.map(blank => `1${blank}5551234567`),
    true,
  ),
  // Nobody.
  ...inFrom(['', ' ', '+', '-', '()', '. .', '0', '00', '\u200b', '%', 'null', 'undefined', 'NaN'], false),
  ...inFrom([null, undefined, true, false, 0, [], {}, [listed], { phone: listed }, { toString: listed }], false),
  ...inFrom([Number(listed) / 10, 1e21, Number(listed) * 1e5], false),
  // Other numbers, however near.
  ...inFrom(
    Array.from(listed, (_, at) => listed.slice(0, at) + listed.slice(at + 1)).filter(one => one !== listed),
    false,
  ),
  ...inFrom(
    Array.from(listed, (digit, at) => `${listed.slice(0, at)}${(Number(digit) + 1) % 10}${listed.slice(at + 1)}`),
    false,
  ),
  ...inFrom(
    Array.from('0123456789', digit => listed + digit),
    false,
  ),
  ...inFrom(
    Array.from('23456789', digit => digit + listed),
    false,
  ),
  ...inFrom(
    [listed + listed, `${listed} 15550000000`, '9'.repeat(15), listed.repeat(100_000), 'x'.repeat(1_000_000)],
    false,
  ),
  // Forms that the wire does not have.
  ...inFrom(
    [...wrappings, ...prefixes].map(form => form.replace('%', () => listed)),
    false,
  ),
  ...inFrom(
    wrappings.map(form => form.replace('%', () => `+${listed}`)),
    false,
  ),
  ...inFrom(
    [...suffixes, ...endings].map(end => listed + end),
    false,
  ),
  ...inFrom(
    zeros.map(zero => inScript(zero, listed)),
    false,
  ),
  ...inFrom(
    zeros.map(zero => inScript(zero, '1') + listed.slice(1)),
    false,
  ),
  ...inFrom(
    invisible.flatMap(one => [`1${one}5551234567`, `${listed}${one}`, `${one}${listed}`]),
    false,
  ),
  ...inFrom(
    likeOne.map(like => like + listed.slice(1)),
    false,
  ),
  ...inFrom(
    likeFive.map(like => listed.replace('5', like)),
    false,
  ),
  ...inFrom(
    ['1.5551234567e10', '0x39ef5e187', '1_555_123_4567', "1'555'123'4567", '1,555,123,4567', '\\u0031 5551234567'],
    false,
  ),
];

const ids: Form[] = [
  { name: 'the id alone', fields: { from: '', from_user_id: listedId }, known: true },
  { name: 'the id in from', fields: { from: listedId }, known: true },
  { name: 'the id beside another number', fields: { from: '15550000000', from_user_id: listedId }, known: true },
  { name: 'the number beside another id', fields: { from: listed, from_user_id: 'US.1' }, known: true },
  ...inId([
    listedId.toLowerCase(),
    `${listedId}0`,
    listedId.slice(0, -1),
    `US.ENT.${listedId.slice(3)}`,
    `GB${listedId.slice(2)}`,
  ]),
  ...inId([
    listedId.replace('.', '\u2024'),
    `user.${listed}`,
    `U\u0405.${listedId.slice(3)}`,
    `US.${listed}`,
    'US.',
    'user.',
  ]),
  ...inId([
    `${listedId}\u200b`,
    `\u200e${listedId}`,
    listedId.replace('US', '\uff35\uff33'),
    listedId.repeat(50),
    `${listedId}@lid`,
  ]),
  ...inId([
    `${listedId},US.1`,
    `US.1 ${listedId}`,
    `${listedId}\u0000`,
    inScript('\uff10', listedId.slice(3)),
    `+${listed}`,
  ]),
];

/** What a sender chooses, or what the message only mentions. */
const mentions: Form[] = [listed, `+${listed}`, listedId].flatMap(one =>
  [
    { profile: { name: one } },
    { username: one },
    { text: { body: `From: ${one}` } },
    { context: { from: one, id: 'wamid.0' } },
    { contacts: [{ wa_id: one, profile: { name: one } }] },
    { name: one },
    { sender: one },
    { to: one },
    { type: 'contacts', contacts: [{ phones: [{ wa_id: one, phone: one }] }] },
  ].map(fields => ({ name: JSON.stringify(fields), fields: { from: '15550000000', ...fields }, known: false })),
);

export const forms: readonly Form[] = [...numbers, ...ids, ...mentions];
