import { expect, it } from 'vitest';
import { createAddressed } from '../../src/delivery/addressed.ts';
import type { OwnNumber } from '../../src/domain/mention.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { KapsoWhatsappError } from '../../src/errors.ts';
import { manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';

const message = (text: string, change: Partial<InboundMessage> = {}): InboundMessage => ({
  id: 'wamid.1',
  account: '106540352242922',
  sender: { phone: '15551234567', userId: null, name: 'Bob', username: null },
  conversationId: null,
  timestamp: 0,
  type: 'text',
  text,
  media: null,
  groupId: 'G1',
  ...change,
});

/** `answers`: what Kapso says, one after the other, the last one for good. */
function begin({
  requireMention = true,
  answers = [{ phone: '15550100200', name: 'Acme' }] as (OwnNumber | Error)[],
} = {}) {
  const clock = manualClock(0);
  const asked: number[] = [];
  const abort = new AbortController();
  const isAddressed = createAddressed({
    settings: () => ({ requireMention, mentions: ['Ada'] }),
    ownNumber: async () => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(clock.monotonic());
      if (answer === undefined || answer instanceof Error) throw answer;
      return answer;
    },
    isSent: async id => id === 'wamid.ours',
    clock,
    log: silentLog,
    signal: abort.signal,
  });
  return { isAddressed, clock, asked, abort };
}

it.each([
  ['a configured name', message('ask Ada')],
  ['its verified name', message('ask acme')],
  ['its number', message('hi @15550100200')],
  ['a quote of what it sent', message('yes', { replyTo: 'wamid.ours' })],
])('a message in a group is for the business by %s', async (_, one) => {
  expect(await begin().isAddressed(one)).toBe(true);
});

it.each([
  ['says nothing of it', message('hello everybody')],
  ['quotes a member', message('yes', { replyTo: 'wamid.other' })],
  ['names another number', message('@15550100201')],
])('one that %s is not', async (_, one) => {
  expect(await begin().isAddressed(one)).toBe(false);
});

it('everything is for it outside of groups, and where no mention is required, without a question', async () => {
  const direct = begin();
  const { groupId: _, ...alone } = message('hello');
  expect(await direct.isAddressed(alone)).toBe(true);
  const open = begin({ requireMention: false });
  expect(await open.isAddressed(message('hello'))).toBe(true);
  expect([...direct.asked, ...open.asked]).toEqual([]);
});

it('asks Kapso once, and again after a while where it did not say', async () => {
  const refused = new KapsoWhatsappError('KAPSO_REFUSED', 'no');
  const { isAddressed, clock, asked } = begin({ answers: [refused, { phone: null, name: 'Acme' }] });
  expect(await isAddressed(message('hi Acme'))).toBe(false);
  expect(await isAddressed(message('hi Ada'))).toBe(true);
  expect(await isAddressed(message('hi Acme'))).toBe(false);
  expect(asked).toHaveLength(1);
  clock.advance(600_000);
  expect(await isAddressed(message('hi Acme'))).toBe(true);
  clock.advance(86_400_000);
  expect(await isAddressed(message('hi Acme'))).toBe(true);
  expect(asked).toHaveLength(2);
});

it('is not decided while Kapso cannot be reached, unless a configured name decides it', async () => {
  const away = new KapsoWhatsappError('KAPSO_UNREACHABLE', 'no');
  const { isAddressed } = begin({ answers: [away, away, { phone: null, name: 'Acme' }] });
  expect(await isAddressed(message('hello'))).toBeNull();
  expect(await isAddressed(message('hi Ada'))).toBe(true);
  expect(await isAddressed(message('hello'))).toBeNull();
  expect(await isAddressed(message('hello'))).toBe(false);
});

it('ends with the program, and a defect is no answer', async () => {
  const defect = begin({ answers: [new TypeError('defect')] });
  await expect(defect.isAddressed(message('hi'))).rejects.toThrow('defect');
  const stopping = begin({ answers: [new KapsoWhatsappError('KAPSO_REFUSED', 'cut off')] });
  stopping.abort.abort(new Error('stopping'));
  await expect(stopping.isAddressed(message('hi'))).rejects.toThrow();
});
