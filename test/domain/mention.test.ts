import { describe, expect, it, test } from 'vitest';
import { mentions } from '../../src/domain/mention.ts';
import type { InboundMessage } from '../../src/domain/message.ts';

const message = (text: string, annotations?: number): InboundMessage => ({
  id: 'wamid.1',
  account: '106540352242922',
  sender: { phone: '15551234567', userId: null, name: 'Ada bot', username: 'Ada' },
  conversationId: null,
  timestamp: 0,
  type: 'text',
  text,
  media: null,
  groupId: 'G1',
  ...(annotations !== undefined && { annotations }),
});
const own = { names: ['Ada', 'the bot', 'Übersicht', '小助手', 'C++'], phone: '5491123456789' };
const named = (text: string, names: readonly string[] = own.names) => mentions(message(text), { ...own, names });

describe('a name', () => {
  it.each([
    'Ada, are you there?',
    'hi @ada',
    'ADA!',
    '@\u2068Ada\u2069 hello',
    'A\u200bda',
    'Ａｄａ',
    'ask The  Bot please',
    'übersicht?',
    'U\u0308bersicht',
    'a\nada',
    '请小助手回答',
    'use C++ now',
    'Adam and Ada',
  ])('is found as a whole word, in any case and form: %j', text => {
    expect(named(text)).toBe(true);
  });

  it.each(['Adam', 'nada', 'Ada_1', 'Ada2', 'Adá', 'thebot', 'the robot', 'C+', '', 'Adä'])(
    'is not found in other words: %j',
    text => {
      expect(named(text)).toBe(false);
    },
  );

  test('of nothing visible is found nowhere', () => {
    for (const name of ['', ' ', '\u200b']) expect(named('anything \u200b', [name])).toBe(false);
  });

  test('counts in what the sender wrote, not in what the bridge says of it', () => {
    expect(mentions(message('[in reply to message wamid.ada]\nhi', 1), own)).toBe(false);
    expect(mentions(message('[in reply to message wamid.x]\nhi Ada', 1), own)).toBe(true);
  });
});

describe('the number', () => {
  it.each([
    '@5491123456789 hi',
    '+54 9 11 2345-6789',
    'call 541123456789',
    '(+54) 9.11.2345.6789!',
    '2 for @5491123456789 3',
  ])('is found in any spelling: %j', text => {
    expect(named(text)).toBe(true);
  });

  it.each(['@5491123456780', '15491123456789', '54911234567891', '9 1123 456789', '2345-6789'])(
    'is no other one: %j',
    text => {
      expect(named(text)).toBe(false);
    },
  );

  test('that is not known is found nowhere', () => {
    expect(mentions(message('@5491123456789'), { names: [], phone: null })).toBe(false);
  });
});

test.each(['1', '1 ', 'ada_', 'a', '小', '\u200b', '\u0301', '\u0301\u0316', '\uff9e\u0301\u0316', '\uff9f\uff9e'])(
  'a million characters take no long time: %j',
  unit => {
    const text = unit.repeat(1_000_000 / unit.length);
    const begun = performance.now();
    mentions(message(text), { names: ['ada', 'aaaaaaaaab', '小a'], phone: '15550100200' });
    expect(performance.now() - begun).toBeLessThan(3000);
  },
);
