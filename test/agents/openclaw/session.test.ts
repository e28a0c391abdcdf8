import { expect, it } from 'vitest';
import { createSessionFor, createSessionsOf } from '../../../src/agents/openclaw/session.ts';
import { conversationOf, fileUnder } from '../../../src/domain/conversation.ts';
import { firstIdentity, identitiesOf } from '../../../src/domain/identity.ts';
import type { Sender } from '../../../src/domain/message.ts';
import { plainRoute } from '../../../src/domain/route.ts';

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

it('is in a group the group’s own, of all its members, whatever is laid down for the writer', () => {
  const key = 'agent:main:kapso:group:g1';
  const shared = createSessionFor({ agent: 'main', session: 'shared', sharedSession: 'WhatsApp' });
  for (const phone of ['15551234567', '15557654321']) {
    for (const sessionFor of [perSender, shared]) {
      expect(sessionFor(from({ phone }, 'g1'), { agent: 'sales', session: 'team' })).toEqual({
        key,
        of: 'conversation',
      });
    }
  }
});

it('is another one for a group whose id differs in case alone', () => {
  const keys = ['g1.a', 'G1.a', 'g1.A', 'G1.A'].map(id => perSender(from({ phone: '15551234567' }, id)).key);
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) expect(key).toBe(key.toLowerCase());
});

const ann = from({ phone: '15551234567' });

it('is of the agent, and under the name, that an operator has laid down for a contact', () => {
  expect(perSender(ann, { agent: 'Sales', session: null })).toEqual({
    key: 'agent:sales:kapso:direct:+15551234567',
    of: 'conversation',
  });
  expect(perSender(ann, { agent: null, session: 'kapso:family' })).toEqual({
    key: 'agent:main:kapso:family',
    of: { name: 'main/kapso:family' },
  });
  expect(perSender(ann, { agent: 'sales', session: 'kapso:family' })).toEqual({
    key: 'agent:sales:kapso:family',
    of: { name: 'sales/kapso:family' },
  });
});

it('is one for all where the configuration says so', () => {
  const shared = createSessionFor({ agent: 'main', session: 'shared', sharedSession: 'WhatsApp' });
  expect(shared(from({ phone: '15551234567' }))).toEqual({ key: 'agent:main:whatsapp', of: 'account' });
});

it('has one lane, whatever way leads to it', () => {
  const agents = [null, 'main', 'Main', 'sales'];
  const sessions = [null, 'kapso:shared', 'kapso:family'];
  const people = [ann, from({ userId: 'US.1' }), from({ userId: 'US.1' }, 'g1'), from({ phone: '15551234567' }, 'G1')];
  for (const session of ['per-sender', 'shared'] as const) {
    const sessionFor = createSessionFor({ agent: 'main', session, sharedSession: 'kapso:shared' });
    const filed = people.flatMap(one =>
      agents.flatMap(agent =>
        sessions.map(name => fileUnder(one, sessionFor, { ...plainRoute, agent, session: name })),
      ),
    );
    const lanesOf = Map.groupBy(filed, one => one.session);
    for (const [key, found] of lanesOf) expect(new Set(found.map(one => one.lane)).size, key).toBe(1);
  }
});

it('has the number in its name where several numbers may have the same agent, and never the session of another', () => {
  const numbered = { agent: 'main', session: 'per-sender', sharedSession: 'kapso:shared', numbered: true } as const;
  const sessionFor = createSessionsOf(account => ({ ...numbered, numbered: account !== '1' }));
  const ofNumber = (account: string, group: string | null = null) => ({ ...ann, account, group });
  expect(sessionFor(ofNumber('1'))).toEqual({ key: 'agent:main:kapso:direct:+15551234567', of: 'conversation' });
  expect(sessionFor(ofNumber('2'))).toEqual({ key: 'agent:main:kapso:2:direct:+15551234567', of: 'conversation' });
  expect(sessionFor(ofNumber('2', 'g1')).key).toBe('agent:main:kapso:2:group:g1');
  const named = { agent: null, session: 'kapso:family' };
  expect(['1', '2', '3'].map(account => sessionFor(ofNumber(account), named).key)).toEqual([
    'agent:main:kapso:family',
    'agent:main:kapso:family:2',
    'agent:main:kapso:family:3',
  ]);
  const shared = createSessionsOf(account => ({ ...numbered, session: 'shared', numbered: account !== '1' }));
  expect(['1', '2'].map(account => shared(ofNumber(account)))).toEqual([
    { key: 'agent:main:kapso:shared', of: 'account' },
    { key: 'agent:main:kapso:shared:2', of: 'account' },
  ]);
});
