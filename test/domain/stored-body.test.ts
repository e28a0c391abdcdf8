import { describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../src/domain/message.ts';
import { readBody, writeBody, writeUnreadable } from '../../src/domain/stored-body.ts';

const message: InboundMessage = {
  id: 'wamid.1',
  account: '106540352242922',
  sender: { phone: '15551234567', userId: null, name: 'Ann', username: null },
  conversationId: 'c1',
  timestamp: 1_780_000_000_000,
  type: 'text',
  text: 'hello',
  media: null,
  groupId: 'g1',
};
const { account, ...kept } = message;
const read = (body: unknown) => readBody({ body: typeof body === 'string' ? body : JSON.stringify(body), account });

describe('a kept message', () => {
  it('comes back as it was, under its account, which is not kept twice', () => {
    expect(JSON.parse(writeBody(message))).toEqual({ v: 1, ...kept });
    expect(read(writeBody(message))).toEqual({ kind: 'message', message });
  });

  it('is read too where its sender shows nothing but the id that several businesses share', () => {
    const sender = { phone: null, userId: null, parentUserId: 'US.ENT.500', name: null, username: null };
    expect(read(writeBody({ ...message, sender }))).toEqual({ kind: 'message', message: { ...message, sender } });
  });

  it('of version 0 has no version, and is read too', () => {
    expect(read(kept)).toEqual({ kind: 'message', message });
    expect(readBody({ body: JSON.stringify(kept), account: null })).toMatchObject({ message: { account: '' } });
  });

  it('that could not be read from the wire is told from one that could', () => {
    const unreadable = { kind: 'unreadable', reason: 'no sender', raw: { x: 1 } };
    expect(read(writeUnreadable({ reason: 'no sender', raw: { x: 1 } }))).toEqual(unreadable);
    expect(read({ unreadable: 'no sender', raw: { x: 1 } })).toEqual(unreadable);
  });

  it('of a newer version is not used, and says with which it can be', () => {
    const body = { ...kept, v: 2 };
    expect(read(body)).toEqual({ kind: 'unusable', content: body, reason: expect.stringContaining('newer version') });
  });

  it.each([
    ['no JSON', '{"id": "wam'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"hello"'],
    ['empty', ''],
    ['an empty object', '{}'],
    ['a version that is no number', JSON.stringify({ ...kept, v: 'one' })],
    ['a version before the first', JSON.stringify({ ...kept, v: -1 })],
    ['without a sender', JSON.stringify({ ...kept, sender: null })],
    ['with a sender without an address', JSON.stringify({ ...kept, sender: { name: 'Ann' } })],
    ...['id', 'timestamp', 'type', 'text'].map(key => [
      `without ${key}`,
      JSON.stringify({ ...kept, [key]: undefined }),
    ]),
  ])('that is damaged says so, and throws nothing: %s', (_, body = '') => {
    expect(read(body)).toMatchObject({ kind: 'unusable', reason: expect.stringContaining('damaged') });
  });
});
