import { expect, test } from 'vitest';
import {
  alternativeDigits,
  canonicalDigits,
  groupAddress,
  groupOf,
  parseRecipient,
  recipientKey,
} from '../../src/domain/recipient.ts';
import { KapsoWhatsappError } from '../../src/errors.ts';
import { createServerClock } from '../../src/kapso/http/server-clock.ts';

test.each([
  ['+15550104477', { kind: 'phone', to: '+15550104477', digits: '15550104477' }],
  ['US.1349', { kind: 'user', userId: 'US.1349' }],
  ['US.ENT.500000000000042', { kind: 'user', userId: 'US.ENT.500000000000042' }],
  ['user.0a1b', { kind: 'user', userId: 'user.0a1b' }],
  ['group:Y2FwaV9ncm91cDox==', { kind: 'group', groupId: 'Y2FwaV9ncm91cDox==' }],
  ['group:120363404694233820@g.us', { kind: 'group', groupId: '120363404694233820@g.us' }],
])('%s is an address', (to, expected) => {
  expect(parseRecipient(to)).toEqual(expected);
});

test.each(['15550104477', '+1 555', '+0123456789', '+1555010447712345', '', '+', 'US.', 'group', '+15550104477\n'])(
  '%j is none',
  to => {
    expect(() => parseRecipient(to)).toThrow(KapsoWhatsappError);
  },
);

test.each([
  '',
  ' ',
  '15550104477',
  '+15550104477',
  '1555-010.4477',
  'US.1349',
  'user.0a1b',
  'group:G1',
  'G 1',
  'G\n',
  '-G',
  'Ｇ1',
  'g'.repeat(129),
])('what is no id of a group, or may be a person’s address, is no address of a group: %j', id => {
  expect(groupOf(groupAddress(id))).toBeNull();
  expect(() => parseRecipient(groupAddress(id))).toThrow(KapsoWhatsappError);
});

test('a group and a person are never one recipient', () => {
  const keys = ['+15550104477', 'US.1349', 'group:G1', 'group:g1'].map(to => recipientKey(parseRecipient(to)));
  expect(new Set(keys).size).toBe(4);
});

test.each([
  ['5491155501234', '541155501234'],
  ['541155501234', '5491155501234'],
  ['5215512345678', '525512345678'],
  ['525512345678', '5215512345678'],
  ['5547988887777', '554788887777'],
  ['554788887777', '5547988887777'],
  ['5511987654321', '551187654321'],
  ['5511999999999', '551199999999'],
  ['551199999999', '5511999999999'],
  ['551133334444', null], // a landline
  ['5511933334444', null], // a mobile number; without its 9 it is somebody's landline
  ['551177778888', null], // of a kind that never got the ninth digit
  ['5511977778888', null],
  ['552088887777', null], // there is no area code 20
  ['55118888777', null],
  ['55119888877771', null],
  ['15550104477', null],
  ['5511912345678', null],
  ['54911555012345', null],
])('the other form of %s is %s', (digits, other) => {
  expect(alternativeDigits(digits)).toBe(other);
});

test.each([
  ['5491155501234', '541155501234'],
  ['5215512345678', '525512345678'],
  ['5511987654321', '551187654321'],
  ['551187654321', '551187654321'],
  ['5511933334444', '5511933334444'],
  ['5547912345678', '554712345678'], // nobody's landline begins with 1
  ['5511977778888', '551177778888'],
  ['15550104477', '15550104477'],
])('%s compares as %s', (digits, canonical) => {
  expect(canonicalDigits(digits)).toBe(canonical);
});

test('the server’s clock is bounded by each Date header, and by all of them together', () => {
  const clock = createServerClock();
  expect(clock.known).toBe(false);
  clock.observe({ serverTime: 100_000, sentAt: 40_000, receivedAt: 40_200 });
  expect(clock.earliest(40_000)).toBe(99_800);
  clock.observe({ serverTime: 101_000, sentAt: 40_350, receivedAt: 40_400 });
  expect(clock.earliest(40_000)).toBe(100_600);
});

test('a clock that was set is learnt anew', () => {
  const clock = createServerClock();
  clock.observe({ serverTime: 100_000, sentAt: 40_000, receivedAt: 40_200 });
  clock.observe({ serverTime: 200_000, sentAt: 41_000, receivedAt: 41_100 });
  expect(clock.earliest(41_000)).toBe(199_900);
});
