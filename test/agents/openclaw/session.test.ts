import { expect, it } from 'vitest';
import { createSessionFor } from '../../../src/agents/openclaw/session.ts';
import { conversationOf } from '../../../src/domain/conversation.ts';
import { firstIdentity, identitiesOf } from '../../../src/domain/identity.ts';
import type { Sender } from '../../../src/domain/message.ts';

const from = (known: Partial<Sender>, group: string | null = null) => {
  const { key, address: origin } = firstIdentity(identitiesOf({ phone: null, userId: null, ...known }));
  return conversationOf({ account: '106540352242922', key, origin }, group);
};
const perSender = createSessionFor({ agent: 'Main', session: 'per-sender', sharedSession: 'WhatsApp' });
const keyOf = (sender: Partial<Sender>) => perSender(from(sender)).key;

it('is one for each sender, under a key in lower case, as the gateway keeps it', () => {
  expect(keyOf({ phone: '15551234567', userId: 'US.1' })).toBe('agent:main:kapso:direct:+15551234567');
  expect(keyOf({ userId: 'US.ENT.1349' })).toBe('agent:main:kapso:direct:us.ent.1349');
  expect(keyOf({ userId: 'user.0af3' })).toBe('agent:main:kapso:direct:user.0af3');
});

it('is another one for an id that differs in case alone', () => {
  const keys = ['US.abc', 'US.aBc', 'US.ABC', 'US.ENT.abc', 'US.ENT.Abc'].map(userId => keyOf({ userId }));
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) expect(key).toBe(key.toLowerCase());
  expect(keyOf({ userId: 'US.aBc' })).toBe(keys[1]);
});

it('keeps the number as it is written: an agent remembers whom it talked to before numbers had one form', () => {
  expect(keyOf({ phone: '5491123456789' })).toBe('agent:main:kapso:direct:+5491123456789');
});

it('is another one for another person who has the number by now', () => {
  const later = { account: '106540352242922', key: '+15551234567~2', origin: '+15551234567~2' };
  expect(perSender(conversationOf(later, null)).key).toBe('agent:main:kapso:direct:+15551234567~2');
});

it('is the same in a group as alone, and says so', () => {
  const ann = { phone: '15551234567' };
  expect(perSender(from(ann, 'g1'))).toEqual(perSender(from(ann)));
  expect(perSender(from(ann)).of).toBe('contact');
});

it('is one for all where the configuration says so', () => {
  const shared = createSessionFor({ agent: 'main', session: 'shared', sharedSession: 'WhatsApp' });
  expect(shared(from({ phone: '15551234567' }))).toEqual({ key: 'agent:main:whatsapp', of: 'account' });
});
