import { describe, expect, it } from 'vitest';
import { conversationKey, conversationOf, fileUnder } from '../../src/domain/conversation.ts';

const keyOf = (key: string, account = '106540352242922', group: string | null = null) =>
  conversationKey(conversationOf({ account, key, origin: key }, group));

describe('a conversation', () => {
  it('is of an account and a contact, and keeps its key for good', () => {
    expect(keyOf('+15551234567')).toBe('106540352242922/+15551234567');
    expect(keyOf('US.aBc')).toBe('106540352242922/US.aBc');
    expect(keyOf('+15551234567', 'other')).toBe('other/+15551234567');
  });

  it('is, in a group, of the group: all its members share it, and none shares it with what they write alone', () => {
    const [ann, bob] = ['+15551234567', '+15557654321'];
    expect(keyOf(ann, 'a', 'g1')).toBe('a/group/g1');
    expect(keyOf(bob, 'a', 'g1')).toBe('a/group/g1');
    expect(keyOf(ann, 'a', 'g2')).not.toBe(keyOf(ann, 'a', 'g1'));
    expect(keyOf(ann, 'a')).toBe('a/+15551234567');
    expect(conversationOf({ account: 'a', key: bob, origin: bob }, 'g1')).toMatchObject({ contact: bob });
  });
});

it('is filed under its contact, with the session that is named by the address of old', () => {
  const contact = { account: 'a', key: '+554788887777', origin: '+5547988887777' };
  const filing = fileUnder(conversationOf(contact, null), ({ origin }) => ({ key: `s:${origin}`, of: 'conversation' }));
  const conversation = 'a/+554788887777';
  expect(filing).toEqual({ lane: conversation, contact: contact.key, conversation, session: 's:+5547988887777' });
});
