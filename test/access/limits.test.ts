import { expect, it } from 'vitest';
import { createLimits } from '../../src/access/limits.ts';
import { admitAll } from '../../src/domain/admit.ts';
import type { KnownContact } from '../../src/domain/contact.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import { manualClock } from '../manual-clock.ts';

const account = '106540352242922';
const address = '+15551234567';
const contact: KnownContact = {
  ...{ account, key: address, address, origin: address, name: null, identities: [], approved: null, blocked: false },
};
const message = (id: string, over: Partial<InboundMessage> = {}): InboundMessage => ({
  ...{ id, account, conversationId: null, timestamp: 0, type: 'text', text: 'hi', media: null },
  sender: { phone: '15551234567', userId: null, name: 'Bob', username: null },
  ...over,
});

it.each([
  ['to the number alone is told of the limit once', {}, [address]],
  ['in a group is not written to alone', { groupId: 'G1' }, []],
])('who writes too much %s', (_, place, expected) => {
  const told: NewOutgoing[] = [];
  const rates = { messagesPerMinute: 1, bytesPerMinute: 0, totalMessagesPerMinute: 0, totalBytesPerMinute: 0 };
  const limits = { ...rates, runsPerMinute: 0, totalRunsPerMinute: 0, waiting: 1, notice: 'Slow down.' };
  const { within } = createLimits({
    clock: manualClock(0),
    settings: () => ({ keepDeniedText: false, limits }),
    emit: () => undefined,
    tell: notice => told.push(notice),
  });
  const admit = within(admitAll);
  const kinds = ['a', 'b', 'c', 'd'].map(id => admit(contact, message(id, place)).kind);
  expect(kinds).toEqual(['admitted', 'admitted', 'limited', 'limited']);
  expect(told.map(({ recipient }) => recipient)).toEqual(expected);
});
