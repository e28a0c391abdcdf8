import { expect, it } from 'vitest';
import { createSessions } from '../../../src/agents/openclaw/session.ts';
import type { InboundMessage, Sender } from '../../../src/domain/message.ts';

const from = (sender: Partial<Sender>): InboundMessage => ({
  id: 'wamid.1',
  sender: { phone: null, userId: null, name: null, username: null, ...sender },
  conversationId: null,
  timestamp: 0,
  type: 'text',
  text: 'hello',
  media: null,
});
const sessions = createSessions({ agent: 'Main', session: 'per-sender', sharedSession: 'WhatsApp' });
const keyOf = (sender: Partial<Sender>) => sessions.key(from(sender));

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

it('is one for all where the configuration says so', () => {
  const shared = createSessions({ agent: 'main', session: 'shared', sharedSession: 'WhatsApp' });
  expect(shared.key(from({ phone: '15551234567' }))).toBe('agent:main:whatsapp');
});
