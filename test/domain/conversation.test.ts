import { describe, expect, it } from 'vitest';
import { conversationKey, conversationOf } from '../../src/domain/conversation.ts';
import type { Sender } from '../../src/domain/message.ts';

const sender = (known: Partial<Sender>): Sender => ({
  phone: null,
  userId: null,
  name: null,
  username: null,
  ...known,
});
const keyOf = (known: Partial<Sender>, account = '106540352242922', groupId?: string) =>
  conversationKey(conversationOf({ sender: sender(known), ...(groupId && { groupId }) }, account));

describe('a conversation', () => {
  it('is of an account and a contact, and keeps its key for good', () => {
    expect(keyOf({ phone: '15551234567', userId: 'US.1349' })).toBe('106540352242922/+15551234567');
    expect(keyOf({ userId: 'US.aBc' })).toBe('106540352242922/US.aBc');
    expect(keyOf({ phone: '15551234567' }, 'other')).toBe('other/+15551234567');
  });

  it.each([
    ['Brazil', '5511987654321', '551187654321'],
    ['Mexico', '5215512345678', '525512345678'],
    ['Argentina', '5491123456789', '541123456789'],
  ])('is one for both spellings of a mobile number in %s', (_, one, other) => {
    expect(keyOf({ phone: one })).toBe(keyOf({ phone: other }));
    expect(conversationOf({ sender: sender({ phone: one }) }, 'a').address).toBe(`+${one}`);
  });

  it('is another one for ids that differ in case alone, and never that of a phone number', () => {
    const keys = [{ userId: 'US.abc' }, { userId: 'US.aBc' }, { phone: '123' }].map(known => keyOf(known));
    expect(new Set(keys).size).toBe(3);
  });

  it('is, in a group, of the group: all its members share it, and none shares it with what they write alone', () => {
    const [ann, bob] = [{ phone: '15551234567' }, { phone: '15557654321' }];
    expect(keyOf(ann, 'a', 'g1')).toBe('a/group/g1');
    expect(keyOf(bob, 'a', 'g1')).toBe('a/group/g1');
    expect(keyOf(ann, 'a', 'g2')).not.toBe(keyOf(ann, 'a', 'g1'));
    expect(keyOf(ann, 'a')).toBe('a/+15551234567');
    expect(conversationOf({ sender: sender(bob), groupId: 'g1' }, 'a')).toMatchObject({ contact: '+15557654321' });
  });
});
