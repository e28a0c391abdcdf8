import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseWebhook } from '../../../src/kapso/inbound/normalise.ts';
import { phoneNumberId } from '../samples.ts';

const context = { phoneNumberId, now: Date.UTC(2026, 10, 22) };
type Contact = { wa_id?: string; user_id?: string; profile: { name: string } };
type Message = { from?: string; from_user_id?: string };

const payload = (messages: readonly object[], contacts: readonly unknown[]) => ({
  object: 'whatsapp_business_account',
  entry: [
    { changes: [{ field: 'messages', value: { metadata: { phone_number_id: phoneNumberId }, messages, contacts } }] },
  ],
});
const messageOf = (message: Message, at = 0) => ({
  id: `wamid.${at}`,
  timestamp: '1795000000',
  type: 'text',
  text: { body: 'hello' },
  ...message,
});
const nameOf = (message: Message, contacts: readonly unknown[]) => {
  const [read] = normaliseWebhook(payload([messageOf(message)], contacts), {}, context);
  return read?.kind === 'message' ? read.message.sender.name : null;
};
const contact = (name: string, ids: Omit<Contact, 'profile'>): Contact => ({ ...ids, profile: { name } });

describe("the sender's own entry in Meta's contacts", () => {
  test.each<[string, Message, unknown[], string | null]>([
    [
      'by the number',
      { from: '15550001' },
      [contact('B', { wa_id: '15550002' }), contact('A', { wa_id: '15550001' })],
      'A',
    ],
    ['by another spelling', { from: '5491123456789' }, [contact('A', { wa_id: '541123456789' })], 'A'],
    [
      'the first of two',
      { from: '15550001' },
      [contact('A', { wa_id: '15550001' }), contact('B', { wa_id: '15550001' })],
      'A',
    ],
    [
      'by the user id',
      { from: '', from_user_id: 'US.1' },
      [contact('B', { user_id: 'US.2' }), contact('A', { user_id: 'US.1' })],
      'A',
    ],
    [
      'never by the id where the number is another',
      { from: '15550001', from_user_id: 'US.1' },
      [contact('B', { wa_id: '15550002', user_id: 'US.1' }), contact('C', { wa_id: '15550003' })],
      null,
    ],
    [
      'by the id where the entry has no number',
      { from: '15550001', from_user_id: 'US.1' },
      [contact('B', { wa_id: '15550002' }), contact('A', { wa_id: '', user_id: 'US.1' })],
      'A',
    ],
    ['not a single one of somebody else', { from: '15550001' }, [contact('B', { wa_id: '15550002' })], null],
    ['not a damaged one', { from: '15550001' }, [null, 'x', [], contact('A', { wa_id: '15550001' })], 'A'],
  ])('is found %s', (_, message, contacts, name) => {
    expect(nameOf(message, contacts)).toBe(name);
  });

  test('is the first that fits, as one after the other would be looked at', () => {
    const ids = fc.record({
      wa_id: fc.constantFrom('', '15550001', '15550002', '5491123456789', '541123456789'),
      user_id: fc.constantFrom('', 'US.1', 'US.2'),
    });
    const from = fc.record({
      from: fc.constantFrom('15550001', '541123456789', ''),
      from_user_id: fc.constantFrom('', 'US.1', 'US.2'),
    });
    const same = (one: string, other: string) => one.replace(/^549/, '54') === other.replace(/^549/, '54');
    fc.assert(
      fc.property(from, fc.array(ids, { minLength: 2, maxLength: 6 }), (message, list) => {
        fc.pre(message.from !== '' || message.from_user_id !== '');
        const fits = list.findIndex(one =>
          message.from !== '' && one.wa_id !== ''
            ? same(message.from, one.wa_id)
            : message.from_user_id !== '' && one.user_id === message.from_user_id,
        );
        const contacts = list.map((one, at) => contact(`N${at}`, one));
        expect(nameOf(message, contacts)).toBe(fits < 0 ? null : `N${fits}`);
      }),
      { numRuns: 2000 },
    );
  });
});

test('a body of thousands of messages and contacts looks at each contact a few times, not once for each message', () => {
  let looks = 0;
  const people = Array.from({ length: 2000 }, (_, at) => String(15_550_000_000 + at));
  const contacts = people.map(phone => ({
    get wa_id() {
      looks += 1;
      return phone;
    },
    profile: { name: phone },
  }));
  const read = normaliseWebhook(
    payload(
      people.map((from, at) => messageOf({ from }, at)),
      contacts,
    ),
    {},
    context,
  );
  expect(read.map(one => (one.kind === 'message' ? one.message.sender.name : one))).toEqual(people);
  expect(looks).toBeLessThan(10 * people.length);
});
