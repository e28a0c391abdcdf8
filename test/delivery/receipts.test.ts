import { expect, it } from 'vitest';
import { createReceipts } from '../../src/delivery/receipts.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { silentLog } from '../silent-log.ts';

const message = (id: string) => ({ id }) as InboundMessage;

function harness(settings = { read: true, typing: true }) {
  const asked: [string, boolean][] = [];
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const show = createReceipts({
    settings: () => settings,
    log: silentLog,
    markRead: (id, { typing }) => {
      asked.push([id, typing]);
      return new Promise((resolve, reject) => ends.push({ resolve, reject }));
    },
  });
  return { asked, ends, show };
}

it('marks a message as read, with the typing sign as configured', () => {
  const { asked, show } = harness({ read: true, typing: false });
  show(message('a'));
  expect(asked).toEqual([['a', false]]);
});

it('marks nothing where read receipts are off', () => {
  const { asked, show } = harness({ read: false, typing: true });
  show(message('a'));
  expect(asked).toEqual([]);
});

it('leaves marks out while too many are under way, and goes on when they have ended, well or not', async () => {
  const { asked, ends, show } = harness();
  for (let n = 0; n < 100; n += 1) show(message(String(n)));
  expect(asked).toHaveLength(16);
  ends[0]?.resolve();
  ends[1]?.reject(new Error('Kapso is away'));
  await new Promise(resolve => setImmediate(resolve));
  for (let n = 0; n < 100; n += 1) show(message(`later ${n}`));
  expect(asked).toHaveLength(18);
});
